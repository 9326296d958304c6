"""The words of `gateway headroom`, handed to the command.

Not here: anything but parsing.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from gateway.ops.headroom.answer import Asked
from gateway.ops.headroom.command import run
from gateway.ops.options import Reading
from gateway.shell.settings import settings_from

NOTHING = Asked()


def headroom(
    *, asked: Annotated[Asked, Parameter(name="*")] = NOTHING, common: Reading = Reading()
) -> int:
    """How much could still go in, and what would stop it: limits, the largest purchase, a trial."""
    return run(settings_from(common.config), asked, archive=common.archive, as_json=common.json)

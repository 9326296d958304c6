"""An installation with a bug: its dispatch desk fails on what RK_A is to be told.

    python -m tests.kafka.failing_worker worker --config CONFIG

The words are those of the `gateway` command.

Not here: anything a sound installation runs.
"""

from __future__ import annotations

import sys
from typing import Any

from gateway.desks.desk import Desk
from gateway.ops.cli import main
from gateway.shell.gateway import Gateway
from tests.shell.failing import bent, no_dialect


def plant() -> None:
    """Give every gateway of this process the bug."""
    right = Gateway.desks

    def wrong(self: Gateway) -> dict[str, Desk[Any]]:
        desks = right(self)
        return {**desks, "dispatch": bent(desks["dispatch"], no_dialect)}

    setattr(Gateway, "desks", wrong)  # noqa: B010


if __name__ == "__main__":
    plant()
    main(sys.argv[1:])

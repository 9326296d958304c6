"""`gateway nav-error` as the command line has it.

Not here: the answer (`command`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from gateway.ops.nav_error import command
from gateway.ops.options import Reading
from gateway.shell.settings import settings_from


def nav_error(
    fund: str,
    /,
    *,
    correct: Annotated[tuple[str, ...], Parameter(negative="")],
    worth_fixing: str | None = None,
    out: Path | None = None,
    limit: int = command.LIMIT,
    common: Reading = Reading(),
) -> int:
    """Compute the orders of wrongly priced sessions again and say what puts them right.

    Exit code: 0 nothing is material, 1 something is. Nothing is booked.

    Parameters
    ----------
    fund
        The fund.
    correct
        A session and the NAV it should have had, as in 2026-11-24=12.36; again for each session.
    worth_fixing
        Amount from which an account is corrected; 10.00 by default.
    out
        CSV file to write every account's change to.
    limit
        Most accounts shown of a session.
    """
    return command.run(
        settings_from(common.config), fund, correct, worth_fixing=worth_fixing, out=out,
        archive=common.archive, limit=limit, as_json=common.json,
    )  # fmt: skip

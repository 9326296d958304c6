"""The words of `gateway decide`, handed to the command.

Not here: anything but parsing.
"""

from __future__ import annotations

from datetime import date

from cyclopts import App

from gateway.core.decisions import DecisionKind
from gateway.ops.decide import command
from gateway.ops.options import Common, Reading
from gateway.shell.settings import settings_from

decide = App(
    name="decide", help="What two people decide: held NAVs, late senders, instructions, closures."
)


@decide.command(name="list")
def list_(*, common: Reading = Reading()) -> int:
    """List decisions: asked for, approved, and what the desks answered."""
    return command.run_list(
        settings_from(common.config), archive=common.archive, as_json=common.json
    )


@decide.command
def ask(
    kind: DecisionKind,
    subject: str,
    /,
    *,
    session: date,
    by: str,
    reason: str,
    value: str = "",
    name: str = "",
    reference: str = "",
    dry_run: bool = False,
    common: Common = Common(),
) -> int:
    """Ask for a decision; it takes effect when somebody else approves it.

    Parameters
    ----------
    kind
        CLOSE_WITHOUT a recordkeeper, RELEASE_NAV, OVERRIDE_NAV or CORRECT_NAV of a fund,
        CANCEL_INSTRUCTION or CORRECT_INSTRUCTION, CLOSE_EARLY of the exchange, CLOSE_BREAK of
        cash that was settled otherwise, RETURN_CAPITAL to all holders of a fund, REPORT_FILED of
        a passive breach.
    subject
        The recordkeeper, fund, instruction or break; EXCHANGE for CLOSE_EARLY; of a report
        FUND/LIMIT/SINCE/REPORT, as `gateway show breaches` has them.
    session
        The session it concerns; of a report, the day it was made.
    by
        Who asks.
    reason
        Why; names no participant.
    value
        The NAV, the right amount, what is returned, or the local time of the close (14:00).
    name
        Name of the decision; made of kind, subject and session if not given.
    reference
        The document that a report was made in.
    dry_run
        Say what would be asked and publish nothing.
    """
    wish = command.Wish(kind, subject, session, value, by, reason, name, reference)
    return command.run_ask(settings_from(common.config), wish, dry_run=dry_run, as_json=common.json)


@decide.command
def approve(
    name: str, /, *, by: str, reason: str, dry_run: bool = False, common: Common = Common()
) -> int:
    """Approve what somebody else asked for; the desks concerned act on it at once.

    Parameters
    ----------
    name
        Name of the decision, as `gateway decide list` shows it.
    by
        Who approves: not the one who asked.
    reason
        Why.
    dry_run
        Say what would be approved and publish nothing.
    """
    return command.run_approve(
        settings_from(common.config), name, by=by, reason=reason, dry_run=dry_run,
        as_json=common.json,
    )  # fmt: skip

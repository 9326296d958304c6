"""The words of `gateway quarantine`, handed to the command.

Not here: anything but parsing.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from gateway.core.quarantine import Disposal
from gateway.ops.options import Common, Reading
from gateway.ops.quarantine import command, command_aside
from gateway.ops.quarantine.aside import AskAside
from gateway.ops.quarantine.decide import Ask
from gateway.ops.quarantine.store import Wanted
from gateway.shell.settings import settings_from

quarantine = App(
    name="quarantine", help="Messages set aside: list, show, redrive, discard, set-aside."
)
Which = Annotated[Wanted, Parameter(name="*")]
BY = Parameter(help="Who asks; a second person approves.")
APPROVED = Parameter(help="Who approves what another asked for.")


@quarantine.command(name="list")
def list_(
    *,
    limit: int = command.LIMIT,
    which: Which = Wanted(),
    common: Reading = Reading(),
) -> int:
    """List messages set aside, with their standing.

    Parameters
    ----------
    limit
        Most rows.
    """
    return command.run_list(
        settings_from(common.config), which, archive=common.archive, limit=limit,
        as_json=common.json,
    )  # fmt: skip


@quarantine.command
def show(name: str, /, *, raw: bool = False, common: Reading = Reading()) -> int:
    """Show one message set aside, and what intake would answer to it now.

    Parameters
    ----------
    name
        Its place: topic-partition@offset.
    raw
        Print its bytes and header values, whoever they may name.
    """
    return command.run_show(
        settings_from(common.config), name, raw=raw, archive=common.archive, as_json=common.json
    )


@quarantine.command
def redrive(
    *names: str,
    requested_by: Annotated[str, BY] = "",
    approved_by: Annotated[str, APPROVED] = "",
    reason: str = "",
    which: Which = Wanted(),
    common: Common = Common(),
) -> int:
    """Send messages to their desk again, byte for byte; with nobody named, say what would happen.

    Parameters
    ----------
    names
        Their places; all that are wanted if there is none.
    reason
        Why.
    """
    ask = Ask(Disposal.REDRIVE, names, which, requested_by, approved_by, reason)
    return command.run_decide(settings_from(common.config), ask, as_json=common.json)


@quarantine.command
def discard(
    *names: str,
    requested_by: Annotated[str, BY] = "",
    approved_by: Annotated[str, APPROVED] = "",
    reason: str = "",
    which: Which = Wanted(),
    common: Common = Common(),
) -> int:
    """Decide that messages are not to be taken; their bytes stay where they are.

    Parameters
    ----------
    names
        Their places; all that are wanted if there is none.
    reason
        Why; needed.
    """
    ask = Ask(Disposal.DISCARD, names, which, requested_by, approved_by, reason)
    return command.run_decide(settings_from(common.config), ask, as_json=common.json)


@quarantine.command(name="set-aside")
def set_aside(
    name: str,
    /,
    *,
    requested_by: Annotated[str, BY] = "",
    approved_by: Annotated[str, APPROVED] = "",
    reason: str = "",
    common: Common = Common(),
) -> int:
    """Set aside a message on which our own decision fails; with nobody named, look at it.

    Parameters
    ----------
    name
        Its place: topic-partition@offset, as gateway doctor says it.
    reason
        Why; needed from who asks.
    """
    ask = AskAside(name, requested_by, approved_by, reason)
    return command_aside.run(settings_from(common.config), ask, as_json=common.json)

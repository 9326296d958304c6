"""Inboxes that stand still: what is to be decided next is tried, and our own decision fails.

Only where a message waits is a journal folded, from its newest snapshot if there is one, and the
message decided with this installation's version, as its worker would. Nothing is written and
nobody is fenced. So it is told without a worker, and of an archive as well.

Not here: setting the message aside (`ops.quarantine`).
Law: L5.
"""

from __future__ import annotations

from gateway.errors import DecisionFailed, LawBroken, TooNew
from gateway.log.port import Log
from gateway.ops.doctor.desks import Check, lag_of
from gateway.ops.reading.source import instant
from gateway.shell.gateway import Gateway
from gateway.shell.snapshots import Snapshots
from gateway.shell.stopped import next_undecided
from gateway.wire.messages import Messages
from gateway.wire.registry import standard


async def stopped_checks(
    log: Log, gateway: Gateway, app: str, store: Snapshots | None = None
) -> list[Check]:
    """A failed look for every inbox partition with messages that stands still.

    Args:
        log: Where the gateway writes.
        gateway: Its desks and topology.
        app: Whose snapshots are looked for.
        store: Where they are, if they are kept.
    """
    messages = Messages(standard())
    found: list[Check] = []
    for seat in gateway.seats(log, app, store):
        lag = await lag_of(log, gateway, messages, seat.desk.name, seat.partition)
        if not lag.waiting:
            continue
        try:
            await seat.look()
        except (LawBroken, TooNew) as broken:
            ends = f"ends with exit code {3 if isinstance(broken, LawBroken) else 2}"
            what = f"its worker {ends}: start the version that wrote the journal"
            found.append(Check("stopped", "fail", str(broken), what))
            continue
        undecided = await next_undecided(seat, log)
        if undecided is not None and undecided.failed is not None:
            found.append(_check(undecided.failed, lag.waiting))
    return found


def _check(failed: DecisionFailed, waiting: int) -> Check:
    topic, partition = failed.place
    since = instant(failed.recorded_at)
    return Check(
        "stopped", "fail",
        f"{failed.name} waits since {since}, {waiting - 1:,} messages behind it: our own decision "
        f"fails: {failed.error}; digest {failed.digest.hex()}",
        "start a corrected version, which decides it in its place; or, to go on without it: "
        f"gateway quarantine set-aside {failed.name}",
        {"topic": topic, "partition": partition, "offset": failed.offset,
         "digest": failed.digest.hex(), "error": failed.error, "waiting_since": since,
         "behind": waiting - 1},
    )  # fmt: skip

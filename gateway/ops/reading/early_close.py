"""Sessions that an exchange closed unscheduled, as plan partitions took it.

Lines decided before the news of an early close get the next NAV if they were received after
it. Who reads lines must know of it beforehand; plan journals are read for it only if two people
of operations decided such a thing at all, which the small journal of their topic says.

Not here: which lines move (`reading.orders.trade_dates`).
Source: domain.md §1.2.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gateway.core.decisions import DecisionKind, DecisionNoted, DecisionStep, SessionShortened
from gateway.core.events import FlowsSent
from gateway.core.laws import Reference
from gateway.core.vocabulary import OPERATIONS
from gateway.ops.reading.known import Known
from gateway.ops.reading.orders import NO_EARLY_CLOSE, Early


async def early_closes(known: Known) -> dict[int, Early]:
    """By plan partition, the sessions closed early as known: close and the session after."""
    unseen, wanted = replace(known, told=None), known.partitions("plan")
    if not await _is_any(unseen):
        return dict.fromkeys(wanted, NO_EARLY_CLOSE)
    return {partition: await _of_partition(unseen, partition) for partition in wanted}


async def _is_any(known: Known) -> bool:
    senders = known.gateway.topology.senders
    if OPERATIONS not in senders:
        return False
    async for decided in known.decisions("intake", senders.index(OPERATIONS)):
        for event in decided.events:
            if (
                isinstance(event, DecisionNoted)
                and event.decision.kind is DecisionKind.CLOSE_EARLY
                and event.decision.step is DecisionStep.APPROVED
            ):
                return True
    return False


async def _of_partition(known: Known, partition: int) -> Early:
    reference = Reference()
    found: dict[date, tuple[int, date]] = {}
    sent: set[date] = set()
    async for decided in known.decisions("plan", partition):
        for event in decided.events:
            reference.follow(event)
            match event:
                case FlowsSent():
                    sent.add(event.session)
                case SessionShortened() if event.session not in sent:
                    sessions = reference.book.sessions
                    close = sessions.local_at(event.session, event.close_minutes)
                    found[event.session] = close, sessions.next_session(event.session)
    return found

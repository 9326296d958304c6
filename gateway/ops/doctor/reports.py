"""Reports of passive breaches that are overdue: what waits for people, read from journals' ends.

Not here: all reports with their days (`gateway show breaches`).
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.core.breach_events import ReportFiled, ReportOverdue
from gateway.log.port import Log
from gateway.shell.gateway import Gateway
from gateway.shell.reading import decisions
from gateway.wire.messages import Messages
from gateway.wire.topics import journal_of


async def overdue_reports(
    log: Log, gateway: Gateway, messages: Messages, look_back: int
) -> list[ReportOverdue]:
    """The reports that operations was told are overdue and nobody entered since.

    Args:
        log: Where the gateway wrote.
        gateway: Its topology.
        messages: Reads what stands there.
        look_back: So many offsets of each journal are looked at.
    """
    found: dict[tuple[str, str, str, str], ReportOverdue] = {}
    for partition in range(gateway.topology.fund):
        topic, at = journal_of("fund", partition)
        start = max(0, await log.end(topic, at) - look_back)
        async for decided in decisions(log, messages, "fund", partition, start):
            for event in decided.events:
                match event:
                    case ReportOverdue():
                        found[_key(event)] = event
                    case ReportFiled():
                        found.pop(_key(event), None)
    return [event for _, event in sorted(found.items())]


def _key(event: ReportOverdue | ReportFiled) -> tuple[str, str, str, str]:
    return event.fund_id, event.limit_id, event.since.isoformat(), event.report.name


def told(overdue: Sequence[ReportOverdue]) -> str:
    """The reports in a line."""
    return ", ".join(
        f"{e.fund_id}/{e.limit_id}/{e.since}/{e.report.name} (by {e.report.due})" for e in overdue
    )

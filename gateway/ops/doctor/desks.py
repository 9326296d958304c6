"""What the desks wrote, looked at from the end: what nobody has decided, what waits for people.

Only the ends of journals are read, so that a look takes as long after six years as on the
first day: the last journal record of each inbox partition says how far it is decided.

Not here: this machine (`command`), the broker (`broker`).
Laws: L3, L5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from gateway.core.breach_events import ReportOverdue
from gateway.core.events import ControlBreak, SenderDayClosed
from gateway.core.marks import NavStruck
from gateway.desks.desk import Address
from gateway.log.port import Log, Record
from gateway.ops.doctor.reports import overdue_reports, told
from gateway.shell.gateway import Gateway
from gateway.shell.reading import decisions
from gateway.wire.journal import JournalRecord
from gateway.wire.messages import Messages
from gateway.wire.registry import standard
from gateway.wire.topics import DESKS, journal_of, place_of

State = Literal["ok", "warn", "fail"]
CODES: Mapping[State, int] = {"ok": 0, "warn": 1, "fail": 2}
LOOK_BACK = 20_000
"""So many offsets of a journal are looked at for held NAVs and control breaks."""

QUARANTINE = "gw.quarantine"


@dataclass(frozen=True, slots=True)
class Check:
    """One look: what was found, and what to do about it."""

    name: str
    state: State
    text: str
    what_to_do: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lag:
    """How far an inbox partition is decided; -1 if nothing is.

    Attributes:
        waiting: Messages in the inbox beyond the last one decided; beyond `LOOK_BACK` of them
            nobody counts.
    """

    desk: str
    partition: int
    end: int
    decided: int
    waiting: int


async def desk_checks(log: Log, gateway: Gateway) -> list[Check]:
    """All looks at what the desks wrote."""
    messages = Messages(standard())
    checks: list[Check] = []
    for desk in DESKS:
        lags = [
            await lag_of(log, gateway, messages, desk, partition)
            for partition in range(gateway.topology.partitions(desk))
        ]
        checks.append(_lag_check(gateway, desk, lags))
    checks.append(_held_check(await _held(log, gateway, messages)))
    checks.append(_break_check(await _breaks(log, gateway, messages)))
    checks.append(_report_check(await overdue_reports(log, gateway, messages, LOOK_BACK)))
    checks.append(await _quarantine_check(log))
    return checks


async def lag_of(log: Log, gateway: Gateway, messages: Messages, desk: str, partition: int) -> Lag:
    """How far one inbox partition is decided."""
    topic, at = place_of(gateway.topology, Address(desk, partition))
    last = await _last(log, *journal_of(desk, partition))
    decided = -1
    if last is not None:
        entry = messages.unpack(last.value)
        assert isinstance(entry, JournalRecord), type(entry).__name__
        decided = entry.offset
    waiting = 0
    async for records in log.read(topic, at, decided + 1):
        waiting += len(records)
        if waiting > LOOK_BACK:
            break
    return Lag(desk, partition, await log.end(topic, at), decided, waiting)


async def _last(log: Log, topic: str, partition: int) -> Record | None:
    """The last record of a partition; offsets before its end may be holes."""
    end = await log.end(topic, partition)
    back = 16
    while end:
        start = max(0, end - back)
        last = None
        async for records in log.read(topic, partition, start):
            last = records[-1]
        if last is not None or start == 0:
            return last
        back *= 8
    return None


def _lag_check(gateway: Gateway, desk: str, lags: list[Lag]) -> Check:
    name = f"{desk} desk"
    facts = {"partitions": lags}
    beyond = [lag for lag in lags if lag.decided >= lag.end]
    if beyond:
        lag = beyond[0]
        return Check(
            name, "fail",
            f"{desk}/{lag.partition}: the journal decided offset {lag.decided}, its inbox ends at "
            f"{lag.end}: law L3",
            "inbox and journal are not of the same gateway: check prefix and bootstrap", facts,
        )  # fmt: skip
    late = [lag for lag in lags if lag.waiting]
    if not late:
        return Check(name, "ok", f"{len(lags)} partitions, everything is decided", "", facts)
    said = ", ".join(
        f"{_where(gateway, lag)} {lag.waiting:,} after offset {lag.decided}" for lag in late[:5]
    )
    more = f" and {len(late) - 5} more partitions" if len(late) > 5 else ""
    return Check(
        name, "warn", f"messages nobody has decided: {said}{more}",
        "start gateway worker, or wait until it has caught up", facts,
    )  # fmt: skip


def _where(gateway: Gateway, lag: Lag) -> str:
    if lag.desk == "intake":
        return f"in.{gateway.topology.senders[lag.partition]}"
    return f"{lag.desk}/{lag.partition}"


async def _held(log: Log, gateway: Gateway, messages: Messages) -> list[NavStruck]:
    """The funds whose last NAV is held."""
    newest: dict[str, NavStruck] = {}
    for partition in range(gateway.topology.fund):
        topic, at = journal_of("fund", partition)
        start = max(0, await log.end(topic, at) - LOOK_BACK)
        async for decided in decisions(log, messages, "fund", partition, start):
            newest.update((e.fund_id, e) for e in decided.events if isinstance(e, NavStruck))
    return [nav for _, nav in sorted(newest.items()) if nav.held]


def _held_check(held: list[NavStruck]) -> Check:
    if not held:
        return Check("NAVs", "ok", "no fund is held")
    said = ", ".join(f"{nav.fund_id} {nav.session} ({', '.join(nav.holds)})" for nav in held)
    first = held[0]
    return Check(
        "NAVs", "warn", f"held: {said}", f"gateway explain NAV {first.fund_id}/{first.session}",
        {"held": [{"fund_id": n.fund_id, "session": n.session, "holds": n.holds} for n in held]},
    )  # fmt: skip


async def _breaks(
    log: Log, gateway: Gateway, messages: Messages
) -> list[tuple[str, date, ControlBreak]]:
    """Sessions that a sender declared otherwise than was taken, and has not closed since."""
    found: list[tuple[str, date, ControlBreak]] = []
    for partition, sender in enumerate(gateway.topology.senders):
        topic, at = journal_of("intake", partition)
        start = max(0, await log.end(topic, at) - LOOK_BACK)
        open_breaks: dict[date, ControlBreak] = {}
        async for decided in decisions(log, messages, "intake", partition, start):
            for event in decided.events:
                match event:
                    case ControlBreak():
                        open_breaks[event.session] = event
                    case SenderDayClosed():
                        open_breaks.pop(event.session, None)
        found.extend((sender, session, event) for session, event in sorted(open_breaks.items()))
    return found


def _break_check(breaks: list[tuple[str, date, ControlBreak]]) -> Check:
    if not breaks:
        return Check("DayEnds", "ok", "no control break is open")
    said = ", ".join(f"{sender} {session}" for sender, session, _ in breaks)
    sender, session, _ = breaks[0]
    return Check(
        "DayEnds", "warn", f"open control breaks: {said}",
        f"gateway explain batch {sender}/{session}/DayEnd",
        {"breaks": [{"sender": s, "session": day, "break": event} for s, day, event in breaks]},
    )  # fmt: skip


def _report_check(overdue: list[ReportOverdue]) -> Check:
    if not overdue:
        return Check("reports", "ok", "none of a passive breach is overdue")
    return Check("reports", "warn", f"overdue: {told(overdue)}", "gateway show breaches",
                 {"overdue": overdue})  # fmt: skip


async def _quarantine_check(log: Log) -> Check:
    start = max(0, await log.end(QUARANTINE, 0) - LOOK_BACK)
    count = 0
    async for records in log.read(QUARANTINE, 0, start):
        count += len(records)
    facts = {"messages": count}
    if not count:
        return Check("quarantine", "ok", "empty", "", facts)
    noun = "message" if count == 1 else "messages"
    return Check("quarantine", "warn", f"{count:,} {noun} set aside", "gateway show quarantine",
                 facts)  # fmt: skip

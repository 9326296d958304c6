"""What a story came to: the laws, and the same outcome as the same day undisturbed.

The undisturbed day is said in the order of its times, with one partition a desk; law L4
says that it must come to the same.

Not here: the laws themselves (`core.laws`), playing (`scheduler`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from gateway.core.events import OrdersDecided, SessionAdvanced, SleevesBalanced
from gateway.core.laws import Violation, difference, l4
from gateway.core.marks import NavStruck
from gateway.core.settlement import SettlementInstruction
from gateway.desks.desk import fold
from gateway.desks.fund_reports import OfBreaches
from gateway.log.memory import MemoryLog
from gateway.ops.simulate.breaches import seen_of_breaches
from gateway.ops.simulate.crew import PRODUCTION, Cast
from gateway.ops.simulate.market import PEOPLE
from gateway.ops.simulate.scheduler import Played, play
from gateway.ops.simulate.story import Story
from gateway.ops.simulate.streams import MESSAGES, numbers_of
from gateway.shell.evidence import violations
from gateway.shell.gateway import Gateway
from gateway.shell.seat import ORIGIN

Decided = tuple[int, int, int, int, int]
"""Accepted and diverted minor units, code, scope and headroom of an order line."""


@dataclass(frozen=True)
class Outcome:
    """What a day came to: by line, by fund, the instructions, and what receivers were sent."""

    lines: dict[int, Decided]
    navs: list[NavStruck]
    balances: list[SleevesBalanced]
    instructions: list[SettlementInstruction]
    sent: list[tuple[str, bytes]]
    breaches: list[OfBreaches]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A story played and judged."""

    played: Played
    violations: tuple[Violation, ...]


def judge(story: Story, cast: Cast = PRODUCTION) -> Verdict:
    """Play a story and say which laws it broke; none if all is well."""
    played = play(story, cast)
    if played.broken is not None:
        return Verdict(played, (played.broken,))
    found = asyncio.run(violations(played.log, played.gateway, identifiers=PEOPLE))
    found.extend(_closed(played, story.day.sessions))
    found.extend(_oversold(played))
    if not found:
        calm = play(undisturbed(story), cast)
        if calm.broken is not None:
            found = [replace(calm.broken, where=f"{calm.broken.where}, undisturbed")]
        else:
            usual, here = outcome(calm.log, calm.gateway), outcome(played.log, played.gateway)
            found = list(differences(usual, here))
    return Verdict(played, tuple(found))


def _closed(played: Played, sessions: tuple[date, ...]) -> Iterator[Violation]:
    """Every sender closes its sessions, so every partition has closed them too."""
    topology = played.gateway.topology
    for desk in ("plan", "fund", "cash"):
        for partition in range(topology.partitions(desk)):
            events = _events_of(played.log, desk, partition)
            closed = [event.closed for event in events if isinstance(event, SessionAdvanced)]
            if closed != list(sessions):
                text = ", ".join(map(str, closed)) or "nothing"
                yield Violation("L5", f"{desk}/{partition}", f"every sender has closed "
                                f"{len(sessions)} sessions, here was closed {text}")  # fmt: skip


def _oversold(played: Played) -> Iterator[Violation]:
    """No price of a simulated day moves so far that a sale ends below no units at all."""
    desk = played.gateway.desks()["plan"]
    for partition in range(played.gateway.topology.plan):
        events = list(_events_of(played.log, "plan", partition))
        state = fold(desk, desk.initial(partition), events)
        short = int((state.accounts.units < 0).sum())
        if short:
            detail = f"{short} positions have sold more units than they held"
            yield Violation("L1", f"plan/{partition}", detail)


def undisturbed(story: Story) -> Story:
    """The same day with nothing going wrong and one partition a desk."""
    return replace(story, partitions=(1, 1, 1), steps=())


def outcome(log: MemoryLog, gateway: Gateway) -> Outcome:
    """What a day on a log came to."""
    lines: dict[int, Decided] = {}
    for event in _events(log, gateway, "plan"):
        if isinstance(event, OrdersDecided) and event.batch_id[0] in "BR":
            numbers = numbers_of(event.batch_id)
            rows = zip(event.line.tolist(), event.accepted_minor.tolist(),
                       event.diverted_minor.tolist(), event.code.tolist(),
                       event.scope.tolist(), event.headroom_minor.tolist(),
                       strict=True)  # fmt: skip
            for line, accepted, diverted, code, scope, headroom in rows:
                lines[numbers[line]] = (accepted, diverted, code, scope, headroom)
    fund = list(_events(log, gateway, "fund"))
    navs = [event for event in fund if isinstance(event, NavStruck)]
    balances = [event for event in fund if isinstance(event, SleevesBalanced)]
    cash = _events(log, gateway, "cash")
    return Outcome(
        lines,
        sorted(navs, key=lambda event: (event.session, event.fund_id)),
        sorted(balances, key=lambda event: (event.session, event.fund_id)),
        [event for event in cash if isinstance(event, SettlementInstruction)],
        sorted(_sent(log, gateway)),
        seen_of_breaches(fund),
    )


def differences(usual: Outcome, here: Outcome) -> Iterator[Violation]:
    """Where two ways through the same day came to something else."""
    yield from l4(usual.instructions, here.instructions)
    if usual.sent != here.sent:
        detail = f"{len(usual.sent)} were sent undisturbed, here {len(here.sent)}, or other bytes"
        yield Violation("L4", "instructions as their receivers see them", detail)
    for number in sorted({*usual.lines, *here.lines}):
        one, other = usual.lines.get(number), here.lines.get(number)
        if one != other:
            yield Violation("L4", f"order line {number}", f"{one} undisturbed, here {other}")
    for what, before, after in (
        ("NAVs", usual.navs, here.navs),
        ("balances", usual.balances, here.balances),
        ("passive breaches", usual.breaches, here.breaches),
    ):
        if before != after:
            pairs = zip(before, after, strict=False)
            detail = next((difference(a, b) for a, b in pairs if a != b), "some are missing")
            yield Violation("L4", what, detail)


def _events(log: MemoryLog, gateway: Gateway, desk: str) -> Iterator[object]:
    for partition in range(gateway.topology.partitions(desk)):
        yield from _events_of(log, desk, partition)


def _events_of(log: MemoryLog, desk: str, partition: int) -> Iterator[object]:
    for record in log.records(f"gw.{desk}.journal", partition):
        yield from MESSAGES.decided(record.value)[1]


def _sent(log: MemoryLog, gateway: Gateway) -> Iterator[tuple[str, bytes]]:
    for topic in gateway.topics():
        if topic.startswith("out."):
            for record in log.records(topic, 0):
                if dict(record.headers).get(ORIGIN, b"").startswith(b"dispatch/"):
                    yield topic, record.value

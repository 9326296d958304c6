"""Law L1 between a fund and its vehicles: it holds in any story, and finds what was planted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.breaches import l2
from gateway.core.conservation_vehicles import vehicles
from gateway.core.events import SleevesBalanced
from gateway.core.fund_events import CapitalMoved
from gateway.core.laws import Violation
from gateway.core.orders import BatchStatus
from gateway.core.redemption_events import (
    RedemptionAnswered,
    RedemptionPaid,
    RedemptionRequest,
    RedemptionRequested,
)
from gateway.core.vocabulary import RejectCode
from gateway.ops.scenario.parser import parse
from gateway.ops.scenario.stage import Stage
from gateway.wire.topics import journal_of

FUND = """given
  session       Mon 2026-10-26
  partitions    plan=1  fund=1  cash=1
  fund          FUND  nav=10.0000  assets=10,000,000.00  target=15%  band=12% 18%  buffer=5% 10% 90%
  sleeve        FUND  CREDIT  mark=1,500,000.00  measured=2026-09-30
  sleeve        FUND  ESTATE  mark=700,000.00  measured=2026-09-30  manager=OTHER
  sleeve        FUND  PE_V  mark=300,000.00  measured=2026-09-30  commitment=900,000.00  called=300,000.00
  cap           fund  40%  counts_unfunded=yes
"""  # noqa: E501

WHOLE = """
when
  close
  pay_back      CREDIT  392,000.00  deducted=8,000.00  queued=100,000.00
  notice        EQUALIZATION  PE_V  inside=50,000.00  interest=1,000.00  due=2026-10-28
  close
  notice        CALL  PE_V  inside=70,000.00  interest=500.00  due=2026-11-12
  close         through=2026-11-11
then
  replay  journal
"""


def played(text: str) -> Stage:
    async def play() -> Stage:
        (scenario,) = parse(text, "x.day")
        stage = Stage(scenario)
        await stage.open()
        for step in scenario.steps:
            await stage.play(step.when)
        assert await stage.broken_laws() == []
        return stage

    return asyncio.run(play())


def decided(stage: Stage) -> list[object]:
    """What the one fund partition decided."""
    records = stage.log.records(*journal_of("fund", 0))
    return [event for record in records for event in stage.messages.decided(record.value)[1]]


@cache
def whole() -> tuple[Stage, list[object]]:
    stage = played(FUND + WHOLE)
    return stage, decided(stage)


def kinds(events: list[object]) -> set[type]:
    return {type(event) for event in events}


def test_a_story_with_everything_in_it_breaks_no_law() -> None:
    _, events = whole()
    assert {RedemptionRequested, RedemptionAnswered, RedemptionPaid, CapitalMoved} <= kinds(events)
    assert list(vehicles(events)) == []
    assert l2([], [events]) == []


def test_each_request_goes_out_once_to_its_manager() -> None:
    stage, events = whole()
    asked = [e for e in events if isinstance(e, RedemptionRequested)]
    sent = [
        message
        for manager in ("MANAGER", "OTHER")
        for record in stage.log.records(f"out.{manager}", 0)
        if isinstance(message := stage.messages.unpack(record.value), RedemptionRequest)
    ]
    assert [(e.request_id, e.manager, e.amount_minor) for e in asked] == [
        (e.request_id, e.manager, e.amount_minor) for e in sent
    ]
    assert asked


def planted(kind: type, change: Callable[..., object]) -> list[Violation]:
    """What is found when every event of a kind is another."""
    _, events = whole()
    return list(vehicles([change(e) if isinstance(e, kind) else e for e in events]))


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (RedemptionRequested, lambda e: replace(e, amount_minor=e.holding_minor + 1)),
        (RedemptionRequested, lambda e: replace(e, amount_minor=0)),
        (RedemptionRequested, lambda e: replace(e, holding_minor=e.holding_minor + 1)),
        (RedemptionAnswered, lambda e: replace(e, lapsed_minor=e.lapsed_minor + 1)),
        (RedemptionAnswered, lambda e: replace(e, paid_minor=-1, lapsed_minor=400_000_01)),
        (RedemptionPaid, lambda e: replace(e, paid_minor=e.paid_minor + 1)),
        (RedemptionPaid, lambda e: replace(e, batch_id="ANOTHER")),
        (SleevesBalanced, lambda e: replace(e, redeemed_minor=e.redeemed_minor + 1)),
        (SleevesBalanced, lambda e: replace(e, gain_minor=e.gain_minor + 1)),
        (SleevesBalanced, lambda e: replace(e, called_minor=e.called_minor + 1)),
        (CapitalMoved, lambda e: replace(e, interest_minor=e.interest_minor + 1)),
        (CapitalMoved, lambda e: replace(
            e, commitment=replace(e.commitment, called_inside_minor=0)
        )),
    ],
)  # fmt: skip
def test_what_is_planted_is_found(kind: type, change: Callable[..., object]) -> None:
    assert {each.law for each in planted(kind, change)} == {"L1"}


def test_a_payment_booked_twice_is_found() -> None:
    _, events = whole()
    (paid,) = (e for e in events if isinstance(e, RedemptionPaid))
    assert list(vehicles([*events, paid]))


AMOUNT = st.integers(0, 900_000_00)


def money(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


@st.composite
def stories(draw: st.DrawFn) -> str:
    """Some sessions of flows, answers of any size, gates, calls and refunds."""
    rows = ["when", "  close"]
    for _ in range(draw(st.integers(1, 4))):
        vehicle = draw(st.sampled_from(["CREDIT", "ESTATE"]))
        paid, queued = draw(AMOUNT), draw(AMOUNT)
        kept = draw(st.integers(0, paid // 50))
        rows += [
            f"  pay_back  CREDIT  {money(paid)}  deducted={money(kept)}  queued={money(queued)}",
            f"  notice    EQUALIZATION  PE_V  inside={money(draw(AMOUNT) // 10)}  interest=12.34"
            "  due=2026-10-28",
            f"  notice    CALL  PE_V  inside={money(draw(AMOUNT))}  interest=5.00",
        ]
        if draw(st.booleans()):
            rows.append(f"  vehicle_gate  {vehicle}  SUSPENSION")
        if draw(st.booleans()):
            rows.append(f"  contribution  p-1  {money(draw(AMOUNT) + 1)}  into=FUND")
        rows.append("  close")
    return FUND + "\n".join([*rows, "then", "  replay  journal", ""])


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=stories())
def test_l1_money_asked_back_called_and_refunded_is_conserved_in_any_story(text: str) -> None:
    events = decided(played(text))
    asked = [e for e in events if isinstance(e, RedemptionRequested)]
    assert all(0 < e.amount_minor <= e.holding_minor for e in asked)


@pytest.mark.parametrize("cap", ["1/99999999999999999999", "101%", "99999999999999999999"])
def test_a_cap_that_no_message_has_room_for_is_refused_and_stops_nobody(cap: str) -> None:
    text = (
        FUND + f"when\n  vehicle_gate  CREDIT  CAP  cap={cap}\n  close\nthen\n  replay  journal\n"
    )
    stage = played(text)
    answers = [stage.messages.unpack(r.value) for r in stage.log.records("out.MANAGER", 0)]
    told = [(a.verdict, a.codes) for a in answers if isinstance(a, BatchStatus)]
    assert told == [("REJECTED", (RejectCode.NOTICE,))]

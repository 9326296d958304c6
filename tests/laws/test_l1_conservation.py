"""Law L1: not a cent and not a unit is lost or made, from order line to instruction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gateway.core.conservation import Day, l1
from gateway.core.events import FlowsSent, OrdersDecided, SleevesBalanced
from gateway.core.laws import Violation
from gateway.core.marks import NavStruck
from gateway.core.orders import Confirmation, FillBatch, FlowBatch
from gateway.core.settlement import Obligation, SettlementInstruction
from tests.laws.planted import HOME, MESSAGES, broken, events_of, settled

Change = Callable[[Any], object]


def day() -> Day:
    log = settled()
    sent = [
        MESSAGES.unpack(record.value)
        for topic, partitions in HOME.topics().items()
        if topic.startswith(("out.", "gw.dispatch.inbox"))
        for partition in range(partitions)
        for record in log.records(topic, partition)
    ]
    return Day(
        events_of(log, "plan"),
        events_of(log, "fund"),
        events_of(log, "cash"),
        [message for message in sent if isinstance(message, Confirmation)],
        [message for message in sent if isinstance(message, SettlementInstruction)],
    )


def planted(room: str, kind: type, change: Change, number: int = 0) -> list[Violation]:
    """What L1 says of the day in which one event of a kind was written otherwise."""
    whole = day()
    rooms = {"plan": whole.plan, "fund": whole.fund, "cash": whole.cash}
    journals = [list(events) for events in rooms[room]]
    places = [(p, i) for p, events in enumerate(journals) for i, e in enumerate(events)
              if isinstance(e, kind)]  # fmt: skip
    partition, index = places[number]
    journals[partition][index] = change(journals[partition][index])
    rooms[room] = journals
    return l1(replace(whole, plan=rooms["plan"], fund=rooms["fund"], cash=rooms["cash"]))


def a_cent_more(column: str) -> Change:
    def change(record: Any) -> object:
        values = getattr(record, column)
        more = values.copy() if isinstance(values, np.ndarray) else values + 1
        if isinstance(values, np.ndarray):
            more[-1] += 1
        return replace(record, **{column: more})

    return change


def test_l1_holds_on_the_settled_day() -> None:
    assert l1(day()) == []
    assert broken(settled()) == []


def test_l1_the_day_in_the_proof_has_money_in_it() -> None:
    legs = [row for events in day().cash for e in events if isinstance(e, Obligation)
            for row in e.rows]  # fmt: skip
    reasons = {row.reason for row in legs}
    assert reasons >= {"PLAN_PURCHASE", "PLAN_REDEMPTION", "FUND_SIDE", "ALTERNATIVE_PURCHASE"}


@pytest.mark.parametrize(
    ("room", "kind", "column"),
    [
        ("plan", OrdersDecided, "accepted_minor"),
        ("plan", OrdersDecided, "diverted_minor"),
        ("plan", FlowsSent, "buy_minor"),
        ("plan", FillBatch, "buy_minor"),
        ("plan", FillBatch, "buy_units"),
        ("plan", FillBatch, "nav"),
        ("plan", NavStruck, "nav"),
        ("fund", FlowBatch, "buy_minor"),
        ("fund", FlowBatch, "sell_minor"),
        ("fund", NavStruck, "units"),
        ("fund", NavStruck, "alternative_minor"),
        ("fund", SleevesBalanced, "net_flow_minor"),
        ("fund", SleevesBalanced, "granted_minor"),
        ("fund", SleevesBalanced, "liquid_minor"),
        ("fund", SleevesBalanced, "units"),
        ("cash", SettlementInstruction, "amount_minor"),
        ("cash", SettlementInstruction, "gross_in_minor"),
        ("cash", SettlementInstruction, "legs"),
        ("dispatched", SettlementInstruction, "amount_minor"),
    ],
)
def test_l1_finds_a_cent_or_a_unit_too_many(room: str, kind: type, column: str) -> None:
    if room == "dispatched":
        whole = day()
        first, *rest = whole.dispatched
        changed = a_cent_more(column)(first)
        assert isinstance(changed, SettlementInstruction)
        found = l1(replace(whole, dispatched=[changed, *rest]))
    else:
        found = planted(room, kind, a_cent_more(column))
    assert {violation.law for violation in found} == {"L1"}


def test_l1_finds_an_obligation_a_cent_off() -> None:
    def change(obligation: Obligation) -> Obligation:
        first, *rest = obligation.rows
        return replace(
            obligation, rows=(replace(first, amount_minor=first.amount_minor + 1), *rest)
        )

    found = planted("cash", Obligation, change)
    assert any("sum of all legs" in violation.detail for violation in found)


def test_l1_finds_an_obligation_netted_under_another_day() -> None:
    def change(obligation: Obligation) -> Obligation:
        first, *rest = obligation.rows
        later = first.settlement_date.replace(day=first.settlement_date.day + 1)
        return replace(obligation, rows=(replace(first, settlement_date=later), *rest))

    assert planted("cash", Obligation, change) != []


def test_l1_finds_an_instruction_that_never_went_out_and_one_that_went_twice() -> None:
    whole = day()
    short = l1(replace(whole, dispatched=whole.dispatched[1:]))
    twice = l1(replace(whole, dispatched=[*whole.dispatched, whole.dispatched[0]]))
    assert [violation.detail for violation in (*short, *twice)] == [
        "times dispatched: expected 1, got 0",
        "times dispatched: expected 1, got 2",
    ]


def test_l1_finds_a_confirmation_that_tells_too_little_and_one_told_twice() -> None:
    whole = day()
    assert l1(replace(whole, confirmations=whole.confirmations[1:])) != []
    twice = [*whole.confirmations, whole.confirmations[0]]
    assert l1(replace(whole, confirmations=twice)) != []


def test_l1_finds_a_plan_whose_flow_was_dropped_on_the_way_to_the_fund() -> None:
    def change(batch: FlowBatch) -> FlowBatch:
        columns = ("plan", "fund", "buy_minor", "sell_minor", "first_received_at", "lines")
        return replace(batch, **{name: getattr(batch, name)[1:] for name in columns})

    found = planted("fund", FlowBatch, change)
    assert any("flow (bought, sold)" in violation.detail for violation in found)


def test_l1_finds_a_payment_that_nothing_was_sold_for() -> None:
    def unfunded(event: OrdersDecided) -> OrdersDecided:
        return replace(event, buy_fund=np.full_like(event.buy_fund, -1))

    found = planted("plan", OrdersDecided, unfunded)
    assert any("trades without what it sells or buys" in violation.detail for violation in found)

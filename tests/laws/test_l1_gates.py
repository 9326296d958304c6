"""Law L1 at a gate: a request is met once, and what is met is what lines, units and parties get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from gateway.core.book import BookChange
from gateway.core.breaches import l2
from gateway.core.capital_returns import CapitalReturned, CapitalShared
from gateway.core.conservation import Day, l1
from gateway.core.events import OrdersDecided
from gateway.core.laws import Violation
from gateway.core.requests import (
    GatePassed,
    RedemptionRequests,
    RequestsFilled,
    RequestsSent,
    RequestsWithdrawn,
)
from gateway.core.settlement import Obligation
from gateway.core.vocabulary import EventKind
from gateway.core.withdrawals import Withdrawal
from tests.laws.stories import day_of, story

OFFER, ENDED = "gate_offers_and_young_units", "queue_ended_as_return_of_capital"
WITHDRAWN = "request_withdrawn_before_the_dealing_day"
Change = Callable[[Any], object]


def day(name: str = OFFER, part: int = 0) -> Day:
    """A scenario of a story, the first if none is named, as it was written."""
    return day_of(story(name, part))


def planted(
    room: str, kind: type, change: Change, wanted: Change = bool, story: str = OFFER, part: int = 0
) -> list[Violation]:
    """What L1 says of the day in which the first fitting event of a kind was written otherwise."""
    whole = day(story, part)
    rooms = {"plan": whole.plan, "fund": whole.fund, "cash": whole.cash}
    journals = [list(events) for events in rooms[room]]
    partition, index = next(
        (p, i) for p, events in enumerate(journals) for i, e in enumerate(events)
        if isinstance(e, kind) and wanted(e)
    )  # fmt: skip
    changed = change(journals[partition][index])
    journals[partition][index : index + 1] = changed if isinstance(changed, list) else [changed]
    rooms[room] = journals
    return l1(replace(whole, plan=rooms["plan"], fund=rooms["fund"], cash=rooms["cash"]))


def more(column: str) -> Change:
    """One more in the last row of a column, or in a figure."""

    def change(record: Any) -> object:
        values = getattr(record, column)
        if not isinstance(values, np.ndarray):
            return replace(record, **{column: values + 1})
        added = values.copy()
        added[-1] += 1
        return replace(record, **{column: added})

    return change


def a_row_more(column: str) -> Change:
    def change(event: Any) -> object:
        first, *rest = event.rows
        wrong = replace(first, **{column: getattr(first, column) + 1})
        return replace(event, rows=(wrong, *rest))

    return change


def with_rows(event: Any) -> bool:
    return bool(event.rows)


def test_l1_and_l2_hold_on_the_day() -> None:
    whole = day()
    assert l1(whole) == []
    assert l2(whole.plan, whole.fund) == []
    filled = [e for events in whole.plan for e in events if isinstance(e, RequestsFilled)]
    assert any(event.kept_minor.any() and event.lapsed_minor.any() for event in filled)


@pytest.mark.parametrize(
    ("room", "kind", "column"),
    [
        ("plan", OrdersDecided, "accepted_minor"),
        ("plan", RequestsSent, "asked_minor"),
        ("plan", RequestsFilled, "met_minor"),
        ("plan", RequestsFilled, "kept_minor"),
        ("plan", RequestsFilled, "left_minor"),
        ("plan", RequestsFilled, "lapsed_minor"),
        ("plan", RequestsFilled, "units"),
        ("plan", RequestsFilled, "participant"),
        ("fund", RedemptionRequests, "asked_minor"),
    ],
)
def test_l1_finds_a_cent_or_a_unit_too_many(room: str, kind: type, column: str) -> None:
    assert {found.law for found in planted(room, kind, more(column))} == {"L1"}


@pytest.mark.parametrize(
    "column", ["asked_minor", "met_minor", "kept_minor", "queued_minor", "lapsed_minor", "nav",
               "units"]
)  # fmt: skip
def test_l1_finds_a_plan_that_got_something_else(column: str) -> None:
    assert planted("fund", GatePassed, a_row_more(column), with_rows) != []


def test_l1_finds_a_gate_that_let_out_more_than_it_has_room_for() -> None:
    found = planted(
        "fund", GatePassed, lambda event: replace(event, room_minor=event.met_minor - 1), with_rows
    )
    assert any("let out" in violation.detail for violation in found)


def test_l1_finds_requests_met_twice_and_requests_met_for_nobody() -> None:
    assert planted("plan", RequestsFilled, lambda event: [event, event]) != []
    assert planted("plan", RequestsFilled, lambda event: []) != []


def test_l1_finds_an_exchange_that_bought_nothing_with_what_was_paid() -> None:
    def paid_out(event: RequestsFilled) -> object:
        return replace(event, buy_fund=np.full_like(event.buy_fund, -1))

    assert planted("plan", RequestsFilled, paid_out) != []


def test_l1_finds_a_plan_that_was_not_paid() -> None:
    def of_the_gate(event: Obligation) -> bool:
        return any(row.reason == "PLAN_REDEMPTION" for row in event.rows)

    def unpaid(event: Obligation) -> object:
        kept = tuple(row for row in event.rows if row.reason != "PLAN_REDEMPTION")
        return replace(event, rows=kept)

    assert planted("cash", Obligation, unpaid, of_the_gate) != []


@pytest.mark.parametrize(
    ("room", "kind", "change"),
    [
        ("plan", CapitalShared, more("minor")),
        ("fund", CapitalReturned, a_row_more("minor")),
        ("plan", CapitalShared, lambda event: []),
        ("plan", CapitalShared, lambda event: [event, event]),
        ("fund", CapitalReturned, lambda event: replace(event, planned_minor=event.minor - 1)),
        (
            "plan", CapitalShared,
            lambda event: replace(event, liquid_funds=tuple("OBDC" for _ in event.plans)),
        ),
    ],
)  # fmt: skip
def test_l1_finds_capital_returned_to_the_cent(room: str, kind: type, change: Change) -> None:
    whole = day(ENDED)
    assert l1(whole) == []
    assert l2(whole.plan, whole.fund) == []
    assert {found.law for found in planted(room, kind, change, story=ENDED)} == {"L1"}


def test_a_request_met_before_its_notice_has_run_is_seen() -> None:
    def asked_a_day_later(event: Any) -> object:
        return replace(event, trade_date=event.trade_date + timedelta(days=1))

    found = planted("plan", OrdersDecided, asked_a_day_later, story="notice_before_a_dealing_day")
    assert any("notice, or an offer's deadline, kept" in str(each) for each in found)


def less(column: str) -> Change:
    """One less in the first row of a column."""

    def change(record: Any) -> object:
        values = getattr(record, column).copy()
        values[0] -= 1
        return replace(record, **{column: values})

    return change


def withdraws(event: OrdersDecided) -> bool:
    return event.reason is EventKind.WITHDRAWAL


def always(_: object) -> bool:
    return True


@pytest.mark.parametrize(
    "change",
    [
        *(more(each) for each in ("withdrawn_minor", "left_minor", "noted_minor", "participant",
                                  "line", "by_line")),
        *(less(each) for each in ("withdrawn_minor", "noted_minor")),
        lambda event: [],
        lambda event: [event, event],
    ],
)  # fmt: skip
@pytest.mark.parametrize("part", [0, 1, 2])
def test_l1_finds_what_was_withdrawn_to_the_cent_and_once(change: Change, part: int) -> None:
    whole = day(WITHDRAWN, part)
    assert l1(whole) == []
    assert l2(whole.plan, whole.fund) == []
    found = planted("plan", RequestsWithdrawn, change, always, WITHDRAWN, part)
    assert {each.law for each in found} == {"L1"}


@pytest.mark.parametrize("change", [more("accepted_minor"), less("accepted_minor")])
def test_l1_finds_a_withdrawal_that_says_another_amount(change: Change) -> None:
    assert planted("plan", OrdersDecided, change, withdraws, WITHDRAWN) != []


def test_l1_finds_a_withdrawal_from_a_fund_that_allows_none() -> None:
    def silent(change: BookChange) -> object:
        funds = tuple(
            fund if fund.gate is None
            else replace(fund, gate=replace(fund.gate, withdrawal=Withdrawal.NONE))
            for fund in change.funds
        )  # fmt: skip
        return replace(change, funds=funds)

    def says(change: BookChange) -> bool:
        return any(fund.gate is not None for fund in change.funds)

    found = planted("plan", BookChange, silent, says, WITHDRAWN)
    assert any("lets requests be withdrawn" in each.detail for each in found)


def test_l1_finds_a_noted_withdrawal_that_the_answer_did_not_take() -> None:
    def later(event: RequestsWithdrawn) -> bool:
        return bool((event.noted_minor < 0).any())

    found = planted("plan", RequestsWithdrawn, lambda event: [], later, WITHDRAWN, 2)
    assert any("not withdrawn then" in each.detail for each in found)

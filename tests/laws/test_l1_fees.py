"""Law L1 of fees: a cent more or less of any of them is found, wherever it is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from gateway.core.conservation_fees import fees
from gateway.core.events import SleevesBalanced
from gateway.core.fees import FeeBase
from gateway.core.fund_events import (
    ExpensesCapped,
    FeeAccrued,
    NoticeTaken,
    PerformanceAccrued,
)
from gateway.core.laws import Events
from tests.laws.stories import journals, scenarios_of, story

STORIES = (
    "management_fee_in_the_fund", "performance_fee_in_the_fund", "expense_cap_in_the_fund",
    "fees_of_a_held_nav", "fee_on_committed_capital", "fee_on_gross_and_invested",
)  # fmt: skip
Change = Callable[[Any], Any]


@cache
def of_funds(name: str) -> tuple[Events, ...]:
    """The journals of the fund partitions after each scenario of a file."""
    stages = (story(name, number) for number in range(len(scenarios_of(name))))
    return tuple(events for stage in stages for events in journals(stage, "fund"))


def planted(name: str, kind: type, change: Change) -> list[bool]:
    """For each event of a kind that a change alters: whether the law finds it."""
    found: list[bool] = []
    for events in of_funds(name):
        for at, event in enumerate(events):
            if isinstance(event, kind) and event.fund_id == "FUND":  # type: ignore[attr-defined]
                changed = [*events[:at], change(event), *events[at + 1 :]]
                found.append(changed == list(events) or any(fees(changed)))
    return found


def a_cent_more(field: str) -> Change:
    return lambda event: replace(event, **{field: getattr(event, field) + 1})


@pytest.mark.parametrize("name", STORIES)
def test_l1_holds_of_the_fees_of_a_story(name: str) -> None:
    assert [list(fees(events)) for events in of_funds(name)] == [[] for _ in of_funds(name)]


@pytest.mark.parametrize(
    ("name", "kind", "field"),
    [
        ("management_fee_in_the_fund", FeeAccrued, "posted_minor"),
        ("management_fee_in_the_fund", FeeAccrued, "accrued_minor"),
        ("management_fee_in_the_fund", FeeAccrued, "paid_minor"),
        ("management_fee_in_the_fund", FeeAccrued, "base_minor"),
        ("management_fee_in_the_fund", SleevesBalanced, "fees_paid_minor"),
        ("fee_on_committed_capital", FeeAccrued, "base_minor"),
        ("fee_on_committed_capital", FeeAccrued, "net_assets_minor"),
        ("fee_on_committed_capital", FeeAccrued, "paid_minor"),
        ("fee_on_committed_capital", ExpensesCapped, "waived_minor"),
        ("fee_on_committed_capital", ExpensesCapped, "recaptured_minor"),
        ("fee_on_committed_capital", ExpensesCapped, "base_minor"),
        ("fee_on_committed_capital", ExpensesCapped, "beside_minor"),
        ("fee_on_gross_and_invested", FeeAccrued, "base_minor"),
        ("fee_on_gross_and_invested", FeeAccrued, "posted_minor"),
        ("expense_cap_in_the_fund", ExpensesCapped, "waived_minor"),
        ("expense_cap_in_the_fund", ExpensesCapped, "recaptured_minor"),
        ("expense_cap_in_the_fund", ExpensesCapped, "lapsed_minor"),
        ("expense_cap_in_the_fund", ExpensesCapped, "left_minor"),
        ("expense_cap_in_the_fund", ExpensesCapped, "accrued_minor"),
        ("expense_cap_in_the_fund", ExpensesCapped, "settled_minor"),
        ("expense_cap_in_the_fund", ExpensesCapped, "base_minor"),
        ("expense_cap_in_the_fund", SleevesBalanced, "fees_paid_minor"),
        ("performance_fee_in_the_fund", PerformanceAccrued, "gross_minor"),
        ("performance_fee_in_the_fund", PerformanceAccrued, "posted_minor"),
        ("performance_fee_in_the_fund", PerformanceAccrued, "due_minor"),
        ("performance_fee_in_the_fund", SleevesBalanced, "performance_paid_minor"),
        ("fees_of_a_held_nav", PerformanceAccrued, "due_minor"),
    ],
)
def test_l1_a_cent_more_is_found(name: str, kind: type, field: str) -> None:
    found = planted(name, kind, a_cent_more(field))
    assert found
    assert all(found)


def test_l1_a_fee_of_another_base_is_found() -> None:
    """Also where both figures are the same, as net and gross assets at an opening."""

    def turned(event: FeeAccrued) -> FeeAccrued:
        other = FeeBase.NET if event.base is not FeeBase.NET else FeeBase.GROSS
        return replace(event, base=other)

    for name in ("fee_on_committed_capital", "fee_on_gross_and_invested"):
        assert all(planted(name, FeeAccrued, turned))


def test_l1_a_call_that_is_left_out_of_what_is_invested_is_found() -> None:
    def unsaid(event: NoticeTaken) -> NoticeTaken:
        lines = tuple(replace(line, amount_minor=line.amount_minor + 1) for line in event.lines)
        return replace(event, lines=lines)

    assert all(planted("fee_on_gross_and_invested", NoticeTaken, unsaid))


def test_l1_a_period_that_ends_on_another_day_is_found() -> None:
    def turned(event: PerformanceAccrued) -> PerformanceAccrued:
        return replace(event, crystallized=not event.crystallized)

    assert all(planted("performance_fee_in_the_fund", PerformanceAccrued, turned))


@pytest.mark.parametrize("field", ["start_minor", "loss_minor", "hurdle_days", "accrued_minor"])
def test_l1_a_period_that_goes_on_otherwise_is_found(field: str) -> None:
    def bent(event: PerformanceAccrued) -> PerformanceAccrued:
        return replace(event, after=a_cent_more(field)(event.after))

    for name in ("performance_fee_in_the_fund", "fees_of_a_held_nav"):
        assert all(planted(name, PerformanceAccrued, bent))

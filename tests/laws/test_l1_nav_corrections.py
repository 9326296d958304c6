"""Law L1 of wrong NAVs: whatever of a correction is written otherwise is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gateway.core.conservation import Day, l1
from gateway.core.marks import NavStruck
from gateway.core.nav import NavStatus
from gateway.core.nav_correction import (
    CorrectionFill,
    CorrectionTotals,
    NavCorrection,
    NavErrorBooked,
)
from gateway.core.requests import RequestsFilled
from gateway.core.settlement import Obligation
from tests.laws.stories import day_of, story

Change = Callable[[Any], object]


def day(name: str) -> Day:
    """A story with a wrong NAV, as the law looks at it."""
    return day_of(story(name))


def changed(name: str, room: str, wanted: Callable[[object], bool], change: Change) -> list[str]:
    """What L1 says of a story in which the events that are wanted were written otherwise."""
    whole = day(name)
    rooms = {"plan": whole.plan, "fund": whole.fund, "cash": whole.cash}
    rooms[room] = [
        [new for event in events for new in ([change(event)] if wanted(event) else [event])
         if new is not None]
        for events in rooms[room]
    ]  # fmt: skip
    found = l1(replace(whole, plan=rooms["plan"], fund=rooms["fund"], cash=rooms["cash"]))
    return [str(each) for each in found]


def more(column: str) -> Change:
    def change(record: Any) -> object:
        value = getattr(record, column)
        if isinstance(value, np.ndarray):
            if not len(value):
                return record
            value = value.copy()
            value[-1] += 1
            return replace(record, **{column: value})
        return replace(record, **{column: value + 1})

    return change


def of(kind: type) -> Callable[[object], bool]:
    return lambda event: isinstance(event, kind)


@pytest.mark.parametrize("name", [
    "nav_error_booked", "nav_error_immaterial", "nav_error_too_low", "nav_error_through_a_gate",
])  # fmt: skip
def test_nothing_is_found_in_a_story_as_it_was_decided(name: str) -> None:
    assert l1(day(name)) == []


@pytest.mark.parametrize(
    ("room", "kind", "column", "says"),
    [
        ("plan", CorrectionFill, "units_due", "due (units, money)"),
        ("plan", CorrectionFill, "minor_due", "due (units, money)"),
        ("plan", CorrectionFill, "units", "totals"),
        ("plan", CorrectionFill, "paid_minor", "booked"),
        ("plan", CorrectionFill, "net_units", "units sold less taken back"),
        ("plan", CorrectionFill, "nav", "nobody decided it"),
        ("fund", CorrectionTotals, "units", "totals"),
        ("fund", CorrectionTotals, "overpaid_minor", "totals"),
        ("fund", CorrectionTotals, "short_units", "totals"),
        ("fund", CorrectionTotals, "left_units", "totals"),
        ("fund", CorrectionTotals, "paid_minor", "totals"),
        ("fund", NavErrorBooked, "units_change", "paid in, paid out, kept"),
        ("fund", NavErrorBooked, "paid_in_minor", "paid in, paid out, kept"),
        ("fund", NavErrorBooked, "paid_out_minor", "paid in, paid out, kept"),
        ("fund", NavErrorBooked, "kept_minor", "paid in, paid out, kept"),
        ("fund", NavErrorBooked, "units", "units outstanding afterwards"),
        ("fund", NavErrorBooked, "liquid_minor", "liquid sleeve afterwards"),
        ("fund", NavCorrection, "published", "NAV it takes the place of"),
        ("fund", NavCorrection, "nav", "nobody decided it"),
    ],
)
def test_a_figure_of_a_correction_that_is_off_is_found(
    room: str, kind: type, column: str, says: str
) -> None:
    found = changed("nav_error_too_low", room, of(kind), more(column))
    assert any(says in each for each in found), found


@pytest.mark.parametrize(
    ("kind", "column", "says"),
    [
        (CorrectionFill, "minor_due", "due (units, money)"),
        (CorrectionFill, "net_units", "units sold less taken back"),
        (RequestsFilled, "units", "units sold less taken back"),
        (RequestsFilled, "met_minor", "lines' parts of what was met"),
    ],
)
def test_a_correction_that_leaves_out_what_a_gate_let_out_is_found(
    kind: type, column: str, says: str
) -> None:
    found = changed("nav_error_through_a_gate", "plan", of(kind), more(column))
    assert any(says in each for each in found), found


def test_a_leg_that_nobody_decided_is_found() -> None:
    def more_owed(event: Obligation) -> Obligation:
        rows = tuple(
            replace(row, amount_minor=row.amount_minor + (1 if row.amount_minor > 0 else -1))
            if row.reason.startswith("NAV_ERROR") else row
            for row in event.rows
        )  # fmt: skip
        return replace(event, rows=rows)

    found = changed("nav_error_booked", "cash", of(Obligation), more_owed)
    assert any("obligations, NAV_ERROR:" in each for each in found)
    assert any("obligations, NAV_ERROR_FUND_SIDE" in each for each in found)


def test_a_nav_that_stands_corrected_without_a_decision_is_found() -> None:
    whole = day("nav_error_booked")
    gone = (NavCorrection, CorrectionTotals, NavErrorBooked)
    fund = [[e for e in events if not isinstance(e, gone)] for events in whole.fund]
    found = [str(each) for each in l1(replace(whole, fund=fund))]
    assert any("stands corrected, and nobody decided it" in each for each in found)


def test_another_kind_of_error_than_the_difference_calls_for_is_found() -> None:
    def lesser(event: NavCorrection) -> NavCorrection:
        return replace(event, kind=type(event.kind).IMMATERIAL)

    found = changed("nav_error_booked", "fund", of(NavCorrection), lesser)
    assert any("what the difference is" in each for each in found)


def test_a_wrong_nav_that_was_not_corrected_is_no_price_of_a_fill() -> None:
    def another(event: NavStruck) -> NavStruck:
        return replace(event, nav=event.nav + 1)

    def is_first(event: object) -> bool:
        return isinstance(event, NavStruck) and event.status is not NavStatus.CORRECTED

    found = changed("nav_error_booked", "fund", is_first, another)
    assert any("NAV: expected" in each for each in found)

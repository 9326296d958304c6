"""Cash advices: what exactly is found, what is told twice, and which break money goes back to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.cash_breaks import BreakKind, CashBreak, Finding, is_resolved, judge
from gateway.core.netting import InstructionState
from tests.core.test_cash_breaks import FRIDAY, TUESDAY, WEDNESDAY, advice, expected

PARTLY = InstructionState.PARTIALLY_SETTLED


def unknown(name: str, minor: int = 7_00, **changes: object) -> CashBreak:
    """Money that came without any instruction."""
    usual = CashBreak(
        name, BreakKind.UNKNOWN, "", "RK_A", "USD", 0, minor, TUESDAY, TUESDAY, advice(minor, "")
    )
    return replace(usual, **changes)  # type: ignore[arg-type]  # fields of the record


def test_a_finding_says_which_instruction_is_meant_and_how_much_should_have_moved() -> None:
    one = [expected()]
    assert judge(advice(), one, []) == Finding("SI-1", None, "", 600_00)
    assert judge(advice(599_00), one, []) == Finding("SI-1", BreakKind.AMOUNT, "", 600_00)
    stranger = judge(advice(5_00, "SI-9"), one, [])
    assert stranger == Finding("", BreakKind.UNKNOWN)
    assert stranger.expected_minor == 0, "nothing should have moved"
    told = [expected(advised=True)]
    assert judge(advice(599_00), told, []) == Finding("SI-1", BreakKind.DUPLICATE)


def test_an_advice_without_a_reference_that_says_the_same_again_is_a_duplicate() -> None:
    told = expected(advised=True)
    assert judge(advice(reference=""), [told], []) == Finding("SI-1", BreakKind.DUPLICATE)
    # Of another amount, or of another day, it may be anything.
    for said in (advice(5_00, ""), advice(reference="", value_date=FRIDAY)):
        assert judge(said, [told], []) == Finding("", BreakKind.UNKNOWN)


def test_an_advice_without_a_reference_repeats_the_instruction_it_agrees_with() -> None:
    told = [expected("SI-1", 100_00, advised=True), expected("SI-2", advised=True)]
    assert judge(advice(reference=""), told, []) == Finding("SI-2", BreakKind.DUPLICATE)


def test_money_goes_back_to_the_oldest_break_of_as_much_and_to_the_first_by_name() -> None:
    breaks = [unknown("A", since=FRIDAY), unknown("C"), unknown("B"), unknown("D", 8_00)]
    assert judge(advice(-7_00, ""), [], breaks) == Finding("", None, "B")
    assert judge(advice(-7_00, ""), [], breaks[:2]).resolves == "C"
    assert judge(advice(-8_00, ""), [], breaks).resolves == "D"


@pytest.mark.parametrize(
    "other",
    [
        unknown("B", kind=BreakKind.AMOUNT),
        unknown("B", currency="EUR"),
        unknown("B", counterparty="RK_B"),
        unknown("B", advice=None),
        unknown("B", advice=advice(7_00, "SI-7")),
    ],
)
def test_money_does_not_go_back_to_a_break_of_something_else(other: CashBreak) -> None:
    assert judge(advice(-7_00, ""), [], [other]) == Finding("", BreakKind.UNKNOWN)


def test_money_advised_twice_goes_back_by_its_reference() -> None:
    twice = unknown("B", kind=BreakKind.DUPLICATE, advice=advice(7_00, "SI-1"))
    assert judge(advice(-7_00), [expected(advised=True)], [twice]).resolves == "B"


@pytest.mark.parametrize(
    ("should", "moved", "settled", "resolved"),
    [
        (600_00, 1, 1, True),
        (-600_00, -1, 1, True),
        (600_00, -1, 1, False),
        (1, -1, 1, False),
        (-600_00, 200_00, 200_00, False),
    ],
)
def test_part_of_an_amount_resolves_its_break_if_it_moved_the_right_way(
    should: int, moved: int, settled: int, resolved: bool
) -> None:
    """A cent is an amount too."""
    each = CashBreak(
        "B", BreakKind.AMOUNT, "SI-1", "RK_A", "USD", should, moved, WEDNESDAY, WEDNESDAY, None
    )
    assert is_resolved(each, PARTLY, settled) is resolved

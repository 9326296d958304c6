"""Laws L5 and L7 of cash advices: whatever is judged or told otherwise is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.core.cash_break_life import l7_advices
from gateway.core.cash_breaks import AdviceMatched, BreakClosed, BreakKind, CashBreak
from gateway.core.events import InstructionAdvanced
from tests.laws.stories import journals, story

Change = Callable[[object], list[object]]


def found(name: str, number: int, change: Change | None = None) -> str:
    told = []
    for events in journals(story(name, number), "cash"):
        every = [new for event in events for new in (change(event) if change else [event])]
        told += [str(each) for each in l7_advices("cash", every)]
    return "\n".join(told)


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("name", ["cash_advice_matched", "cash_advice_breaks"])
def test_nothing_is_found_in_a_story_as_it_was_decided(name: str, number: int) -> None:
    assert found(name, number) == ""


def without(kind: type) -> Change:
    return lambda event: [] if isinstance(event, kind) else [event]


def twice(kind: type) -> Change:
    return lambda event: [event, event] if isinstance(event, kind) else [event]


def test_an_advice_that_is_decided_twice_is_found() -> None:
    assert "decided twice" in found("cash_advice_matched", 0, twice(AdviceMatched))


def test_an_instruction_that_a_bank_settled_without_an_advice_is_found() -> None:
    assert "settled it without an advice" in found("cash_advice_matched", 0, without(AdviceMatched))


def test_a_match_of_another_amount_is_found() -> None:
    def other(event: object) -> list[object]:
        if isinstance(event, AdviceMatched):
            advice = replace(event.advice, amount_minor=event.advice.amount_minor + 1)
            return [replace(event, advice=advice)]
        return [event]

    assert "does not agree with" in found("cash_advice_matched", 0, other)
    assert "sends back money that" in found("cash_advice_breaks", 0, other)


def test_an_advice_of_another_bank_is_found() -> None:
    def other(event: object) -> list[object]:
        if isinstance(event, AdviceMatched):
            return [replace(event, advice=replace(event.advice, sender="CUSTODIAN"))]
        return [event]

    assert "heard of another than the party's bank" in found("cash_advice_matched", 0, other)


def test_a_break_of_another_category_is_found() -> None:
    def other(event: object) -> list[object]:
        wrong = isinstance(event, CashBreak) and event.kind is BreakKind.AMOUNT
        return [replace(event, kind=BreakKind.DATE)] if wrong else [event]  # type: ignore[type-var]  # a break

    assert "it is no break of category DATE" in found("cash_advice_breaks", 0, other)


def test_a_break_that_is_closed_without_being_open_is_found() -> None:
    assert "closed while it was not open" in found("cash_advice_breaks", 0, twice(BreakClosed))


def test_an_instruction_that_is_overdue_and_not_told_is_found() -> None:
    assert "no break says so" in found("cash_advice_breaks", 1, without(CashBreak))


def test_a_break_that_was_never_closed_is_opened_once() -> None:
    assert "opened while it was open" in found("cash_advice_breaks", 0, twice(CashBreak))


def test_an_instruction_that_is_off_is_agreed_to_by_nobody() -> None:
    def off(event: object) -> list[object]:
        if isinstance(event, InstructionAdvanced):
            return [replace(event, state=type(event.state).REJECTED)]
        return [event]

    assert "which is off" in found("cash_advice_matched", 0, off)

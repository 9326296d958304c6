"""What a bank advises comes through intake like all else, and never stops a desk."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.core.cash_breaks import BreakKind, CashBreak
from gateway.core.events import StatusRefused
from gateway.log.memory import MemoryLog
from tests.day.market_day import SESSION, MarketDay, book, days, settled_day, traded
from tests.day.test_bad_input import HOME, refusals
from tests.day.test_settled_day import run
from tests.laws.planted import broken, events_of

USUAL: dict[str, object] = {
    "advice_id": "A1", "counterparty": "RK_A", "currency": "USD", "value_date": days(SESSION),
    "direction": "CREDIT", "amount_minor": 1_00, "reference": "",
}  # fmt: skip


def advised(*said: dict[str, object], sender: str = "CUSTODIAN") -> MemoryLog:
    """A day at whose end a bank advises; CUSTODIAN is the bank of RK_A."""
    whole = book()
    parties = tuple(
        replace(each, advised_by="CUSTODIAN") if each.party_id == "RK_A" else each
        for each in whole.parties
    )
    day = MarketDay()
    day.adopt(replace(whole, parties=parties))
    day.appends += traded(settled_day()).appends[1:]
    until = len(day.appends)
    for each in said:
        day.say(sender, "CashAdvice", **{**USUAL, **each})
    return run(day.appends, HOME, cut=until)


def events(log: MemoryLog) -> list[object]:
    return [event for partition in events_of(log, "cash", HOME) for event in partition]


@pytest.mark.parametrize(
    ("said", "verdict", "code"),
    [
        ({"amount_minor": 0}, "QUARANTINED", "NEGATIVE_AMOUNT"),
        ({"amount_minor": -(2**63), "direction": "DEBIT"}, "QUARANTINED", "NEGATIVE_AMOUNT"),
        ({"amount_minor": 2**63 - 1}, "REJECTED", "AMOUNT_RANGE"),
        ({"value_date": days(SESSION) + 400}, "REJECTED", "CALENDAR"),
        ({"value_date": 2**31 - 1}, "QUARANTINED", "CALENDAR"),
    ],
)
def test_an_advice_that_cannot_be_true_is_refused_by_name(
    said: dict[str, object], verdict: str, code: str
) -> None:
    log = advised(said)
    assert refusals(log, "CUSTODIAN") == [(verdict, (code,))]
    assert broken(log, HOME) == []


@pytest.mark.parametrize(
    "said",
    [
        {"value_date": days(date(2025, 1, 1))},
        {"currency": "no currency at all"},
        {"reference": "not one of ours"},
        {"amount_minor": 10**14},
    ],
)
def test_an_advice_that_fits_nothing_is_a_break(said: dict[str, object]) -> None:
    log = advised(said)
    found = [event.kind for event in events(log) if isinstance(event, CashBreak)]
    assert found in ([BreakKind.UNKNOWN], [])
    assert broken(log, HOME) == []


def test_the_same_advice_twice_is_taken_once_and_other_bytes_under_its_name_are_kept() -> None:
    log = advised({}, {}, {"amount_minor": 2_00})
    assert [v for v, _ in refusals(log, "CUSTODIAN")] == ["DUPLICATE", "QUARANTINED"]
    assert len([event for event in events(log) if isinstance(event, CashBreak)]) == 1


def test_who_is_no_bank_of_the_party_is_told_so() -> None:
    log = advised({}, sender="RK_B")
    assert ("REJECTED", ("WRONG_SENDER",)) in refusals(log, "RK_B")
    assert any(isinstance(event, StatusRefused) for event in events(log))
    assert broken(log, HOME) == []

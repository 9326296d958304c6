"""A book change that points at nobody is refused whole, and stops no desk later."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.book import BookChange
from gateway.core.orders import BatchStatus
from gateway.core.settlement import SettlementInstruction
from tests.day.market_day import MarketDay, book, gateway, settled_day, traded
from tests.day.test_settled_day import instructions, run, sent

HOME = gateway(2, 1, 1)


def answers(change: BookChange) -> list[tuple[str, tuple[str, ...], str]]:
    day = MarketDay()
    day.adopt(change)
    told = sent(run(day.appends, HOME), "out.operations")
    return [
        (a.verdict, tuple(map(str, a.codes)), a.detail) for a in told if isinstance(a, BatchStatus)
    ]


def spoiled(how: str) -> BookChange:
    whole = book()
    plan, fund, party = whole.plans[0], whole.funds[0], whole.parties[0]
    match how:
        case "liquid option":
            return replace(whole, plans=(replace(plan, liquid_fund="NONE"),))
        case "alternative liquid option":
            return replace(whole, plans=(replace(plan, liquid_fund="MA_ALT"),))
        case "settling entity":
            return replace(whole, plans=(replace(plan, settling_entity="NOBODY"),))
        case "custodian":
            return replace(whole, funds=(replace(fund, custodian="NOBODY"), *whole.funds[1:]))
        case "dialect":
            spoken = replace(party, dialect="morse")
            return replace(whole, parties=(spoken, *whole.parties[1:]))
        case _:
            assert whole.calendar is not None
            return replace(whole, calendar=replace(whole.calendar, zone="Mars/Olympus"))


@pytest.mark.parametrize(
    ("how", "named"),
    [
        ("liquid option", "plan PLN-1: fund NONE is not in the book"),
        ("alternative liquid option", "plan PLN-1: its liquid option MA_ALT is an alternative"),
        ("settling entity", "plan PLN-1: party NOBODY is not in the book"),
        ("custodian", "fund TDF_2045: party NOBODY is not in the book"),
        ("dialect", "party RK_A speaks morse, which no connector writes"),
        ("calendar", "'Mars/Olympus' is not an IANA zone"),
    ],
)
def test_a_change_that_names_what_does_not_stand_is_refused_and_says_what(
    how: str, named: str
) -> None:
    assert answers(spoiled(how)) == [("REJECTED", ("BOOK_REFERENCE",), named)]


def test_a_later_change_may_name_what_an_earlier_one_brought() -> None:
    whole = book()
    day = MarketDay()
    day.adopt(replace(whole, plans=()))
    day.adopt(BookChange("operations", "plans", whole.session, None, (), (), whole.plans))
    rest = settled_day().appends[1:]
    played = run([*day.appends, *rest, *traded(MarketDay()).appends], HOME)
    expected: dict[str, SettlementInstruction] = instructions(
        run(traded(settled_day()).appends, HOME)
    )
    assert instructions(played) == expected

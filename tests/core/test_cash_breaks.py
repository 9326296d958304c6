"""Cash advices: each is a match or one break, and it does not matter which came first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.book import BookChange, PartyTerms
from gateway.core.cash_break_life import l7_advices
from gateway.core.cash_breaks import (
    AdviceMatched,
    BreakClosed,
    BreakKind,
    CashAdvice,
    CashBreak,
    Expected,
    age_in_business_days,
    is_missing,
    is_resolved,
    judge,
)
from gateway.core.events import InstructionAdvanced, SessionAnnounced
from gateway.core.netting import InstructionState
from gateway.core.settlement import SettlementInstruction
from gateway.desks.cash import cash_desk
from gateway.desks.cash_state import CashState
from gateway.desks.desk import Topology, fold, step
from gateway.ops.calendars import calendar_terms, us_calendar

S = InstructionState
TUESDAY, WEDNESDAY, FRIDAY = date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 27)
TOPOLOGY = Topology(("operations", "BANK", "RK_A"), plan=1, fund=1, cash=1, dispatch=1)
CALENDAR = us_calendar(2026, 2026)


def expected(name: str = "SI-1", minor: int = 600_00, **changes: object) -> Expected:
    usual = Expected(name, "RK_A", "USD", WEDNESDAY, minor, S.SENT, advised=False)
    return replace(usual, **changes)  # type: ignore[arg-type]  # fields of the record


def advice(minor: int = 600_00, reference: str = "SI-1", **changes: object) -> CashAdvice:
    usual = CashAdvice("BANK", "A1", "RK_A", "USD", WEDNESDAY, minor, reference, 0)
    return replace(usual, **changes)  # type: ignore[arg-type]  # fields of the record


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (advice(), None),
        (advice(reference=""), None),
        (advice(reference="SI-2"), BreakKind.UNKNOWN),
        (advice(counterparty="RK_B"), BreakKind.UNKNOWN),
        # The first that applies, in the order of the categories.
        (advice(1, currency="EUR", value_date=FRIDAY), BreakKind.CURRENCY),
        (advice(1, value_date=FRIDAY), BreakKind.AMOUNT),
        (advice(-600_00), BreakKind.AMOUNT),
        (advice(value_date=FRIDAY), BreakKind.DATE),
        # Without a reference it is the amount that says which instruction is meant.
        (advice(reference="", value_date=FRIDAY), BreakKind.DATE),
        (advice(reference="", currency="EUR"), BreakKind.CURRENCY),
        (advice(1, reference=""), BreakKind.UNKNOWN),
        (advice(reference="", currency="EUR", value_date=FRIDAY), BreakKind.UNKNOWN),
    ],
)
def test_an_advice_against_one_instruction(said: CashAdvice, kind: BreakKind | None) -> None:
    assert judge(said, [expected()], []).kind is kind


@pytest.mark.parametrize("state", [S.ISSUED, S.REJECTED, S.CANCELLED])
def test_what_does_not_stand_is_not_meant(state: InstructionState) -> None:
    assert judge(advice(), [expected(state=state)], []).kind is BreakKind.UNKNOWN


def test_what_its_receiver_settled_is_agreed_to_once() -> None:
    assert judge(advice(), [expected(state=S.SETTLED)], []).kind is None
    again = judge(advice(), [expected(state=S.SETTLED, advised=True)], [])
    assert (again.kind, again.instruction_id) == (BreakKind.DUPLICATE, "SI-1")


def test_of_instructions_alike_the_first_is_meant_that_was_not_advised() -> None:
    both = [expected("SI-2"), expected("SI-1")]
    assert judge(advice(reference=""), both, []).instruction_id == "SI-1"
    rest = [expected("SI-2"), expected("SI-1", advised=True)]
    assert judge(advice(reference=""), rest, []).instruction_id == "SI-2"


def test_money_too_much_that_is_sent_back_resolves_its_break() -> None:
    known = CashBreak("B1", BreakKind.UNKNOWN, "", "RK_A", "USD", 0, 7_00, TUESDAY, TUESDAY,
                      advice(7_00, ""))  # fmt: skip
    assert judge(advice(-7_00, ""), [], [known]).resolves == "B1"
    assert judge(advice(-7_01, ""), [], [known]).resolves == ""
    assert judge(advice(7_00, ""), [], [known]).kind is BreakKind.UNKNOWN


def test_an_instruction_is_missed_from_the_session_after_its_day() -> None:
    assert not is_missing(expected(), WEDNESDAY)
    assert is_missing(expected(), FRIDAY)
    for settled in (expected(advised=True), expected(state=S.SETTLED), expected(minor=0)):
        assert not is_missing(settled, FRIDAY)


@pytest.mark.parametrize(
    ("kind", "state", "settled", "resolved"),
    [
        (BreakKind.MISSING, S.SETTLED, 600_00, True),
        (BreakKind.MISSING, S.CANCELLED, 0, True),
        (BreakKind.MISSING, S.ACKNOWLEDGED, 0, False),
        (BreakKind.DATE, S.SETTLED, 600_00, True),
        (BreakKind.DATE, S.REJECTED, 0, False),
        (BreakKind.AMOUNT, S.PARTIALLY_SETTLED, 200_00, True),
        (BreakKind.AMOUNT, S.PARTIALLY_SETTLED, 200_01, False),
        (BreakKind.AMOUNT, S.SETTLED, 600_00, False),
        (BreakKind.DUPLICATE, S.SETTLED, 600_00, False),
    ],
)
def test_what_a_receiver_says_resolves_what_it_explains(
    kind: BreakKind, state: InstructionState, settled: int, resolved: bool
) -> None:
    each = CashBreak("B1", kind, "SI-1", "RK_A", "USD", 600_00, 200_00, TUESDAY, TUESDAY, None)
    assert is_resolved(each, state, settled) is resolved


def test_age_is_counted_in_bank_days() -> None:
    # Thanksgiving and a weekend lie between: Friday and Monday count.
    assert age_in_business_days(CALENDAR, WEDNESDAY, date(2026, 11, 30)) == 2
    assert age_in_business_days(CALENDAR, WEDNESDAY, WEDNESDAY) == 0
    assert age_in_business_days(CALENDAR, FRIDAY, WEDNESDAY) == 0
    assert age_in_business_days(CALENDAR, date(1970, 1, 1), date(2026, 1, 5)) == 2


# --- the desk -----------------------------------------------------------------------------


def instruction(number: int, minor: int) -> SettlementInstruction:
    return SettlementInstruction(
        f"SI-{number}", TUESDAY, "RK_A", "RK_A", "native", "USD", WEDNESDAY, minor,
        max(minor, 0), max(-minor, 0), (TUESDAY,), 1,
    )  # fmt: skip


def opening(amounts: list[int]) -> list[object]:
    """A book with a bank, and instructions that were sent."""
    parties = (
        PartyTerms("BANK", "CUSTODIAN", "BANK", "native"),
        PartyTerms("RK_A", "RECORDKEEPER", "RK_A", "native", "BANK"),
    )
    book = BookChange("operations", "B", TUESDAY, calendar_terms(CALENDAR), parties, (), ())
    events: list[object] = [book, SessionAnnounced(TUESDAY)]
    for number, minor in enumerate(amounts):
        events.append(instruction(number, minor))
        events.append(InstructionAdvanced(f"SI-{number}", S.SENT, "dispatch", "RK_A"))
    return events


def decided(amounts: list[int], advices: list[CashAdvice]) -> tuple[CashState, list[object]]:
    """The state after some advices, and the whole journal."""
    desk = cash_desk(TOPOLOGY)
    journal = opening(amounts)
    state = CashState()
    for event in journal:
        if isinstance(event, SettlementInstruction):
            state.open_legs.setdefault((event.counterparty, "USD", WEDNESDAY), [])
        fold(desk, state, [event])
    for each in advices:
        events, _ = step(desk, state, each)
        journal.extend(events)
    return state, journal


AMOUNTS = st.lists(
    st.integers(-5, 5).filter(bool).map(lambda n: n * 100), min_size=1, max_size=4
)  # fmt: skip
SAID = st.lists(
    st.tuples(
        st.integers(0, 5), st.integers(-5, 5).filter(bool).map(lambda n: n * 100),
        st.sampled_from(["USD", "EUR"]), st.sampled_from([WEDNESDAY, FRIDAY]), st.booleans(),
    ),
    max_size=8,
)  # fmt: skip


def advices(said: list[tuple[int, int, str, date, bool]]) -> list[CashAdvice]:
    return [
        CashAdvice("BANK", f"A{at}", "RK_A", currency, day, minor,
                   f"SI-{number}" if named else "", at)
        for at, (number, minor, currency, day, named) in enumerate(said)
    ]  # fmt: skip


@given(AMOUNTS, SAID)
def test_each_advice_ends_in_exactly_one_match_or_break(
    amounts: list[int], said: list[tuple[int, int, str, date, bool]]
) -> None:
    told = advices(said)
    state, journal = decided(amounts, told)
    ends = [event.advice.name for event in journal if isinstance(event, AdviceMatched)]
    ends += [event.advice.name for event in journal
             if isinstance(event, CashBreak) and event.advice is not None]  # fmt: skip
    assert sorted(ends) == sorted(each.name for each in told)
    opened = {event.break_id for event in journal if isinstance(event, CashBreak)}
    closed = [event.break_id for event in journal if isinstance(event, BreakClosed)]
    assert set(state.breaks) == opened - set(closed)
    assert len(closed) == len(set(closed))
    assert l7_advices("cash/0", journal) == []


@given(AMOUNTS, SAID, st.randoms(use_true_random=False))
def test_the_order_of_advices_of_different_instructions_does_not_matter(
    amounts: list[int], said: list[tuple[int, int, str, date, bool]], random: object
) -> None:
    """One advice an instruction, each by its reference."""
    numbered = {number: row for number, *row in said}
    told = advices([(number, *row[:3], True) for number, row in numbered.items()])  # type: ignore[misc]  # rows of `SAID`
    first, _ = decided(amounts, told)
    again = list(told)
    random.shuffle(again)  # type: ignore[attr-defined]  # a random of the standard library
    second, _ = decided(amounts, again)
    assert set(first.breaks) == set(second.breaks)
    assert {n: (e.state, e.advised) for n, e in first.instructions.items()} == {
        n: (e.state, e.advised) for n, e in second.instructions.items()
    }

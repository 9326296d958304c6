"""Cash advices against instructions: what a bank says moved, and what should have.

An advice is exact if it names, or can only mean, an instruction that stands, with its currency,
amount, direction and day. Everything else is a break of one category, which stays open until a
later advice or a status resolves it, or two people do. An instruction whose day passes without
an advice is a break as well. Amounts are minor units, signed as an instruction's: positive, the
party pays.

Not here: what a match does to an instruction (`cash_advices` of the desks), instructions
themselves (`netting`).
Source: domain.md §1.3. Laws: L5, L7.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from gateway.core.netting import FINAL, RELEASED, InstructionState
from gateway.core.sessions import ONE_DAY, Calendar


class BreakKind(StrEnum):
    """Why cash and instructions do not agree; the first that applies, in this order."""

    UNKNOWN = "UNKNOWN"
    """No instruction that stands is meant."""
    DUPLICATE = "DUPLICATE"
    """The instruction was advised before."""
    CURRENCY = "CURRENCY"
    """Another currency moved."""
    AMOUNT = "AMOUNT"
    """Another amount moved, or the other way."""
    DATE = "DATE"
    """It moved on another day."""
    MISSING = "MISSING"
    """The day of an instruction passed, and no money was advised."""


@dataclass(frozen=True, slots=True)
class CashAdvice:
    """A bank tells that money of a party has moved."""

    sender: Annotated[str, "bank that states it"]
    advice_id: Annotated[str, "the bank's own name of the advice"]
    counterparty: Annotated[str, "party that paid or was paid"]
    currency: Annotated[str, "ISO 4217 code"]
    value_date: Annotated[date, "day the money moved"]
    amount_minor: Annotated[int, "minor units, positive: the party paid"]
    reference: Annotated[str, "instruction it belongs to; empty if the bank does not know"]
    recorded_at: Annotated[int, "UTC microseconds: broker stamp"]

    @property
    def name(self) -> str:
        """What it is called among all advices."""
        return f"{self.sender}/{self.value_date}/{self.advice_id}"


@dataclass(frozen=True, slots=True)
class CashBreak:
    """Cash and instructions do not agree; open until something resolves it."""

    break_id: Annotated[str, "the party, and the advice's name or MISSING and the instruction"]
    kind: Annotated[BreakKind, "category"]
    instruction_id: Annotated[str, "instruction it is about; empty if there is none"]
    counterparty: Annotated[str, "party that pays or is paid"]
    currency: Annotated[str, "ISO 4217 code of what moved, or should have"]
    expected_minor: Annotated[int, "minor units that should have moved; 0 if nothing should"]
    advised_minor: Annotated[int, "minor units that moved; 0 if nothing was advised"]
    since: Annotated[date, "value date of the advice, or the instruction's day: age counts from it"]
    opened: Annotated[date, "session in which it was found"]
    advice: Annotated[CashAdvice | None, "the advice, if there is one"]


@dataclass(frozen=True, slots=True)
class AdviceMatched:
    """An advice agrees with an instruction, or takes back what an earlier one said."""

    advice: Annotated[CashAdvice, "the advice"]
    instruction_id: Annotated[str, "instruction it settles; empty if it resolves a break"]
    resolves: Annotated[str, "break whose money it sends back; empty if it settles"]


@dataclass(frozen=True, slots=True)
class BreakClosed:
    """A break is resolved."""

    break_id: Annotated[str, "which break"]
    session: Annotated[date, "session in which it was resolved"]
    by: Annotated[str, "name of the advice, who said what of the instruction, or who decided it"]


@dataclass(frozen=True, slots=True)
class Expected:
    """An instruction as a bank's advice is held against it."""

    instruction_id: str
    counterparty: str
    currency: str
    settlement_date: date
    amount_minor: int
    state: InstructionState
    advised: bool

    @property
    def stands(self) -> bool:
        """Whether money can still be meant for it, or has moved for it."""
        return self.state not in RELEASED and self.state is not InstructionState.ISSUED


@dataclass(frozen=True, slots=True)
class Finding:
    """What an advice is.

    Attributes:
        instruction_id: The instruction it is about; empty if there is none.
        kind: What is wrong, None if it is exact or sends money back.
        resolves: Break whose money it sends back.
        expected_minor: What should have moved.
    """

    instruction_id: str
    kind: BreakKind | None
    resolves: str = ""
    expected_minor: int = 0


def judge(
    advice: CashAdvice, instructions: Iterable[Expected], breaks: Iterable[CashBreak]
) -> Finding:
    """What an advice is: exact, a payment back, or a break of one category.

    Args:
        advice: The advice.
        instructions: Those of the party, in any order.
        breaks: Breaks that are open, in any order.

    Returns:
        An advice without a reference means the first instruction, by day and id, that agrees with
        it, or else one of the same amount that differs in day or currency alone.

    Source: domain.md §1.3. Laws: L4, L5.
    """
    standing = sorted(
        (e for e in instructions if e.counterparty == advice.counterparty and e.stands),
        key=lambda each: (each.settlement_date, each.instruction_id),
    )
    if advice.reference:
        standing = [each for each in standing if each.instruction_id == advice.reference]
    free = [each for each in standing if not each.advised]
    exact = next((each for each in free if not _differs(advice, each)), None)
    if exact is not None:
        return Finding(exact.instruction_id, None, "", exact.amount_minor)
    back = _sends_back(advice, breaks)
    if back is not None:
        return Finding("", None, back.break_id)
    return _nearest(advice, standing, free)


def _differs(advice: CashAdvice, each: Expected) -> list[BreakKind]:
    """In what an advice and an instruction do not agree, in the order of `BreakKind`."""
    pairs = (
        (BreakKind.CURRENCY, advice.currency, each.currency),
        (BreakKind.AMOUNT, advice.amount_minor, each.amount_minor),
        (BreakKind.DATE, advice.value_date, each.settlement_date),
    )
    return [kind for kind, said, right in pairs if said != right]


def _sends_back(advice: CashAdvice, breaks: Iterable[CashBreak]) -> CashBreak | None:
    """The oldest open break of money too much that an advice takes back to the cent."""
    taken = [
        each
        for each in breaks
        if each.kind in (BreakKind.UNKNOWN, BreakKind.DUPLICATE)
        and (each.counterparty, each.currency) == (advice.counterparty, advice.currency)
        and each.advised_minor == -advice.amount_minor
        and each.advice is not None
        and each.advice.reference == advice.reference
    ]
    return min(taken, key=lambda each: (each.since, each.break_id), default=None)


def _nearest(advice: CashAdvice, standing: Sequence[Expected], free: Sequence[Expected]) -> Finding:
    """The break that an advice is which agrees with no instruction."""
    again = next((e for e in standing if e.advised and not _differs(advice, e)), None)
    if advice.reference and standing and standing[0].advised:
        again = standing[0]
    if again is not None:
        return Finding(again.instruction_id, BreakKind.DUPLICATE)
    # Without a reference it is the amount by which an instruction is known.
    one = ([BreakKind.DATE], [BreakKind.CURRENCY])
    meant = [each for each in free if advice.reference or _differs(advice, each) in one]
    if not meant:
        return Finding("", BreakKind.UNKNOWN)
    kind = _differs(advice, meant[0])[0]
    return Finding(meant[0].instruction_id, kind, "", meant[0].amount_minor)


def is_missing(each: Expected, opened: date) -> bool:
    """Whether an instruction's day has passed without an advice, once a session opens.

    What its receiver has settled, rejected or agreed to cancel is not awaited any more.

    Source: domain.md §1.3.
    """
    awaited = each.amount_minor != 0 and not each.advised and each.state not in FINAL
    return awaited and each.settlement_date < opened


def is_resolved(each: CashBreak, state: InstructionState, settled_minor: int) -> bool:
    """Whether what is said of its instruction resolves a break.

    Args:
        each: An open break about the instruction.
        state: State the instruction is in now.
        settled_minor: What was settled of it so far, without direction.

    Returns:
        A missing payment is no longer awaited once the instruction is final; one of another day
        is right once it is settled; another amount is right if so much was settled.

    Source: domain.md §1.3.
    """
    match each.kind:
        case BreakKind.MISSING:
            return state in FINAL
        case BreakKind.DATE:
            return state is InstructionState.SETTLED
        case BreakKind.AMOUNT:
            same_way = (each.advised_minor > 0) == (each.expected_minor > 0)
            part = state is InstructionState.PARTIALLY_SETTLED
            return part and same_way and abs(each.advised_minor) == settled_minor
    return False


def age_in_business_days(calendar: Calendar, since: date, day: date) -> int:
    """Bank days from the day a break counts from up to a day; 0 on that day and before.

    Days before the calendar begins do not count.

    Source: domain.md §1.3, §8.
    """
    days, since = 0, max(since, calendar.first)
    while since < day:
        since += ONE_DAY
        days += calendar.is_bank_day(since)
    return days

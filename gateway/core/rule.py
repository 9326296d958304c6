"""What a rule of the trade is: a function of the core, and what has to be said about it.

A rule is named in the trade's words and points at the function that is the rule, so that it
cannot outlive it. Its source and the golden scenarios it answers are read from the function's
docstring and are written nowhere else. Terms are named `Record.field`, as in `FundTerms.swing`,
and explained by the record's own words.

Not here: the rules themselves (`rules` lists them), where they are tested and which desks
apply them (`gateway rules` looks).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from inspect import getdoc
from typing import get_args, get_type_hints

from gateway.core.book import (
    CalendarTerms,
    CommitmentTerms,
    FeeTerms,
    FundTerms,
    PlanTerms,
    SleeveTerms,
)
from gateway.core.cash_needs import BufferTerms
from gateway.core.dilution import SwingTerms
from gateway.core.eligibility import (
    Agreement,
    Blackout,
    ClosedPeriod,
    FundMapping,
    PlanQualification,
)
from gateway.core.fee_terms import ExpenseCap, PerformanceFeeTerms
from gateway.core.gates import GateTerms
from gateway.core.limits import Limit
from gateway.core.liquidity import GateCap, Suspension
from gateway.core.performance_fees import PerformanceTerms
from gateway.core.redemption_needs import BandTerms
from gateway.core.repurchases import Offer

_SOURCE = re.compile(r"\bSource: (.*?)(?:\s+Laws?: |\n\s*\n|\Z)", re.DOTALL)
_LAW = re.compile(r"\bLaws?: (.*?)(?:\n\s*\n|\Z)", re.DOTALL)
_GOLDEN = re.compile(r"\bG([0-9]{2})(?:(?: to |-)G([0-9]{2}))?\b")

BOOK_RECORDS = (
    FundTerms, SleeveTerms, PlanTerms, Limit, CommitmentTerms, FeeTerms, PerformanceFeeTerms,
    ExpenseCap, SwingTerms, CalendarTerms, GateTerms, GateCap, Suspension, Offer,
    Agreement, PlanQualification, ClosedPeriod, Blackout, FundMapping, BandTerms, BufferTerms,
)  # fmt: skip
"""What a book file states; desks know it."""

ASKED_RECORDS = (PerformanceTerms,)
"""Terms of rules that are asked one by one: no fund of the book has them."""

_RECORDS = {record.__name__: record for record in (*BOOK_RECORDS, *ASKED_RECORDS)}


class Area(StrEnum):
    """What a rule is about."""

    CALENDARS = "calendars"
    ORDERS = "orders"
    LIMITS = "limits"
    VALUATION = "valuation"
    PRICES = "prices"
    FEES = "fees"
    LIQUIDITY = "liquidity"
    REPURCHASES = "repurchases"
    CAPITAL = "capital"
    SETTLEMENT = "settlement"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the trade.

    Attributes:
        name: What people of the trade call it.
        function: The function or property that is the rule.
        area: What it is about.
        formula: What it says, in a line.
        switch: Terms without which it never acts; it always does if there are none.
        terms: Terms that set its figures.
        stories: Scenario files in which it acts, beside the golden ones it answers.
        twin: The function by which desks do the same to many at once or in other terms; the
            rule is its exact reference, and a test holds the one against the other.
    """

    name: str
    function: Callable[..., object] | property
    area: Area
    formula: str
    switch: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    stories: tuple[str, ...] = ()
    twin: str = ""

    @property
    def called(self) -> Callable[..., object]:
        """The function itself; of a property, the one that is called."""
        if not isinstance(self.function, property):
            return self.function
        assert self.function.fget is not None, f"{self.name} cannot be read"
        return self.function.fget

    @property
    def where(self) -> str:
        """The function's module and name, such as `gateway.core.limits.grant`."""
        return f"{self.called.__module__}.{self.called.__qualname__}"

    @property
    def short(self) -> str:
        """The same without the rooms, such as `limits.grant`."""
        return self.where.removeprefix("gateway.core.")

    @property
    def docstring(self) -> str:
        """What the function says of itself."""
        return getdoc(self.called) or ""

    @property
    def source(self) -> str:
        """Where the rule comes from; empty if its docstring does not say."""
        return source_of(self.docstring)

    @property
    def law(self) -> str:
        """The laws of the gateway that it keeps, such as `L1`; empty if it names none."""
        found = _LAW.search(self.docstring)
        return "" if found is None else _line(found[1])

    @property
    def goldens(self) -> tuple[str, ...]:
        """The golden scenarios that its source names, such as `G11`, sorted."""
        return goldens_in(self.source)

    @property
    def is_of_the_book(self) -> bool:
        """Whether all its terms are ones that a book file states."""
        own = {record.__name__ for record in BOOK_RECORDS}
        return all(term.partition(".")[0] in own for term in (*self.switch, *self.terms))


def source_of(docstring: str) -> str:
    """What stands after `Source:` in a docstring, in one line without its full stop."""
    found = _SOURCE.search(docstring)
    return "" if found is None else _line(found[1])


def _line(text: str) -> str:
    return " ".join(text.split()).removesuffix(".")


def goldens_in(text: str) -> tuple[str, ...]:
    """The golden scenarios a text names, `G01 to G03` being three of them, sorted."""
    found: set[int] = set()
    for first, last in _GOLDEN.findall(text):
        found.update(range(int(first), int(last or first) + 1))
    return tuple(f"G{number:02d}" for number in sorted(found))


@cache
def term_meaning(term: str) -> str:
    """What a term such as `FundTerms.tolerance` means, in the words of its record.

    Raises:
        ValueError: No record has such a term.
    """
    record, _, name = term.partition(".")
    if record not in _RECORDS:
        raise ValueError(f"{term}: no terms are called {record}")
    hints = get_type_hints(_RECORDS[record], include_extras=True)
    if name not in hints:
        raise ValueError(f"{term}: {record} has no field {name}")
    said = [each for each in get_args(hints[name]) if isinstance(each, str)]
    return said[0] if said else ""

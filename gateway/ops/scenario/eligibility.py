"""Terms that rows about who may order what stand for.

Not here: the words of these rows (`words_eligibility`), the book they make (`world`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TypedDict

from gateway.core.eligibility import (
    Agreement,
    Blackout,
    ClosedPeriod,
    FundMapping,
    PlanQualification,
    Qualification,
    Side,
)
from gateway.core.vocabulary import OrderKind
from gateway.ops.scenario.words import Row
from gateway.ops.scenario.words_eligibility import ELIGIBILITY

WORDS = frozenset(word.name for word in ELIGIBILITY)


class OfPlan(TypedDict):
    """What rows state of a plan."""

    agreements: tuple[Agreement, ...]
    qualifications: tuple[PlanQualification, ...]
    blackouts: tuple[Blackout, ...]
    mappings: tuple[FundMapping, ...]


class OfFund(TypedDict):
    """What rows state of a fund."""

    qualification: Qualification
    minimum_purchase_minor: int
    minimum_sale_minor: int
    closed: tuple[ClosedPeriod, ...]


def with_row(rows: Iterable[Row], row: Row) -> list[Row]:
    """The rows with one more; it takes the place of one about the same, from the same session."""
    return [each for each in rows if _key(each) != _key(row)] + [row]


def _key(row: Row) -> tuple[object, ...]:
    names = ("fund", "kind", "side", "plan", "first")
    return (row.word.name, *(row.values.get(name) for name in names))


def _last(row: Row) -> date | None:
    return row.day("last", date.max) if row.has("last") else None


def plan_eligibility(rows: Iterable[Row], plan: str) -> OfPlan:
    """What the rows state of a plan."""
    mine = [row for row in rows if row.text("plan", plan) == plan]
    return OfPlan(
        agreements=tuple(
            Agreement(row.text("fund"), row.day("first", date.min), _last(row))
            for row in _of(mine, "agreement")
        ),
        qualifications=tuple(
            PlanQualification(
                Qualification(row.text("kind")), row.day("first", date.min), _last(row)
            )
            for row in _of(mine, "qualified")
        ),
        blackouts=tuple(
            Blackout(
                row.day("first", date.min), row.day("last", date.min), tuple(row.names("funds")),
                tuple(OrderKind(kind) for kind in row.names("stops")),
            )
            for row in _of(mine, "blackout")
        ),
        mappings=tuple(
            FundMapping(row.text("fund"), row.text("into"), row.day("first", date.min))
            for row in _of(mine, "mapping")
        ),
    )  # fmt: skip


def fund_eligibility(rows: Iterable[Row], fund: Row) -> OfFund:
    """What the rows, and the fund's own, state of a fund."""
    name = fund.text("fund")
    return OfFund(
        qualification=Qualification(fund.text("qualification", "NONE")),
        minimum_purchase_minor=fund.number("minimum_purchase"),
        minimum_sale_minor=fund.number("minimum_sale"),
        closed=tuple(
            ClosedPeriod(Side(row.text("side")), row.day("first", date.min), _last(row))
            for row in _of(rows, "fund_closed")
            if row.text("fund") == name
        ),
    )


def _of(rows: Iterable[Row], word: str) -> Iterator[Row]:
    return (row for row in rows if row.word.name == word)


def named(row: Row) -> list[tuple[Row, str, str]]:
    """The funds and the plan that a row names."""
    funds = [row.text("fund"), row.text("into"), *row.names("funds")]
    return [*((row, "fund", fund) for fund in funds), (row, "plan", row.text("plan"))]

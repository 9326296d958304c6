"""What cannot stand of the dated terms of plans and funds, whoever states them.

Not here: the terms (`eligibility`), faults of the rest of a book change (its readers).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from gateway.core.book import FundTerms, PlanTerms
from gateway.core.eligibility import FundMapping, mapped_to

Fault = tuple[tuple[str | int, ...], str]
"""The field of the record, and what is wrong with it."""


def fund_faults(fund: FundTerms) -> Iterator[Fault]:
    """Times that end before they begin, and minimums below zero."""
    for number, period in enumerate(fund.closed):
        yield from _backwards(("closed", number), period.first, period.last)
    for name in ("minimum_purchase_minor", "minimum_sale_minor"):
        if getattr(fund, name) < 0:
            yield (name.removesuffix("_minor"),), f"{getattr(fund, name)} is below zero"


def plan_faults(plan: PlanTerms, funds: Collection[str]) -> Iterator[Fault]:
    """Names that are nobody's, times that end before they begin, mappings in a circle.

    Args:
        plan: The plan's terms.
        funds: Every fund of the book.
    """
    for number, agreement in enumerate(plan.agreements):
        at: tuple[str | int, ...] = ("agreements", number)
        if agreement.fund_id not in plan.funds:
            yield (*at, "fund"), f"{agreement.fund_id} is not among the plan's funds"
        yield from _backwards(at, agreement.first, agreement.last)
    for number, papers in enumerate(plan.qualifications):
        yield from _backwards(("qualifications", number), papers.as_of, papers.valid_until)
    for number, blackout in enumerate(plan.blackouts):
        at = ("blackouts", number)
        yield from _backwards(at, blackout.first, blackout.last)
        for place, name in enumerate(blackout.funds):
            if name not in funds:
                yield (*at, "funds", place), f"fund {name} is not in the book"
    yield from _mappings(plan, funds)


def _mappings(plan: PlanTerms, funds: Collection[str]) -> Iterator[Fault]:
    for number, mapping in enumerate(plan.mappings):
        at = ("mappings", number)
        if mapping.from_fund not in funds:
            yield (*at, "from_fund"), f"fund {mapping.from_fund} is not in the book"
        if mapping.to_fund not in plan.funds:
            yield (*at, "to_fund"), f"{mapping.to_fund} is not among the plan's funds"
        if is_circle(plan.mappings, mapping):
            text = f"{mapping.to_fund} leads back to {mapping.from_fund}: mappings in a circle"
            yield (*at, "to_fund"), text


def is_circle(mappings: Collection[FundMapping], mapping: FundMapping) -> bool:
    """Whether a fund is led back to itself from some session on."""
    days = sorted({each.first for each in mappings if each.first >= mapping.first})
    return mapping.to_fund == mapping.from_fund or any(
        _comes_back(mappings, mapping.from_fund, day) for day in days
    )


def _comes_back(mappings: Collection[FundMapping], fund_id: str, on: date) -> bool:
    last = mapped_to(mappings, fund_id, on)
    return last != fund_id and mapped_to(mappings, last, on) != last


def _backwards(at: tuple[str | int, ...], first: date, last: date | None) -> Iterator[Fault]:
    if last is not None and last < first:
        yield (
            (*at, "last" if at[0] != "qualifications" else "valid_until"),
            (f"{last} is before {first}"),
        )

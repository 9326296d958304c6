"""What a book says of who may order what: read from a file, and refused where it cannot stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.core.book import BookChange, FundTerms, PlanTerms
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
from gateway.errors import ConfigError
from gateway.ops.book.file import read_book
from tests.day.market_day import book
from tests.day.test_book_change import answers
from tests.ops.test_book import WHOLE, applied, docker_home, file, fresh

BEFORE, DAY = date(2026, 11, 23), date(2026, 11, 24)


def said(tmp_path: Path, was: str, is_now: str) -> BookChange:
    assert WHOLE.count(was) == 1, was
    return read_book(file(tmp_path, WHOLE.replace(was, is_now))).change


def test_a_file_says_what_a_fund_asks_of_investors(tmp_path: Path) -> None:
    text = WHOLE.replace("qualification: NONE ", "qualification: QUALIFIED_PURCHASER ")
    text = text.replace("minimum_purchase: 0.00", "minimum_purchase: 1,000.00")
    text = text.replace("closed: [] ", "closed: [{side: SALES, first: 2026-12-01}] ")
    fund = read_book(file(tmp_path, text)).change.funds[1]
    assert fund.qualification is Qualification.QUALIFIED_PURCHASER
    assert (fund.minimum_purchase_minor, fund.minimum_sale_minor) == (1_000_00, 0)
    assert fund.closed == (ClosedPeriod(Side.SALES, date(2026, 12, 1), None),)


def test_a_file_says_what_a_plan_may_and_when(tmp_path: Path) -> None:
    blackout = "blackouts: [{first: 2026-12-01, last: 2026-12-03, funds: [MA_ALT]}]"
    text = WHOLE.replace("blackouts: []", blackout)
    mapping = "mappings: [{from_fund: MA_ALT, to_fund: TDF_2045, first: 2026-12-02}]"
    plan = read_book(file(tmp_path, text.replace("mappings: []", mapping))).change.plans[2]
    assert plan.agreements == (Agreement("MA_ALT", date(2026, 1, 2), None),)
    assert plan.qualifications == (
        PlanQualification(Qualification.ACCREDITED, date(2026, 1, 2), date(2027, 12, 31)),
    )
    assert plan.blackouts == (
        Blackout(date(2026, 12, 1), date(2026, 12, 3), ("MA_ALT",),
                 (OrderKind.EXCHANGE, OrderKind.DISTRIBUTION)),
    )  # fmt: skip
    assert plan.mappings == (FundMapping("MA_ALT", "TDF_2045", date(2026, 12, 2)),)


def test_a_minimum_is_no_negative_amount(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"minimum_sale: '-1\.00' is below zero"):
        said(tmp_path, "minimum_sale: 0.00", "minimum_sale: -1.00")


@pytest.mark.parametrize(
    ("was", "is_now", "named"),
    [
        ("- {fund: MA_ALT, first: 2026-01-02}", "- {fund: MA_AL, first: 2026-01-02}",
         "plans.PLN-3.agreements[0].fund: MA_AL is not among the plan's funds"),
        ("valid_until: 2027-12-31", "valid_until: 2025-12-31",
         "plans.PLN-3.qualifications[0].valid_until: 2025-12-31 is before 2026-01-02"),
        ("blackouts: []", "blackouts: [{first: 2026-12-01, last: 2026-12-03, funds: [GONE]}]",
         "plans.PLN-3.blackouts[0].funds[0]: fund GONE is not in the book"),
        ("mappings: []", "mappings: [{from_fund: MA_ALT, to_fund: NEW, first: 2026-12-02}]",
         "plans.PLN-3.mappings[0].to_fund: NEW is not among the plan's funds"),
        ("closed: [] ", "closed: [{side: SALES, first: 2026-12-02, last: 2026-12-01}] ",
         "funds.MA_ALT.closed[0].last: 2026-12-01 is before 2026-12-02"),
    ],
)  # fmt: skip
def test_names_and_times_that_cannot_stand_are_named_with_their_line(
    tmp_path: Path, was: str, is_now: str, named: str
) -> None:
    home = docker_home(tmp_path)
    assert WHOLE.count(was) == 1, was
    with pytest.raises(ConfigError) as told:
        applied(fresh(home), home, file(tmp_path, WHOLE.replace(was, is_now)))
    assert named in str(told.value)


def plan_with(**changes: object) -> BookChange:
    whole = book()
    plan: PlanTerms = replace(whole.plans[0], **changes)  # type: ignore[arg-type]
    return replace(whole, plans=(plan,))


def fund_with(**changes: object) -> BookChange:
    whole = book()
    fund: FundTerms = replace(whole.funds[0], **changes)  # type: ignore[arg-type]
    return replace(whole, funds=(fund, *whole.funds[1:]))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (plan_with(agreements=(Agreement("NONE", DAY),)),
         "plan PLN-1: agreements.0.fund: NONE is not among the plan's funds"),
        (plan_with(agreements=(Agreement("LIQ", DAY, BEFORE),)),
         "plan PLN-1: agreements.0.last: 2026-11-23 is before 2026-11-24"),
        (plan_with(blackouts=(Blackout(DAY, DAY, ("NONE",)),)),
         "plan PLN-1: blackouts.0.funds.0: fund NONE is not in the book"),
        (plan_with(mappings=(FundMapping("NONE", "LIQ", DAY),)),
         "plan PLN-1: mappings.0.from_fund: fund NONE is not in the book"),
        (plan_with(mappings=(FundMapping("LIQ", "LIQ", DAY),)),
         "plan PLN-1: mappings.0.to_fund: LIQ leads back to LIQ: mappings in a circle"),
        (fund_with(minimum_sale_minor=-1), "fund TDF_2045: minimum_sale: -1 is below zero"),
        (fund_with(closed=(ClosedPeriod(Side.SALES, DAY, BEFORE),)),
         "fund TDF_2045: closed.0.last: 2026-11-23 is before 2026-11-24"),
    ],
)  # fmt: skip
def test_intake_refuses_what_cannot_stand(change: BookChange, named: str) -> None:
    assert answers(change) == [("REJECTED", ("BOOK_REFERENCE",), named)]


def test_intake_takes_what_stands() -> None:
    whole = plan_with(
        agreements=(Agreement("MA_ALT", DAY),), blackouts=(Blackout(DAY, DAY),),
        mappings=(FundMapping("TDF_2045", "LIQ", DAY),),
        qualifications=(PlanQualification(Qualification.ACCREDITED, DAY),),
    )  # fmt: skip
    assert [verdict for verdict, _, _ in answers(whole)] == ["ACCEPTED"]

"""What a book file says of reports of passive breaches."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.core.book import BookChange
from gateway.core.limits import Limit
from gateway.errors import ConfigError
from gateway.ops.book.file import read_book
from tests.ops.test_book import WHOLE, file

LIMIT = "on_excess: TRIM, cure_days: 90}"


def edited(folder: Path, more: str, *, was: str = LIMIT) -> BookChange:
    assert WHOLE.count(was) == 1, was
    return read_book(file(folder, WHOLE.replace(was, f"{was[:-1]}, {more}}}"))).change


def days(limit: Limit) -> tuple[int, int, int]:
    return limit.report_days, limit.plan_days, limit.report_again_days


def test_a_funds_limit_asks_for_the_reports_it_states(tmp_path: Path) -> None:
    change = edited(tmp_path, "report_days: 1, plan_days: 10, report_again_days: 30")
    assert days(change.funds[0].limit) == (1, 10, 30)
    assert days(change.funds[1].limit) == (0, 0, 0)


@pytest.mark.parametrize(
    ("more", "named"),
    [("report_days: -1", "funds.TDF_2045.limit.report_days"),
     ("plan_days: ten", "funds.TDF_2045.limit.plan_days"),
     ("report_again_days: 3651", "funds.TDF_2045.limit.report_again_days")],
)  # fmt: skip
def test_days_are_counted_from_none_to_ten_years(tmp_path: Path, more: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        edited(tmp_path, more)


def test_a_limit_of_a_plan_asks_for_no_reports(tmp_path: Path) -> None:
    was = "participant_limit: {id: P15, cap: 15%}"
    with pytest.raises(ConfigError, match=r"participant_limit\.report_days: no such field"):
        edited(tmp_path, "report_days: 1", was=was)

"""Law L2 of passive breaches: a breach not seen, a report not asked for, on a wrong day, untold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.core.breach_events import BreachReviewed, ReportDue, ReportFiled, ReportOverdue
from gateway.core.breach_reports import ReportKind
from gateway.core.breaches_reported import reports_asked
from gateway.core.events import SleevesBalanced
from tests.laws.stories import journals, story

Change = Callable[[object], list[object]]
REPORTED, UNCURED = "passive_breach_reports", "breach_not_cured_in_time"


def found(name: str, number: int, change: Change | None = None) -> str:
    told = []
    for events in journals(story(name, number), "fund"):
        every = [new for event in events for new in (change(event) if change else [event])]
        told += [str(each) for each in reports_asked("fund", every)]
    return "\n".join(told)


@pytest.mark.parametrize(
    ("name", "number"),
    [(REPORTED, 0), (REPORTED, 1), (REPORTED, 2), (UNCURED, 0), (UNCURED, 1),
     ("g14_passive_breach_and_cure", 0), ("limit_counts_unfunded", 0), ("a_bad_quarter", 0)],
)  # fmt: skip
def test_nothing_is_found_in_a_story_as_it_was_decided(name: str, number: int) -> None:
    assert found(name, number) == ""


def without(kind: type, report: ReportKind | None = None) -> Change:
    def change(event: object) -> list[object]:
        gone = isinstance(event, kind) and (
            report is None or getattr(event, "report").kind is report  # noqa: B009
        )
        return [] if gone else [event]

    return change


@pytest.mark.parametrize("report", list(ReportKind))
def test_a_report_that_did_not_fall_due_is_found(report: ReportKind) -> None:
    name = UNCURED if report is ReportKind.OVERDUE_CURE else REPORTED
    assert f"the {report} report of" in found(name, 0, without(ReportDue, report))
    assert "is due by None" in found(name, 0, without(ReportDue, report))


def test_a_report_due_on_another_day_is_found() -> None:
    def a_day_later(event: object) -> list[object]:
        if not isinstance(event, ReportDue):
            return [event]
        report = replace(event.report, due=event.report.due + timedelta(days=1))
        return [replace(event, report=report)]

    assert "is due by 2026-10-14, its terms say 2026-10-13" in found(REPORTED, 0, a_day_later)


def test_a_report_that_nobody_asks_for_is_found() -> None:
    def twice(event: object) -> list[object]:
        if not isinstance(event, ReportDue) or event.report.kind is not ReportKind.INITIAL:
            return [event]
        report = replace(event.report, kind=ReportKind.CURED)
        return [event, replace(event, report=report)]

    assert "its terms say None" in found(REPORTED, 0, twice)


def test_an_overdue_report_that_nobody_was_told_of_is_found() -> None:
    untold = found(REPORTED, 0, without(ReportOverdue))
    assert "the CURE_PLAN report of 2026-10-09 is overdue and nobody was told" in untold
    assert "overdue and nobody was told" in found(REPORTED, 0, without(ReportFiled))


def test_a_breach_that_was_not_seen_or_not_seen_to_end_is_found() -> None:
    assert "since None" in found(REPORTED, 1, without(BreachReviewed))

    def never_over(event: object) -> list[object]:
        over = isinstance(event, BreachReviewed) and event.standing.value == "CURED"
        return [] if over else [event]

    assert "seen to be passed, and is not" in found(REPORTED, 1, never_over)


def test_a_purchase_under_a_limit_that_was_passed_before_it_is_found() -> None:
    def bought(event: object) -> list[object]:
        if isinstance(event, SleevesBalanced) and event.frozen:
            return [replace(event, granted_minor=1)]
        return [event]

    told = found(REPORTED, 1, bought)
    assert "TDF/MANAGER_BX 2026-11-09: 1 minor units were bought while" in told
    assert "TDF/FUND_CAP" in found(REPORTED, 0, bought)

"""Passive breaches and their reports, as people ask for them: then, now, and what is overdue."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from gateway.core.decisions import DecisionKind
from gateway.errors import ConfigError
from gateway.ops.decide.command import Wish, ask
from gateway.ops.decide.command import standing as decisions_of
from gateway.ops.doctor.desks import desk_checks
from gateway.ops.reading.orders import Asked
from gateway.ops.scenario.parser import parse
from gateway.ops.show.part import say
from tests.ops.bitemporal import Story, play
from tests.ops.stage import into

STORIES = Path(__file__).resolve().parents[1] / "scenarios"
REPORTED, UNCURED = "passive_breach_reports", "breach_not_cured_in_time"
BREACH = ("fund_id", "limit_id", "standing", "counted_minor", "total_minor", "days_left",
          "inflow_minor")  # fmt: skip
REPORT = ("report", "due", "state", "made")


@cache
def story(name: str, number: int = 0) -> Story:
    """A story of a file, played; tests only read it."""
    path = STORIES / f"{name}.day"
    return asyncio.run(play(parse(path.read_text("utf-8"), str(path))[number]))


def breaches(told: Story, asked: Asked) -> list[tuple[object, ...]]:
    return told.rows("breaches", "breaches", asked, *BREACH)


def reports(told: Story, asked: Asked) -> dict[object, tuple[object, ...]]:
    rows = told.rows("breaches", "reports", asked, *REPORT)
    return {name: tuple(rest) for name, *rest in rows}


def test_a_breach_is_shown_with_its_share_its_days_and_the_inflow_that_cures_it() -> None:
    open_then = breaches(story(REPORTED), Asked(as_of=date(2026, 10, 9)))
    assert open_then == [
        ("TDF", "FUND_CAP", "OPEN", 12_000_000_00, 78_000_000_00, 90, 2_000_000_00)
    ]
    assert breaches(story(REPORTED), Asked(as_of=date(2026, 10, 8))) == []
    over_now = breaches(story(REPORTED), Asked())
    assert over_now == [("TDF", "FUND_CAP", "CURED", 12_000_000_00, 80_000_000_00, None, None)]
    assert breaches(story(REPORTED), Asked(fund="OTHER")) == []


def test_a_report_is_due_then_overdue_then_made_in_time_after_all() -> None:
    told, plan = story(REPORTED), "CURE_PLAN"
    assert reports(told, Asked(as_of=date(2026, 10, 9))) == {
        "INITIAL": ("2026-10-13", "DUE", None), plan: ("2026-10-19", "DUE", None),
    }  # fmt: skip
    # When the strike of the 20th had told it, nobody knew of the plan of the 16th.
    then = Asked(as_of=date(2026, 10, 20))
    assert reports(told, told.known(then, 3))[plan] == ("2026-10-19", "OVERDUE", None)
    assert reports(told, then)[plan] == ("2026-10-19", "MADE", "2026-10-16")
    assert reports(told, Asked(as_of=date(2026, 10, 15)))[plan] == ("2026-10-19", "DUE", None)
    assert {name: state for name, (_, state, _) in reports(told, Asked()).items()} == {
        "INITIAL": "MADE", plan: "MADE", "FOLLOW_UP-1": "MADE", "CURED": "MADE",
    }  # fmt: skip


def test_who_entered_a_report_and_in_which_document_it_is() -> None:
    fields = ("report", "requested_by", "approved_by", "reference")
    rows = story(REPORTED).rows("breaches", "reports", Asked(session=date(2026, 10, 14)), *fields)
    assert rows == [
        ("INITIAL", "ana", "ben", "N-RN of 13 October"),
        ("CURE_PLAN", "", "", ""),
    ]


def test_a_report_that_was_made_late_says_so_and_days_left_go_below_zero() -> None:
    told = story(UNCURED)
    assert reports(told, Asked()) == {
        "INITIAL": ("2026-10-13", "LATE", "2026-11-10"),
        "OVERDUE_CURE": ("2026-11-10", "MADE", "2026-11-10"),
    }
    assert [row[5] for row in breaches(told, Asked(as_of=date(2026, 11, 9)))] == [-1]


def test_the_view_is_told_in_json_and_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    parts = list(asyncio.run(story(UNCURED).parts("breaches", Asked())).values())
    say("breaches", parts, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["breaches"]["rows"][0]["cure_by"] == "2026-11-08"
    assert told["reports"]["rows"][0]["reference"] == "N-RN 1"
    shown = parts[0].cells[0]
    assert shown[5:] == ("15.3846", "15.0000", "2026-11-08", "-4", "2,000,000.00")


def test_the_doctor_names_reports_that_are_overdue_until_they_are_entered() -> None:
    def check(told: Story) -> tuple[str, str]:
        checks = asyncio.run(desk_checks(told.stage.log, told.stage.gateway))
        (found,) = (each for each in checks if each.name == "reports")
        return found.state, found.text

    assert check(story(UNCURED)) == ("ok", "none of a passive breach is overdue")
    assert check(story(REPORTED, 2)) == (
        "warn", "overdue: TDF/FUND_CAP/2026-11-09/INITIAL (by 2026-11-10)"
    )  # fmt: skip


def test_a_cut_by_a_limit_on_what_is_bought_names_it() -> None:
    cuts = story(REPORTED, 1).rows("limits", "funds", Asked(), "limit_id", "frozen", "passed")
    assert cuts[0] == ("MANAGER_BX", True, ["MANAGER_BX since 2026-11-09"])


def test_a_report_that_was_made_names_its_document() -> None:
    told = story(UNCURED)
    wish = Wish(
        DecisionKind.REPORT_FILED, "TDF/FUND_CAP/2026-10-09/INITIAL", date(2026, 11, 10), "",
        "ana", "made",
    )  # fmt: skip
    with pytest.raises(ConfigError, match="a report names the document it is in"):
        asyncio.run(
            ask(told.stage.log, told.stage.gateway, wish, into(told.stage.log), dry_run=True)
        )


def test_the_list_of_decisions_has_what_was_answered_to_a_name_with_slashes() -> None:
    text = (
        "A report\n\ngiven\n  session  2026-11-09\n  fund  TDF  assets=100,000,000.00  "
        "target=12%\n  sleeve  TDF  PE_I  mark=12,000,000.00\n  cap  fund  11%  report_days=1\n"
        "\nwhen\n  close\n  close\n  decide  REPORT_FILED  TDF/FUND_CAP/2026-11-09/INITIAL  "
        "session=2026-11-10  reference=N-RN  name=TDF/FUND_CAP/INITIAL\n"
        "\nthen\n  replay  journal\n"
    )
    told = asyncio.run(play(parse(text, "a report")[0]))
    (found,) = asyncio.run(decisions_of(told.stage.log, told.stage.gateway))
    assert found.approved_by == "ben"
    assert found.asked.reference == "N-RN"
    assert "was made on 2026-11-10: N-RN" in found.answers[-1]

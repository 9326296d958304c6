"""`gateway show marks` and `gateway explain`: where each mark came from and what became of it."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from gateway.ops.explain.command import explained
from gateway.ops.explain.node import Node
from gateway.ops.reading.orders import Asked
from gateway.ops.show import say
from tests.ops.bitemporal import Story, story, told

STATE = ("statement", "use", "used_from", "used_to", "superseded_by")
TUESDAY, WEDNESDAY, FRIDAY = date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 27)


def lineage_story() -> Story:
    return story("lineage_of_a_mark")


def test_each_mark_says_whether_it_was_used_and_what_took_its_place() -> None:
    assert lineage_story().rows("marks", "marks", Asked(fund="TDF"), *STATE) == [
        ("", "SUPERSEDED", "2026-11-10", "2026-11-10", "Q3-EST"),
        ("Q3-EST", "SUPERSEDED", "2026-11-10", "2026-11-24", "Q3-APPR"),
        ("Q3-APPR", "SUPERSEDED", "2026-11-25", "2026-11-25", "Q3-FINAL"),
        ("AUGUST", "LATE", None, None, ""),
        ("Q3-FINAL", "USED", "2026-11-27", None, ""),
    ]


def test_a_mark_shows_its_whole_lineage_and_its_age() -> None:
    fields = ("measured", "received", "age_days", "lineage.method", "lineage.valued_by",
              "lineage.valuer", "lineage.approver", "independent")  # fmt: skip
    rows = lineage_story().rows("marks", "marks", Asked(as_of=WEDNESDAY), *fields)
    assert rows[0] == ("2026-06-30", None, 148, "AUDITED", "MANAGER", "Ash and Partners",
                       "advisory board", False)  # fmt: skip
    assert rows[2] == ("2026-09-30", "2026-11-24", 56, "APPRAISAL", "INDEPENDENT",
                       "Fair Value LLC", "trustee", True)  # fmt: skip


def test_a_true_up_shows_old_and_new_value_and_its_share_of_the_fund() -> None:
    fields = ("statement", "used_from", "estimate_minor", "trued_minor", "effect_minor",
              "effect_e6")  # fmt: skip
    rows = lineage_story().rows("marks", "true_ups", Asked(), *fields)
    # -300,000.00 of 100,100,000.00 are -29.97 basis points.
    assert rows[1] == ("Q3-APPR", "2026-11-25", 10_400_000_00, 10_100_000_00, -300_000_00, -2_997)
    assert len(rows) == 3


def test_marks_of_a_day_are_those_received_and_struck_by_its_end() -> None:
    found = {
        day: lineage_story().rows("marks", "marks", Asked(as_of=day), "statement", "use")
        for day in (date(2026, 11, 10), TUESDAY, WEDNESDAY)
    }
    assert found[date(2026, 11, 10)] == [("", "SUPERSEDED"), ("Q3-EST", "USED")]
    # Received on Tuesday evening, after the valuation cut-off.
    assert found[TUESDAY] == [("", "SUPERSEDED"), ("Q3-EST", "USED"), ("Q3-APPR", "WAITING")]
    assert found[WEDNESDAY] == [("", "SUPERSEDED"), ("Q3-EST", "SUPERSEDED"), ("Q3-APPR", "USED")]
    by_session = lineage_story().rows("marks", "marks", Asked(session=TUESDAY), "statement", "use")
    assert by_session == found[TUESDAY]


def test_what_was_known_when_the_estimate_stood_does_not_change() -> None:
    lineage = lineage_story()
    fields = ("statement", "use", "value_minor")
    then = lineage.rows("marks", "marks", lineage.known(Asked(), 1), *fields)
    assert then == [("", "SUPERSEDED", 10_000_000_00), ("Q3-EST", "USED", 10_400_000_00)]
    of_today = lineage.known(Asked(as_of=FRIDAY), 1)
    assert lineage.rows("marks", "marks", of_today, *fields) == then


def test_a_holding_says_how_old_its_newest_independent_value_is() -> None:
    fields = ("vehicle_id", "independent_on", "age_days", "within_days", "overdue")
    overdue = story("independent_value_overdue")
    day = Asked(as_of=date(2027, 1, 4))
    assert overdue.rows("marks", "holdings", day, *fields) == [
        ("PE_I", "2026-09-30", 96, 92, True)
    ]  # fmt: skip
    now = Asked(as_of=date(2027, 1, 6))
    assert overdue.rows("marks", "holdings", now, *fields) == [("PE_I", "2026-12-31", 6, 92, False)]


def test_a_purchase_that_an_overdue_value_stops_is_shown_with_the_reason() -> None:
    limits = asyncio.run(story("independent_value_overdue").parts("limits", Asked()))
    (cut,) = limits["funds"].cells
    assert cut[-1] == "frozen: an independent value is overdue"


def test_a_mark_of_another_manager_is_refused_and_one_of_a_held_nav_waits() -> None:
    text = """A mark by a stranger, and a NAV that nothing explains

given
  session  2026-11-24
  fund     TDF  assets=10,000,000.00
  sleeve   TDF  PE_I  mark=1,000,000.00
  fund     OTHER  assets=1,000,000.00
  sleeve   OTHER  X  mark=100,000.00  manager=STRANGER

when
  mark     PE_I  5,000,000.00  measured=2026-11-23  statement=TOO-HIGH
  mark     PE_I  1,000,000.00  measured=2026-11-23  statement=FOREIGN  sender=STRANGER
  close
  close
"""
    held = told(text)
    fields = ("statement", "sender", "use", "code")
    assert held.rows("marks", "marks", Asked(fund="TDF"), *fields) == [
        ("", "MANAGER", "USED", "NONE"),
        ("FOREIGN", "STRANGER", "REFUSED", "UNKNOWN_VEHICLE"),
        ("TOO-HIGH", "MANAGER", "WAITING", "NONE"),
    ]
    mine = held.rows("marks", "marks", Asked(sender="STRANGER"), "statement")
    assert mine == [("",), ("FOREIGN",)]


def test_marks_are_told_in_json_and_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    parts = asyncio.run(lineage_story().parts("marks", Asked()))
    say("marks", list(parts.values()), as_json=True)
    assert '"valued_by":"INDEPENDENT"' in capsys.readouterr().out.replace(" ", "")
    cells = {row[3]: row[9:] for row in parts["marks"].cells}
    assert tuple(cells["Q3-APPR"]) == (
        "INDEPENDENT: Fair Value LLC", "trustee",
        "SUPERSEDED from 2026-11-25 to 2026-11-25, then Q3-FINAL",
    )  # fmt: skip


def of_kind(node: Node, kind: str) -> list[Node]:
    found = [node] if node.kind == kind else []
    return found + [each for child in node.children for each in of_kind(child, kind)]


def explanation(told_story: Story, session: str) -> Node:
    words = ("NAV", f"TDF/{session}")
    return asyncio.run(
        explained(told_story.stage.log, told_story.stage.gateway, words, limit=50)
    )  # fmt: skip


def test_a_nav_explains_the_mark_behind_each_holding_years_later() -> None:
    lineage = lineage_story()
    (mark,) = of_kind(explanation(lineage, "2026-11-25"), "mark")
    assert mark.text == (
        "mark 10,100,000.00 USD of MANAGER, measured on 2026-09-30 (56 days old), received on "
        "2026-11-24: APPRAISAL by the independent valuer Fair Value LLC, approved by trustee, "
        "new in this NAV"
    )
    assert mark.facts["statement"] == "Q3-APPR"
    assert of_kind(mark, "message")
    (opening,) = of_kind(explanation(lineage, "2026-11-24"), "mark")
    assert "MODEL by the manager, approved by valuation committee" in opening.text


def test_a_nav_explains_how_old_the_newest_independent_value_is() -> None:
    overdue = story("independent_value_overdue")
    (said,) = of_kind(explanation(overdue, "2027-01-04"), "independence")
    assert said.text == (
        "newest independent value: measured on 2026-09-30, 96 days ago; overdue within 92 days"
    )
    (mark,) = of_kind(explanation(overdue, "2027-01-05"), "mark")
    assert "APPRAISAL by an independent valuer without a name" in mark.text
    (opening,) = of_kind(explanation(overdue, "2026-12-28"), "mark")
    assert "the opening value of the book: APPRAISAL by the independent" in opening.text

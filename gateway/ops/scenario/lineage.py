"""Where marks come from, in scenarios: cells of `mark` and `sleeve` rows, and what is seen of it.

Not here: the rows these cells stand in (`words_in`, `words_out`), the rules (`core.lineage`).
"""

from __future__ import annotations

from datetime import date

from gateway.core.events import SleeveValued
from gateway.core.lineage import (
    LONGEST_QUARTER_DAYS,
    Lineage,
    MarkMethod,
    ValuedBy,
    is_independence_overdue,
    received_date,
)
from gateway.core.sessions import Calendar
from gateway.ops.scenario.kinds import COUNT, DATE, NAME, TEXT, YES, choice
from gateway.ops.scenario.words import Field as F
from gateway.ops.scenario.words import Row, Values, Word, answer, cell

METHODS, VALUED_BY = choice(*MarkMethod), choice(*ValuedBy)

STATED = (
    F("method", METHODS, "how the value was arrived at", "UNSTATED"),
    F("valued_by", VALUED_BY, "whose value it is; an independent one counts with its `valuer`",
      "MANAGER"),
    F("valuer", TEXT, "who valued it", "not said"),
    F("approver", TEXT, "who approved it", "not said"),
)  # fmt: skip
"""Cells of a row that states a mark."""

SEEN = (
    F("statement", NAME, "the manager's name of that mark; empty for the opening"),
    F("received", DATE, "day that mark was received; none for the opening"),
    F("age", COUNT, "calendar days since it was measured"),
    F("method", METHODS, "how it was arrived at"), F("valued_by", VALUED_BY, "whose value it is"),
    F("valuer", TEXT, "who valued it"), F("approver", TEXT, "who approved it"),
    F("independent_on", DATE, "date the newest independent value was measured on"),
)  # fmt: skip
"""Cells of `valued` that say which mark stood behind the value."""

INDEPENDENCE = Word("independence", "Is an independent value overdue?", (
    cell("measured", DATE, "date the newest independent value was measured on"),
    cell("session", DATE, "session"),
    F("within", COUNT, "calendar days it may be old; 0: none is asked for",
      str(LONGEST_QUARTER_DAYS)),
    answer("days", COUNT, "its age"), answer("is", YES, "whether one is overdue"),
), key=2)  # fmt: skip
"""The question of an overdue value."""


def lineage_of(row: Row) -> Lineage:
    """The lineage a row states."""
    return Lineage(
        MarkMethod(row.text("method", MarkMethod.UNSTATED)),
        ValuedBy(row.text("valued_by", ValuedBy.MANAGER)),
        row.text("valuer"), row.text("approver"),
    )  # fmt: skip


def said(row: Row) -> Values:
    """The same as fields of an inbound record."""
    stated = lineage_of(row)
    return {"method": stated.method.value, "valued_by": stated.valued_by.value,
            "valuer": stated.valuer, "approver": stated.approver}  # fmt: skip


def seen_behind(event: SleeveValued, calendar: Calendar) -> Values:
    """What a strike says of the mark behind a holding's value."""
    behind = event.behind
    stamp, lineage = behind.recorded_at, behind.lineage
    return {
        "statement": behind.statement or None,
        "received": received_date(stamp, calendar.zone) if stamp else None,
        "age": (event.session - event.measurement_date).days, "method": lineage.method.value,
        "valued_by": lineage.valued_by.value, "valuer": lineage.valuer or None,
        "approver": lineage.approver or None, "independent_on": event.independent_on,
    }  # fmt: skip


def asked_independence(row: Row, calendar: Calendar) -> Values:
    """The answer to `independence`."""
    measured, session = row.day("measured", date.min), row.day("session", date.min)
    within = row.number("within", LONGEST_QUARTER_DAYS)
    return {"days": (session - measured).days,
            "is": is_independence_overdue(measured, session, within)}  # fmt: skip

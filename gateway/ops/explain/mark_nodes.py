"""The mark behind a holding's value: measured when, received when, by whom and how.

Not here: what it is worth at the session (`value`), the strikes themselves (`strikes`).
Source: domain.md §3.2, §5. Law: L4.
"""

from __future__ import annotations

from datetime import date

from gateway.core.lineage import (
    Lineage,
    MarkMethod,
    ValuedBy,
    is_independence_overdue,
    is_independent,
    received_date,
)
from gateway.core.marks import NavStruck
from gateway.ops.explain.node import Node, Rule
from gateway.ops.explain.strikes import SleeveView
from gateway.ops.explain.walk import money

MARK_RULE = Rule("recorded by the fund's valuation cut-off, so it counts", "law L4")
OPENING_RULE = Rule("the book's own, until a mark replaces it", "domain.md §3.2")
INDEPENDENT_RULE = Rule(
    "the newest independent value is not older than the holding's terms allow, or the NAV is an "
    "estimate", "domain.md §5",
)  # fmt: skip


def lineage_text(lineage: Lineage) -> str:
    """A lineage for people, as `APPRAISAL by the independent valuer X, approved by Y`."""
    how = "a value of unstated method" if lineage.method is MarkMethod.UNSTATED else lineage.method
    by = lineage.valuer or "the manager"
    if lineage.valued_by is ValuedBy.INDEPENDENT:
        named = f"the independent valuer {lineage.valuer}"
        by = named if is_independent(lineage) else "an independent valuer without a name"
    approved = lineage.approver and f"approved by {lineage.approver}"
    return f"{how} by {by}, {approved or 'no approver named'}"


def mark_node(sleeve: SleeveView, nav: NavStruck, zone: str, came: tuple[Node, ...]) -> Node:
    """The mark in force with its lineage; what asks for an independent value stands below it.

    Args:
        sleeve: The holding.
        nav: The NAV.
        zone: IANA zone of the calendar.
        came: The message the mark came in.
    """
    behind, age = sleeve.behind, (nav.session - sleeve.measured).days
    stamp = behind.recorded_at
    received = received_date(stamp, zone) if stamp else None
    came_how = f"received on {received}" if received else "the opening value of the book"
    return Node(
        "mark",
        f"mark {money(sleeve.mark_minor, nav.currency)} of {sleeve.terms.manager}, measured on "
        f"{sleeve.measured} ({age} days old), {came_how}: {lineage_text(behind.lineage)}"
        + (", new in this NAV" if sleeve.is_new else ""),
        rule=MARK_RULE if received else OPENING_RULE,
        facts={
            "mark_minor": sleeve.mark_minor, "measured": sleeve.measured, "received": received,
            "age_days": age, "stale_after_days": sleeve.terms.stale_after_days,
            "sender": behind.sender, "statement": behind.statement,
            "method": behind.lineage.method, "valued_by": behind.lineage.valued_by,
            "valuer": behind.lineage.valuer, "approver": behind.lineage.approver,
        },
        children=(*_independence(sleeve, nav.session), *came),
    )  # fmt: skip


def _independence(sleeve: SleeveView, session: date) -> tuple[Node, ...]:
    """How old the newest independent value is, where one is asked for."""
    within, measured = sleeve.terms.independent_within_days, sleeve.independent_on
    if not within:
        return ()
    overdue = is_independence_overdue(measured, session, within)
    age = None if measured is None else (session - measured).days
    said = "there is none" if measured is None else f"measured on {measured}, {age} days ago"
    return (
        Node(
            "independence",
            f"newest independent value: {said}; {'overdue' if overdue else 'in time'} within "
            f"{within} days",
            rule=INDEPENDENT_RULE,
            facts={"independent_on": measured, "age_days": age, "within_days": within,
                   "overdue": overdue},
        ),
    )  # fmt: skip

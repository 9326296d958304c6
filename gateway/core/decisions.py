"""What two people of operations decide: one asks, another approves, and it is a fact.

A request alone changes nothing. The approval repeats the request word for word under another
name; then the desk concerned gets the decision as `Approved`.

Not here: who is who (the topic of operations says it), what a desk does with a decision.
Source: domain.md §3.3, §6.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated


class DecisionKind(StrEnum):
    """What can be decided; what `subject`, `session` and `value` of it mean."""

    CLOSE_WITHOUT = "CLOSE_WITHOUT"
    """Close `session` without waiting longer for the recordkeeper `subject`."""
    RELEASE_NAV = "RELEASE_NAV"
    """Let the held NAV of the fund `subject` and `session` stand as it was struck."""
    OVERRIDE_NAV = "OVERRIDE_NAV"
    """Put `value`, scaled as the fund's NAVs are, for a held NAV of `subject` and `session`."""
    CANCEL_INSTRUCTION = "CANCEL_INSTRUCTION"
    """Take the instruction `subject` back; `value` is 0."""
    CORRECT_INSTRUCTION = "CORRECT_INSTRUCTION"
    """Replace the instruction `subject` by one of `value` minor units."""
    RETURN_CAPITAL = "RETURN_CAPITAL"
    """Let the fund `subject` return `value` minor units to its holders as `session` closes, a
    session to come; what waits at its gate lapses."""
    CLOSE_EARLY = "CLOSE_EARLY"
    """The exchange closed `session` unscheduled, `value` minutes after local midnight."""
    CORRECT_NAV = "CORRECT_NAV"
    """The NAV of the fund `subject` and `session` was wrong: `value`, scaled, was right."""
    CLOSE_BREAK = "CLOSE_BREAK"
    """What the cash break `subject` was about is settled otherwise; `value` is 0."""
    REPORT_FILED = "REPORT_FILED"
    """The report `subject` of a passive breach (fund/limit/since/report) was made on `session`,
    in the document `reference`; `value` is 0."""


class DecisionStep(StrEnum):
    """The two pairs of eyes."""

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"


@dataclass(frozen=True, slots=True)
class OperationsDecision:
    """One person's step: a request, or the approval that repeats it under another name."""

    sender: Annotated[str, "always operations"]
    batch_id: Annotated[str, "name of the decision; request and approval share it"]
    kind: Annotated[DecisionKind, "what is decided"]
    step: Annotated[DecisionStep, "which pair of eyes"]
    by: Annotated[str, "who; an approver is somebody else"]
    subject: Annotated[str, "what it is about, as the kind says"]
    session: Annotated[date, "session it concerns"]
    value: Annotated[int, "figure, as the kind says; 0 where it has none"]
    reason: Annotated[str, "why; names no participant"]
    reference: Annotated[str, "document behind it, where the kind has one"] = ""


@dataclass(frozen=True, slots=True)
class Approved:
    """A decision of two people, on its way to the desk it concerns."""

    batch_id: Annotated[str, "name of the decision"]
    kind: Annotated[DecisionKind, "what is decided"]
    subject: Annotated[str, "what it is about, as the kind says"]
    session: Annotated[date, "session it concerns"]
    value: Annotated[int, "figure, as the kind says"]
    requested_by: Annotated[str, "who asked"]
    approved_by: Annotated[str, "who approved"]
    reason: Annotated[str, "why; names no participant"]
    approved_at: Annotated[int, "UTC microseconds: broker stamp of the approval"]
    reference: Annotated[str, "document behind it, where the kind has one"] = ""

    def refused(self, detail: str) -> DecisionRefused:
        """What a desk decides that cannot carry it out."""
        return DecisionRefused(self.batch_id, self.kind, self.subject, self.session, detail)


@dataclass(frozen=True, slots=True)
class DecisionNoted:
    """Intake took a step of a decision; an approval ends the request."""

    decision: Annotated[OperationsDecision, "the step"]


@dataclass(frozen=True, slots=True)
class DecisionRefused:
    """A desk could not do what was decided; operations is told."""

    batch_id: Annotated[str, "name of the decision"]
    kind: Annotated[DecisionKind, "what was decided"]
    subject: Annotated[str, "what it was about"]
    session: Annotated[date, "session it concerned"]
    detail: Annotated[str, "why not, and what to do"]


@dataclass(frozen=True, slots=True)
class SenderLeftOut:
    """A session closes here without the rest of a recordkeeper's day."""

    sender: Annotated[str, "recordkeeper"]
    session: Annotated[date, "session"]
    batch_id: Annotated[str, "name of the decision"]
    lines: Annotated[int, "order lines of it that had come here; they stand"]
    amount_minor: Annotated[int, "minor units in them"]


@dataclass(frozen=True, slots=True)
class DeadlineMissed:
    """A recordkeeper's day was not complete at its deadline; it and operations are told."""

    sender: Annotated[str, "recordkeeper"]
    session: Annotated[date, "session"]
    at: Annotated[int, "UTC microseconds: the deadline"]


@dataclass(frozen=True, slots=True)
class SessionShortened:
    """The exchange closed a session early: orders received from then on get the next NAV."""

    session: Annotated[date, "session"]
    close_minutes: Annotated[int, "local minutes after midnight of the close"]
    cutoff_before: Annotated[int, "UTC microseconds of the close until now"]
    batch_id: Annotated[str, "name of the decision"]


@dataclass(frozen=True, slots=True)
class NavReleased:
    """Two people let a held NAV stand, or put another in its place."""

    fund_id: Annotated[str, "fund"]
    session: Annotated[date, "session whose NAV was held"]
    batch_id: Annotated[str, "name of the decision"]
    requested_by: Annotated[str, "who asked"]
    approved_by: Annotated[str, "who approved"]
    struck_nav: Annotated[int, "NAV as it was struck, scaled"]
    nav: Annotated[int, "NAV that stands, scaled"]
    reason: Annotated[str, "why; names no participant"]

"""How a desk's session follows from its calendar, and from changes of it.

A calendar change may close the very session a desk is in, announced the day before; the
desk then moves on to the next one, whenever the change reaches it.

Not here: what else opens or closes a session (the desks).
"""

from __future__ import annotations

from datetime import date

from gateway.core.book import Book, BookChange
from gateway.core.decisions import Approved, DecisionRefused, SessionShortened
from gateway.core.events import SessionAdvanced


def adopted(book: Book, session: date | None, change: BookChange) -> tuple[object, ...]:
    """The events of a book change: itself, and a move if it closes the desk's own session."""
    if session is None or change.calendar is None or change.session > session:
        return (change,)
    calendar = change.calendar.calendar()
    if calendar.is_session(session):
        return (change,)
    return (change, SessionAdvanced(session, calendar.next_session(session)))


def following(book: Book, closed: date) -> date:
    """The session after one, by the calendar that will be in force when it opens."""
    session = book.sessions.next_session(closed)
    while True:
        calendars = [
            change.calendar.calendar()
            for change in book.waiting
            if change.calendar is not None and change.session <= session
        ]
        moved = (calendars[-1] if calendars else book.sessions).next_session(closed)
        if moved == session:
            return session
        session = moved


def shortened(
    book: Book, session: date | None, approved: Approved
) -> SessionShortened | DecisionRefused:
    """What an unscheduled early close comes to, alike in every desk that has the calendar.

    Args:
        book: The desk's book.
        session: The session it is in, None before the first.
        approved: The decision.
    """
    day = approved.session
    if session is not None and day < session:
        return approved.refused(f"{day} is closed")
    if not book.sessions.is_session(day):
        return approved.refused(f"{day} is no session")
    before = book.sessions.cutoff_at(day)
    if not book.sessions.local_at(day, approved.value) < before:
        return approved.refused("that is not before the session's close")
    if approved.approved_at >= before:
        return approved.refused("the session's usual close had passed when it was approved")
    return SessionShortened(day, approved.value, before, approved.batch_id)

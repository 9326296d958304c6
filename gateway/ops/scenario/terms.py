"""Terms that cells of a row stand for.

Not here: which rows there are (`words_in`), the book they make (`world`).
"""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from gateway.core.book import CommitmentTerms
from gateway.core.calls import NOTICE_BUSINESS_DAYS, CallCalendar
from gateway.core.dilution import SwingTerms
from gateway.core.limits import ExcessPolicy, Limit, LimitScope
from gateway.core.money import Ratio
from gateway.ops.scenario.kinds import Share
from gateway.ops.scenario.words import Row

NOTHING = Share(Fraction(0))


def cap(row: Row, limit_id: str, scope: LimitScope) -> Limit:
    """The limit a `cap` row states."""
    soft = row.share("soft").ratio if row.has("soft") else None
    return Limit(
        limit_id, scope, row.share("cap").ratio, soft,
        ExcessPolicy(row.text("on_excess", "TRIM")), row.number("cure_days", 90),
    )  # fmt: skip


def swing(row: Row) -> SwingTerms | None:
    """When a fund's price swings, if it does."""
    if not row.has("swing_beyond"):
        return None
    return SwingTerms(
        ratio(row, "swing_beyond", NOTHING), ratio(row, "swing_by", NOTHING),
        bool(row.values.get("swing_up", False)),
    )  # fmt: skip


def calls(row: Row) -> CommitmentTerms | None:
    """What a holding may call, if it is a drawdown vehicle."""
    if not row.has("commitment"):
        return None
    return CommitmentTerms(
        row.number("commitment"), CallCalendar(row.text("calendar", "BANK")),
        row.number("notice_days", NOTICE_BUSINESS_DAYS),
    )  # fmt: skip


def ratio(row: Row, name: str, usual: Share) -> Ratio:
    """A share as the core knows it."""
    return (row.share(name) if row.has(name) else usual).ratio


def quarter_end(session: date) -> date:
    """The last day of the quarter before a session's."""
    first = date(session.year, session.month - (session.month - 1) % 3, 1)
    return first - timedelta(days=1)

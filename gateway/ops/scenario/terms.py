"""Terms that cells of a row stand for.

Not here: which rows there are (`words_in`), the book they make (`world`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from gateway.core.book import CommitmentTerms
from gateway.core.calls import NOTICE_BUSINESS_DAYS, CallCalendar
from gateway.core.cash_needs import BufferTerms
from gateway.core.dilution import SwingTerms
from gateway.core.limits import ExcessPolicy, Limit, LimitScope
from gateway.core.money import Ratio
from gateway.core.redemption_needs import BandTerms
from gateway.errors import ConfigError
from gateway.ops.scenario.kinds import Share
from gateway.ops.scenario.words import Row

NOTHING = Share(Fraction(0))


def cap(row: Row, limit_id: str, scope: LimitScope) -> Limit:
    """The limit a `cap` row states."""
    soft = row.share("soft").ratio if row.has("soft") else None
    return Limit(
        limit_id, scope, row.share("cap").ratio, soft,
        ExcessPolicy(row.text("on_excess", "TRIM")), row.number("cure_days", 90),
        counts_unfunded=bool(row.values.get("counts_unfunded", False)),
        report_days=row.number("report_days"), plan_days=row.number("plan_days"),
        report_again_days=row.number("report_again_days"),
    )  # fmt: skip


def limit_of(caps: Sequence[Row], scope: str, name: str) -> Limit:
    """The last cap given for a plan or fund; without one, all of it may be alternative."""
    about = "fund" if scope == "fund" else "plan"
    mine = [row for row in caps if row.text("scope") == scope]
    mine = [row for row in mine if row.text(about, name) == name]
    limit_id, kind = f"{scope.upper()}_CAP", LimitScope(scope.upper())
    if not mine:
        return Limit(limit_id, kind, Ratio(1, 1), None, ExcessPolicy.TRIM, 90)
    return cap(mine[-1], limit_id, kind)


def holding_limits(caps: Sequence[Row], name: str) -> tuple[Limit, ...]:
    """The caps of a fund on vehicles, managers, asset classes and issuers."""
    return tuple(
        replace(
            cap(row, f"{row.text('scope').upper()}_{row.text('about')}",
                 LimitScope(row.text("scope").upper())),
            about=row.text("about"),
        )
        for row in caps
        if row.has("about") and row.text("fund", name) == name
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
        row.number("notice_days", NOTICE_BUSINESS_DAYS), row.number("called"),
        row.number("called_outside"), row.number("recallable"), row.number("kept"),
    )  # fmt: skip


def band(row: Row) -> BandTerms | None:
    """The band of a fund's private holdings, if it has one."""
    if not row.has("band"):
        return None
    low, high = _shares(row, "band", 2)
    return BandTerms(low.ratio, high.ratio)


def buffer(row: Row) -> BufferTerms | None:
    """The band of a fund's liquid sleeve, if it has one."""
    if not row.has("buffer"):
        return None
    low, target, high = _shares(row, "buffer", 3)
    return BufferTerms(low.ratio, target.ratio, high.ratio)


def _shares(row: Row, name: str, count: int) -> list[Share]:
    shares = [each for each in row.several(name) if isinstance(each, Share)]
    if len(shares) != count or sorted(shares, key=lambda s: s.exact) != shares:
        raise ConfigError(f"line {row.line}: {name} is {count} shares, the lowest first")
    return shares


def ratio(row: Row, name: str, usual: Share) -> Ratio:
    """A share as the core knows it."""
    return (row.share(name) if row.has(name) else usual).ratio


def quarter_end(session: date) -> date:
    """The last day of the quarter before a session's."""
    first = date(session.year, session.month - (session.month - 1) % 3, 1)
    return first - timedelta(days=1)

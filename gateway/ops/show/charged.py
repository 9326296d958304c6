"""The views of fees: the ledger of every fund and session, and what participants are told.

Not here: folding journals (`reading.fees`, `reading.charges`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from gateway.core.fees import FeeBase
from gateway.core.money import Ratio, format_scaled, half_up
from gateway.ops.reading.accruals import AccrualRow
from gateway.ops.reading.charges import ChargeRow, Disclosures, ExpenseRow
from gateway.ops.reading.fees import FeeRow, Ledger
from gateway.ops.reading.orders import Asked
from gateway.ops.show.part import Part, amount

PERCENT_DECIMALS = 4
EXACT_DECIMALS = 6
"""Decimals of exact amounts for people; in JSON they are fractions of minor units."""


def fees(ledger: Ledger, limit: int) -> list[Part]:
    """The fee ledger, the newest sessions where there are more than are shown, and its sums."""
    rows = ledger.rows[-limit:]
    cells = [(str(row.session), row.fund_id, str(row.first), *_figures(row)) for row in rows]
    figures = ("management ", "waived ", "recaptured ", "performance ", "performance accrued ",
               "charged ", "crystallised ", "paid ", "owed after ")  # fmt: skip
    columns = ("session", "fund", "first day", *figures)
    every = Part("fees", "Fees by session", rows, len(ledger.rows), columns, cells)
    sums = [_sum(list(mine)) for mine in _by_fund(ledger.rows)]
    shown = sums[:limit]
    total = [(row.fund_id, str(row.first), str(row.session), *_figures(row)) for row in shown]
    columns = ("fund", "first day", "last", *figures)
    totals = Part("totals", "Fees by fund", shown, len(sums), columns, total)
    return [every, totals, *_accruals(ledger.accruals, limit)]


def _accruals(rows: Sequence[AccrualRow], limit: int) -> list[Part]:
    """How management fees were worked out, and what each came to."""
    shown = rows[-limit:]
    cells = [
        (
            str(row.session), row.fund_id, f"{row.days}", row.base.value,
            amount(row.base_minor, row.currency), _percent(row.rate), row.day_count.value,
            _exact(row.accrued), amount(row.posted_minor, row.currency), _exact(row.since_paid),
            amount(row.cumulative_minor, row.currency),
            amount(row.paid_minor, row.currency) if row.paid_minor else "-",
        )
        for row in shown
    ]  # fmt: skip
    columns = ("session", "fund", "days ", "base", "of ", "rate ", "day count", "accrued exactly ",
               "posted ", "since paid exactly ", "since paid ", "paid ")  # fmt: skip
    every = Part("accruals", "Management fee by session", shown, len(rows), columns, cells)
    sums = [_whole([row for row in rows if row.fund_id == fund])
            for fund in sorted({row.fund_id for row in rows})]  # fmt: skip
    total = [
        (row.fund_id, f"{row.first} to {row.last}", f"{row.days}", _exact(row.accrued),
         amount(row.posted_minor, row.currency), amount(row.paid_minor, row.currency),
         amount(row.unpaid_minor, row.currency))
        for row in sums[:limit]
    ]  # fmt: skip
    heads = ("fund", "days", "count ", "accrued exactly ", "posted ", "paid ", "since paid ")
    title = "Management fee by fund"
    return [every, Part("accrued", title, sums[:limit], len(sums), heads, total)]


@dataclass(frozen=True, slots=True)
class AccruedWhole:
    """A fund's rows as one; where they begin with the fund, posted = paid + unpaid."""

    fund_id: str
    currency: str
    first: date
    last: date
    days: int
    accrued: Ratio
    posted_minor: int
    paid_minor: int
    unpaid_minor: int


def _whole(rows: Sequence[AccrualRow]) -> AccruedWhole:
    first, last = rows[0], rows[-1]
    exact = sum((Fraction(row.accrued.num, row.accrued.den) for row in rows), Fraction(0))
    return AccruedWhole(
        first.fund_id, first.currency, first.first, last.session, sum(row.days for row in rows),
        Ratio(exact.numerator, exact.denominator), sum(row.posted_minor for row in rows),
        sum(row.paid_minor for row in rows), last.cumulative_minor,
    )  # fmt: skip


def _exact(minor: Ratio) -> str:
    """Exact minor units as an amount with six decimals, half-up."""
    scaled = half_up(minor.num * 10 ** (EXACT_DECIMALS - 2), minor.den)
    return format_scaled(scaled, EXACT_DECIMALS, grouped=True)


def _figures(row: FeeRow) -> tuple[str, ...]:
    figures = (
        row.management_minor, row.waived_minor, row.recaptured_minor, row.performance_minor,
        row.performance_accrued_minor, row.charged_minor, row.crystallized_minor, row.paid_minor,
        row.owed_minor,
    )  # fmt: skip
    return tuple(amount(minor, row.currency) if minor else "-" for minor in figures)


def _by_fund(rows: Sequence[FeeRow]) -> list[list[FeeRow]]:
    funds = sorted({row.fund_id for row in rows})
    return [[row for row in rows if row.fund_id == fund] for fund in funds]


def _sum(rows: Sequence[FeeRow]) -> FeeRow:
    """A fund's rows as one, from the first to the last."""
    first, last = rows[0], rows[-1]
    return FeeRow(
        first.fund_id, last.session, first.currency, first.first, last.base_minor,
        sum(row.management_minor for row in rows), sum(row.waived_minor for row in rows),
        sum(row.recaptured_minor for row in rows), sum(row.lapsed_minor for row in rows),
        sum(row.performance_minor for row in rows),
        sum(row.crystallized_minor for row in rows), sum(row.paid_minor for row in rows),
        last.owed_minor, last.recorded_at, sum(row.charged_minor for row in rows),
        last.net_minor, last.performance_accrued_minor,
    )  # fmt: skip


def disclosures(found: Disclosures, asked: Asked, limit: int) -> list[Part]:
    """Expenses of each fund, and the quarter's charges; by account where a plan is asked for."""
    parts = [
        _expenses(found.expenses, limit),
        _charges("charges", "Fees of the quarter by plan", found.plans, limit),
    ]
    if asked.plan is not None:
        parts.append(_charges("accounts", "Fees of the quarter by account", found.accounts, limit))
    return parts


def _expenses(every: Sequence[ExpenseRow], limit: int) -> Part:
    rows = every[:limit]
    cells = [
        (
            row.fund_id, row.name, _management(row), _percent(row.other),
            _percent(row.acquired), _percent(row.expenses), _percent(row.cap), _percent(row.net),
            amount(row.per_thousand_minor, row.currency), _performance(row),
            _percent(row.observed),
        )
        for row in rows
    ]  # fmt: skip
    columns = ("fund", "name", "management ", "other ", "acquired funds ", "expenses a year ",
               "cap ", "after waiver ", "for each 1,000 ", "performance fee",
               "observed this year ")  # fmt: skip
    return Part("expenses", "Total annual operating expenses", rows, len(every), columns, cells)


def _management(row: ExpenseRow) -> str:
    if row.base in (None, FeeBase.NET):
        return _percent(row.management)
    return f"{_percent(row.management)} ({_percent(row.rate)} of {row.base})"


def _performance(row: ExpenseRow) -> str:
    if row.performance is None or row.hurdle is None:
        return "-"
    return f"{_percent(row.performance)} over {_percent(row.hurdle)}"


def _percent(share: Ratio | None) -> str:
    """A share in per cent: at most four decimals, half-up."""
    if share is None:
        return "-"
    scaled = half_up(share.num * 100 * 10**PERCENT_DECIMALS, share.den)
    whole, _, rest = format_scaled(scaled, PERCENT_DECIMALS).partition(".")
    return f"{whole}.{rest[:2]}{rest[2:].rstrip('0')}%"


def _charges(name: str, title: str, every: Sequence[ChargeRow], limit: int) -> Part:
    rows = every[:limit]
    by_account = name == "accounts"
    cells = [
        (
            row.fund_id, row.plan_id or "held by no plan",
            *((row.participant,) if by_account else ()), f"{row.first} to {row.last}",
            format_scaled(row.units, row.unit_scale, grouped=True),
            amount(row.charged_minor, row.currency),
        )
        for row in rows
    ]  # fmt: skip
    who = ("participant token",) if by_account else ()
    columns = ("fund", "plan", *who, "quarter", "units ", "charged ")
    return Part(name, title, rows, len(every), columns, cells)

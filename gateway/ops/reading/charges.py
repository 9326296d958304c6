"""What participants are told of fees: each fund's expenses a year, and dollars of a quarter.

A fund's charge of a quarter falls on its units outstanding at the day asked for: plans bear it
by the units they hold then, and a plan's accounts its part. What nobody's plan holds bears
the rest. Shares add up to the charge, to the cent.

Not here: the ledger (`fees`), printing (`show`).
Source: domain.md §4.3; 29 CFR 2550.404a-5. Law: L1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from gateway.core.book import FundTerms
from gateway.core.fee_bases import committed_capital, opening_cost
from gateway.core.fee_terms import ExpenseCap
from gateway.core.fees import (
    BaseFigures,
    DayCount,
    FeeBase,
    expense_ratio,
    observed_ratio,
    participant_charges,
    per_thousand,
    share_of_net,
    waiver,
    year_fraction,
)
from gateway.core.money import Ratio
from gateway.core.sessions import ONE_DAY
from gateway.log.port import Log
from gateway.ops.reading.accruals import AccrualRow
from gateway.ops.reading.fees import FeeRow, Ledger, read_fees
from gateway.ops.reading.known import Told
from gateway.ops.reading.orders import Asked
from gateway.ops.reading.units import read_units
from gateway.shell.gateway import Gateway

EVERY = 2**62
"""More accounts than there can be: shares of a charge need all of them."""
NOTHING = Ratio(0, 1)


@dataclass(frozen=True, slots=True)
class ExpenseRow:
    """A fund's expenses as the terms of the day state them, and as they were.

    Attributes:
        expenses: Total annual operating expenses before any waiver.
        net: What of it is left under the cap.
        per_thousand_minor: What that comes to a year for each $1,000.
        observed: All that was charged this calendar year, performance fee too, as a share of
            average net assets a year; None before the first strike.
        days: Days that it is observed over.
        management: Management fee as a share of net assets; of another base, as at the last
            strike, or at the opening before there was one.
        rate: Its own rate; `base` what that is a share of.
    """

    fund_id: str
    name: str
    currency: str
    management: Ratio
    other: Ratio
    acquired: Ratio
    expenses: Ratio
    cap: Ratio | None
    net: Ratio
    per_thousand_minor: int
    performance: Ratio | None
    hurdle: Ratio | None
    observed: Ratio | None
    days: int
    rate: Ratio = NOTHING
    base: FeeBase | None = None


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """What a fund's fees of a quarter came to for a plan, or for one account of it.

    Attributes:
        plan_id: Plan; empty for units that no plan holds.
        participant: Token; empty for the whole plan.
        units: Units held at the end of the day, scaled.
    """

    fund_id: str
    plan_id: str
    participant: str
    first: date
    last: date
    currency: str
    units: int
    unit_scale: int
    charged_minor: int


@dataclass(slots=True)
class Disclosures:
    """What is told of every fund, plan and, where a plan was asked for, account."""

    expenses: list[ExpenseRow] = field(default_factory=list)
    plans: list[ChargeRow] = field(default_factory=list)
    accounts: list[ChargeRow] = field(default_factory=list)


async def read_disclosures(
    log: Log, gateway: Gateway, asked: Asked, *, told: Told | None = None
) -> Disclosures:
    """What is told on a day; on the day of the last strike if none is asked for.

    Raises:
        ConfigError: What is asked is no moment.
    """
    ledger = await read_fees(log, gateway, replace(asked, session=None), told=told)
    day = asked.as_of or ledger.last
    found = Disclosures()
    for fund_id, terms in sorted(ledger.terms.items()):
        rows = [row for row in ledger.rows if row.fund_id == fund_id]
        year = [row for row in rows if day is not None and row.session.year == day.year]
        accrued = [row for row in ledger.accruals if row.fund_id == fund_id]
        found.expenses.append(_expenses(terms, year, _share(terms, accrued)))
    if day is not None:
        await _charges(found, ledger, day, (log, gateway, asked), told)
    return found


async def _charges(
    found: Disclosures, ledger: Ledger, day: date, where: tuple[Log, Gateway, Asked],
    told: Told | None,
) -> None:  # fmt: skip
    """Add what the fees of the day's quarter came to, by the units held at its end."""
    log, gateway, asked = where
    first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    units = Asked(fund=asked.fund, as_of=day, known_at=asked.known_at)
    held = await read_units(log, gateway, units, keep=1, told=told)
    for fund_id, terms in sorted(ledger.terms.items()):
        charged = _charged(ledger.rows, fund_id, first)
        if not charged:
            continue
        mine = [(row.plan_id, row.held.units) for row in held.omnibus if row.fund_id == fund_id]
        rest = ledger.units.get(fund_id, terms.opening_units) - sum(held for _, held in mine)
        every = [*mine, ("", max(0, rest))]
        frame = ChargeRow(fund_id, "", "", first, day, terms.currency, 0, terms.unit_scale, 0)
        shares = _shared(charged, [held for _, held in every])
        found.plans.extend(
            replace(frame, plan_id=plan_id, units=held, charged_minor=share)
            for (plan_id, held), share in zip(every, shares, strict=True)
            if held and asked.plan in (None, plan_id)
        )
    if asked.plan is not None:
        units = replace(units, plan=asked.plan)
        accounts = (await read_units(log, gateway, units, keep=EVERY, told=told)).accounts
        for plan in found.plans:
            own = [each for each in accounts if each.fund_id == plan.fund_id]
            shares = _shared(plan.charged_minor, [each.held.units for each in own])
            found.accounts.extend(
                replace(plan, participant=each.participant, units=each.held.units,
                        charged_minor=share)
                for each, share in zip(own, shares, strict=True)
            )  # fmt: skip


def _charged(rows: Iterable[FeeRow], fund_id: str, first: date) -> int:
    mine = (row for row in rows if row.fund_id == fund_id and row.session >= first)
    return sum(row.charged_minor for row in mine)


def _shared(charge_minor: int, holdings: Sequence[int]) -> list[int]:
    """A charge by units held; one that was given back is shared alike."""
    if not any(holdings):
        return [0 for _ in holdings]
    shares = participant_charges(abs(charge_minor), holdings)
    return shares if charge_minor > 0 else [-share for share in shares]


def _share(terms: FundTerms, accrued: Sequence[AccrualRow]) -> Ratio:
    """The management fee as a share of net assets a year, of what they were at the last strike."""
    fees = terms.fees
    if fees is None:
        return NOTHING
    if fees.base is FeeBase.NET:
        return fees.rate
    last = accrued[-1] if accrued and accrued[-1].base is fees.base else None
    if last is not None and last.net_minor > 0:
        return share_of_net(fees.rate, last.base_minor, last.net_minor)
    opened = _opening(terms)
    # Of a fund that has no net assets a fee is no share; its rate is what can be told.
    if opened.net_minor <= 0:
        return fees.rate
    return share_of_net(fees.rate, opened.of(fees.base), opened.net_minor)


def _opening(terms: FundTerms) -> BaseFigures:
    """Every base of a fund as it opens: it owes no fee yet."""
    net_minor = max(0, terms.liquid_minor + sum(each.opening_minor for each in terms.sleeves))
    drawdown = [each.calls.opening for each in terms.sleeves if each.calls is not None]
    invested = sum(map(opening_cost, drawdown))
    return BaseFigures(net_minor, net_minor, committed_capital(terms), invested)


def _expenses(terms: FundTerms, year: Sequence[FeeRow], rate: Ratio) -> ExpenseRow:
    cap, performance = terms.expense_cap, terms.performance
    borne = cap or ExpenseCap(NOTHING, NOTHING, NOTHING)
    total = expense_ratio((rate, borne.other, borne.acquired))
    above = NOTHING if cap is None else waiver(total, cap.cap)
    net = expense_ratio((total, Ratio(-above.num, above.den)))
    return ExpenseRow(
        terms.fund_id, terms.name, terms.currency, rate, borne.other, borne.acquired,
        total, None if cap is None else cap.cap, net,
        per_thousand(net), None if performance is None else performance.rate,
        None if performance is None else performance.hurdle, _observed(year),
        sum((row.session - row.first).days + 1 for row in year),
        NOTHING if terms.fees is None else terms.fees.rate,
        None if terms.fees is None else terms.fees.base,
    )  # fmt: skip


def _observed(year: Sequence[FeeRow]) -> Ratio | None:
    """Charges as a share of average net assets a year; the days weigh the assets."""
    days = [(row.session - row.first).days + 1 for row in year]
    weighed = sum(row.net_minor * count for row, count in zip(year, days, strict=True))
    if weighed <= 0:
        return None
    first = min(row.first for row in year)
    part = year_fraction(first, first + sum(days) * ONE_DAY, DayCount.ACT_365F)
    average = Fraction(weighed, sum(days))
    charged = sum(row.charged_minor for row in year)
    return observed_ratio(charged * average.denominator, average.numerator, part)

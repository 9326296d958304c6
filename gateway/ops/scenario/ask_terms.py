"""Answers questions about gates, offers, cash and calls by asking the rules themselves.

Not here: the rules; questions about prices and fees (`ask_fees`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from fractions import Fraction

from gateway.core.calls import (
    NOTICE_BUSINESS_DAYS,
    Commitment,
    LineKind,
    NoticeLine,
    after_call,
    after_distribution,
    call_alarm,
    due_date,
    fund_call,
    net_wire,
    split_lines,
)
from gateway.core.cash_needs import (
    FORECAST_DAYS,
    BufferTerms,
    CashSource,
    Expected,
    buffer_move,
    draw,
    forecast,
)
from gateway.core.equalization import INTEREST, PastCall, equalize_late_close
from gateway.core.identifiers import IdentifierKind, check_digits, is_valid
from gateway.core.liquidity import (
    Bases,
    CapBasis,
    CapPeriod,
    GateCap,
    Movement,
    filled_amount,
    gate_room,
    proration_factor,
)
from gateway.core.money import Ratio
from gateway.core.redemption_queue import (
    GATE_CODES,
    CarryPolicy,
    GateFill,
    Request,
    Tranche,
    TranchePricing,
    apply_gate,
    convert_queue,
    gated_exchange,
    price_tranches,
)
from gateway.core.repurchases import (
    NOTHING,
    Tender,
    accept,
    deadlines,
    early_repurchase,
    latest_payment,
    latest_pricing,
    next_monthly_closing,
    offer_room,
    tender_open_until,
)
from gateway.core.sessions import Calendar, DayCount
from gateway.ops.scenario.kinds import Share
from gateway.ops.scenario.observe_money import decimal_of
from gateway.ops.scenario.words import Row, Values
from gateway.ops.scenario.world import places, scaled

Answer = Callable[[Row, Calendar], Values]

EARLIER_DAY, MONTH_BEFORE, DEALING_DAY = date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 31)
"""Days in one quarter; a question about a gate says what was paid, not when."""
LARGEST_ODD_LOT = 99
BAND_SHARES = 3


def ratio(row: Row, name: str, usual: Ratio) -> Ratio:
    """A share that was written, or what holds otherwise."""
    return row.share(name).ratio if row.has(name) else usual


def share_of(exact: Ratio) -> Share:
    """A ratio as the answer to a question."""
    return Share(Fraction(exact.num, exact.den))


def days(row: Row, name: str) -> list[date]:
    """A list of days."""
    return [each for each in row.several(name) if isinstance(each, date)]


def paired(amounts: list[int], on: list[date], what: str) -> Iterable[tuple[int, date]]:
    """Amounts with their days; refused if one has no partner."""
    if len(amounts) != len(on):
        raise ValueError(f"{len(amounts)} {what} need as many days, got {len(on)}")
    return zip(amounts, on, strict=True)


def _calendar(row: Row) -> DayCount:
    return "EXCHANGE" if row.text("calendar", "BANK") == "EXCHANGE" else "BANK"


# --- gates and offers -------------------------------------------------------------------------


def _gate_room(row: Row, calendar: Calendar) -> Values:
    caps = [
        GateCap(name, row.share(cell).ratio, basis, period, False, EARLIER_DAY, None)
        for name, cell, basis, period in (
            ("month", "month_cap", CapBasis.PRIOR_MONTH_NAV, CapPeriod.MONTH),
            ("quarter", "quarter_cap", CapBasis.PRIOR_QUARTER_NAV, CapPeriod.QUARTER),
        )
        if row.has(cell)
    ]
    bases = Bases(0, 0, row.number("month_nav"), row.number("quarter_nav"))
    paid = [
        Movement(EARLIER_DAY, row.number("paid_before")),
        Movement(DEALING_DAY, row.number("paid")),
    ]
    return {"is": gate_room(caps, DEALING_DAY, bases, paid)}


def _gate(row: Row, calendar: Calendar) -> Values:
    waiting, asks = row.numbers("waiting"), row.numbers("asks")
    held = row.numbers("held") or [0] * (len(waiting) + len(asks))
    policy, room = CarryPolicy(row.text("policy")), row.number("room")
    if len(held) != len(waiting) + len(asks):
        raise ValueError(f"{len(waiting) + len(asks)} requests need as many holdings")
    requests = [
        Request(f"R{at}", DEALING_DAY if at >= len(waiting) else MONTH_BEFORE, amount, units)
        for at, (amount, units) in enumerate(zip([*waiting, *asks], held, strict=True))
    ]
    fills = apply_gate(requests, room, policy)
    first = sum(waiting) if policy is CarryPolicy.FIFO else 0
    asked = sum(waiting) + sum(asks) - first
    factor = share_of(proration_factor(max(0, room - first), asked))
    return {
        "is": tuple(fill.paid for fill in fills),
        "factor": None if policy is CarryPolicy.RATABLE else factor,
        "queued": sum(fill.queued for fill in fills),
        "lapsed": sum(fill.lapsed for fill in fills),
    }


def _gated_exchange(row: Row, calendar: Calendar) -> Values:
    asked = row.number("amount")
    sold = filled_amount(asked, row.share("factor").ratio)
    pricing = TranchePricing(row.text("pricing", "PER_TRANCHE"))
    made = gated_exchange(GateFill("", sold, asked - sold, 0), pricing)
    return {"sold": made.sold_minor, "is": made.bought_minor, "queued": made.queued_minor,
            "status": made.status, "code": made.code}  # fmt: skip


def _tranches(row: Row, calendar: Calendar) -> Values:
    units, navs = row.figures("units"), row.figures("navs")
    if len(units) != len(navs):
        raise ValueError(f"{len(units)} parts need as many NAVs, got {len(navs)}")
    nav_scale = max(map(places, navs), default=0)
    unit_scale = max(map(places, units), default=0)
    pricing = TranchePricing(row.text("pricing"))
    parts = [
        Tranche(scaled(held, unit_scale, "units"), scaled(nav, nav_scale, "navs"))
        for held, nav in zip(units, navs, strict=True)
    ]
    paid = price_tranches(parts, pricing, nav_scale=nav_scale, unit_scale=unit_scale)
    return {"is": tuple(paid), "code": GATE_CODES[pricing]}


def _return_of_capital(row: Row, calendar: Calendar) -> Values:
    return {"is": convert_queue((), row.numbers("held"), row.number("amount")).shares_minor}


def _repurchase_offer(row: Row, calendar: Calendar) -> Values:
    names = ("ours", "tendered", "outstanding", "odd_lots")
    scale = max(places(row.figure(name)) for name in names)
    ours, tendered, outstanding, lots = (scaled(row.figure(n), scale, n) for n in names)
    room = offer_room(outstanding, row.share("offer").ratio, ratio(row, "extra", NOTHING))
    most = LARGEST_ODD_LOT * 10**scale
    small = [Tender("", min(most, lots - at), min(most, lots - at)) for at in range(0, lots, most)]
    others = tendered - ours - lots
    if others < 0:
        raise ValueError("ours and the odd lots are more than all that is tendered")
    # These hold more than they tender, so none of them is an odd lot.
    large = [Tender("", ours, ours + 1), Tender("", others, others + 1)]
    taken = accept([*large, *small], room, unit_scale=scale, odd_lots_first=True)
    return {"room": decimal_of(room, scale), "factor": share_of(taken.factor),
            "is": decimal_of(taken.taken[0], scale)}  # fmt: skip


def _offer_dates(row: Row, calendar: Calendar) -> Values:
    deadline = row.day("deadline", date.min)
    first, last = deadlines(row.day("notice", date.min))
    price_by = latest_pricing(deadline, calendar)
    pay_by = latest_payment(row.day("priced", price_by), calendar)
    return {"is": first <= deadline <= last, "first": first, "last": last,
            "price_by": price_by, "pay_by": pay_by}  # fmt: skip


def _tender_expiry(row: Row, calendar: Calendar) -> Values:
    commenced = row.day("commenced", date.min)
    return {"is": tender_open_until(commenced, calendar, days(row, "changed"))}


def _early_repurchase(row: Row, calendar: Calendar) -> Values:
    closing = next_monthly_closing(row.day("repurchased", date.min))
    made = early_repurchase(row.number("amount"), row.day("subscribed", date.min), closing)
    return {"next_closing": closing, "is": made.paid_minor, "kept": made.kept_minor}


# --- cash --------------------------------------------------------------------------------------


def _waterfall(row: Row, calendar: Calendar) -> Values:
    cells = ("inflow", "cash", "liquid", "credit")
    there = dict(zip(CashSource, map(row.number, cells), strict=True))
    made = draw(row.number("need"), there)
    drawn = tuple(made.drawn_minor[source] for source in CashSource)
    return {"is": drawn, "requested": made.to_request_minor}


def _buffer(row: Row, calendar: Calendar) -> Values:
    band = [each.ratio for each in row.several("band") if isinstance(each, Share)]
    if len(band) != BAND_SHARES:
        raise ValueError(f"a band is low, target and high, got {len(band)} shares")
    terms = BufferTerms(*band)
    return {"is": buffer_move(row.number("cash"), row.number("net_assets"), terms)}


def _forecast(row: Row, calendar: Calendar) -> Values:
    due = paired(row.numbers("calls"), days(row, "due"), "calls")
    flows = paired(row.numbers("flows"), days(row, "on"), "flows")
    made = forecast(
        row.number("there"),
        row.day("today", date.min),
        [Expected(day, -amount, is_call=True) for amount, day in due]
        + [Expected(day, amount) for amount, day in flows],
        calendar,
        days=row.number("days", FORECAST_DAYS),
        which=_calendar(row),
    )
    return {"left": made.days[-1].left_minor, "short_on": made.first_short,
            "shortfall": made.shortfall_minor}  # fmt: skip


# --- calls -------------------------------------------------------------------------------------


def _unfunded(row: Row, calendar: Calendar) -> Values:
    before = Commitment(
        row.number("commitment"), row.number("called"), recallable_minor=row.number("recallable")
    )
    call = [NoticeLine(LineKind.INVESTMENT, amount, -amount) for amount in row.numbers("inside")]
    call += [NoticeLine(LineKind.OTHER, amount, 0) for amount in row.numbers("outside")]
    kept, returned = row.number("kept"), row.number("returned")
    given = [
        NoticeLine(LineKind.GAIN, kept, 0),
        NoticeLine(LineKind.RETURN_OF_CAPITAL, returned, returned),
    ]
    after = after_distribution(after_call(before, call), given)
    wire = net_wire(sum(line.amount_minor for line in call), kept + returned)
    return {"before": before.unfunded_minor, "is": after.unfunded_minor, "wire": wire}


def _call_due(row: Row, calendar: Calendar) -> Values:
    notice = row.day("notice", date.min)
    return {
        "is": due_date(notice, calendar, _calendar(row), row.number("days", NOTICE_BUSINESS_DAYS))
    }


def _call_split(row: Row, calendar: Calendar) -> Values:
    amount = row.number("amount")
    line = NoticeLine(LineKind.INVESTMENT, amount, -amount)
    parts = split_lines([line], row.numbers("commitments"))
    return {"is": tuple(lines[0].amount_minor for lines in parts)}


def _equalization(row: Row, calendar: Calendar) -> Values:
    closed_on = DEALING_DAY
    call = PastCall(closed_on - timedelta(days=row.number("days")), row.number("called"))
    made = equalize_late_close(
        row.numbers("earlier"), row.numbers("late"), [call], closed_on, ratio(row, "rate", INTEREST)
    )
    both = zip(made.refunded_minor, made.interest_received_minor, strict=True)
    return {"principal": made.principal_minor, "interest": made.interest_minor,
            "receive": tuple(map(sum, both))}  # fmt: skip


def _call_funding(row: Row, calendar: Calendar) -> Values:
    made = fund_call(*map(row.number, ("call", "cash", "liquid", "set_aside")))
    return {"is": made.is_funded, "from_cash": made.from_cash_minor,
            "from_liquid": made.from_liquid_minor, "lacking": made.shortfall_minor}  # fmt: skip


def _call_alarm(row: Row, calendar: Calendar) -> Values:
    due, today = row.day("due", date.min), row.day("today", date.min)
    return {"is": call_alarm(1, 0, due, today, calendar, _calendar(row)).value}


# --- identifiers -------------------------------------------------------------------------------


def _identifier(row: Row, calendar: Calendar) -> Values:
    return {"is": is_valid(IdentifierKind(row.text("kind")), row.text("text"))}


def _check_digits(row: Row, calendar: Calendar) -> Values:
    return {"is": check_digits(IdentifierKind(row.text("kind")), row.text("base"))}


TERM_ANSWERS: dict[str, Answer] = {
    "gate_room": _gate_room,
    "gate": _gate,
    "gated_exchange": _gated_exchange,
    "tranches": _tranches,
    "return_of_capital": _return_of_capital,
    "repurchase_offer": _repurchase_offer,
    "offer_dates": _offer_dates,
    "tender_expiry": _tender_expiry,
    "early_repurchase": _early_repurchase,
    "waterfall": _waterfall,
    "buffer": _buffer,
    "forecast": _forecast,
    "unfunded": _unfunded,
    "call_due": _call_due,
    "call_split": _call_split,
    "equalization": _equalization,
    "call_funding": _call_funding,
    "call_alarm": _call_alarm,
    "identifier": _identifier,
    "check_digits": _check_digits,
}

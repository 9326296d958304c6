"""Answers questions about rules that no golden scenario asks, by asking the rules themselves.

Not here: the rules; questions about terms (`ask_terms`), about fees and prices (`ask_fees`).
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from gateway.core.dilution import period_effect
from gateway.core.fees import (
    YEAR_DAYS,
    BaseFigures,
    FeeBase,
    observed_ratio,
    participant_charges,
    recapture_room,
    share_of_net,
)
from gateway.core.limits import ExcessPolicy, Limit, LimitScope, is_above_soft_cap
from gateway.core.performance_fees import crystallize_part
from gateway.core.repurchases import (
    NOTHING,
    Offer,
    is_interval_offer,
    may_withdraw,
    offer_faults,
)
from gateway.core.sessions import Calendar
from gateway.core.units_roll import units_roll_difference
from gateway.ops.scenario.ask_terms import Answer, ratio, share_of
from gateway.ops.scenario.observe_money import decimal_of
from gateway.ops.scenario.words import Row, Values
from gateway.ops.scenario.words_rules import NO_FAULT
from gateway.ops.scenario.world import places, scaled


def _closure(row: Row, calendar: Calendar) -> Values:
    closed = row.day("closed", date.min)
    changed = calendar.with_closure(closed, f"{calendar.version}+{closed}")
    trade_date = changed.trade_date(row.number("received"))
    return {"is": trade_date, "settles": changed.settlement_date(trade_date)}


def _soft_cap(row: Row, calendar: Calendar) -> Values:
    soft = row.share("soft_cap").ratio
    limit = Limit("", LimitScope.FUND, soft, soft, ExcessPolicy.TRIM, 0)
    return {"is": is_above_soft_cap(row.number("alternatives"), row.number("total"), limit)}


def _units_roll(row: Row, calendar: Calendar) -> Values:
    names = ("opening", "subscribed", "redeemed", "closing")
    scale = max(places(row.figure(name)) for name in names)
    units = [scaled(row.figure(name), scale, name) for name in names]
    return {"is": decimal_of(units_roll_difference(*units), scale)}


def _error_period(row: Row, calendar: Calendar) -> Values:
    return {"is": period_effect(row.numbers("days"))}


def _fee_base(row: Row, calendar: Calendar) -> Values:
    names = ("net", "gross", "committed", "invested")
    figures = BaseFigures(*(row.number(name) for name in names))
    base_minor = figures.of(FeeBase(row.text("base")))
    if not row.has("rate"):
        return {"is": base_minor}
    share = share_of_net(row.share("rate").ratio, base_minor, figures.net_minor)
    return {"is": base_minor, "share": share_of(share)}


def _year(row: Row) -> Fraction:
    return Fraction(row.number("days", YEAR_DAYS), YEAR_DAYS)


def _recapture_room(row: Row, calendar: Calendar) -> Values:
    expenses, cap = row.share("expenses").ratio, row.share("cap").ratio
    return {"is": recapture_room(expenses, cap, row.number("assets"), _year(row))}


def _expenses(row: Row, calendar: Calendar) -> Values:
    found = observed_ratio(row.number("charged"), row.number("assets"), _year(row))
    return {"is": share_of(found)}


def _participant_charges(row: Row, calendar: Calendar) -> Values:
    return {"is": tuple(participant_charges(row.number("charge"), row.numbers("held")))}


def _redeemed_fee(row: Row, calendar: Calendar) -> Values:
    names = ("redeemed", "outstanding")
    scale = max(places(row.figure(name)) for name in names)
    redeemed, outstanding = (scaled(row.figure(name), scale, name) for name in names)
    due, stays = crystallize_part(row.number("accrued"), redeemed, outstanding)
    return {"is": due, "stays": stays}


def _offer_faults(row: Row, calendar: Calendar) -> Values:
    notice, deadline, priced, paid = (
        row.day(name, date.min) for name in ("notice", "deadline", "priced", "paid")
    )
    share = row.share("share").ratio
    offer = Offer(share, ratio(row, "fee", NOTHING), notice, deadline, priced, paid)
    liquid, offered = row.number("liquid"), row.number("offered")
    found = offer_faults(offer, calendar, liquid_minor=liquid, offered_minor=offered)
    return {"is": tuple(each.value for each in found) or (NO_FAULT,),
            "size": is_interval_offer(share)}  # fmt: skip


def _withdrawal(row: Row, calendar: Calendar) -> Values:
    day, commenced, expires = (row.day(name, date.min) for name in ("day", "commenced", "expires"))
    taken = bool(row.values.get("taken"))
    return {"is": may_withdraw(day, commenced, expires, taken, calendar)}


RULE_ANSWERS: dict[str, Answer] = {
    "closure": _closure,
    "soft_cap": _soft_cap,
    "units_roll": _units_roll,
    "error_period": _error_period,
    "fee_base": _fee_base,
    "recapture_room": _recapture_room,
    "expenses": _expenses,
    "participant_charges": _participant_charges,
    "redeemed_fee": _redeemed_fee,
    "offer_faults": _offer_faults,
    "withdrawal": _withdrawal,
}

"""Answers a question by asking the rule itself: a pure function of the core.

Not here: the rules.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from gateway.core.limits import (
    BreachState,
    Sharing,
    grant,
    headroom,
    inflow_to_cure,
    is_within,
    redemption_capacity,
    treat_call,
)
from gateway.core.money import (
    Ratio,
    format_scaled,
    parse_implied,
    split,
    units_for,
    value_of,
)
from gateway.core.nav import RollStep, is_stale, roll_forward, tolerance_breach, true_up
from gateway.core.sessions import EPOCH, Calendar
from gateway.errors import ConfigError
from gateway.ops.scenario.ask_fees import FEE_ANSWERS
from gateway.ops.scenario.ask_rules import RULE_ANSWERS
from gateway.ops.scenario.ask_terms import TERM_ANSWERS
from gateway.ops.scenario.kinds import HOME_ZONE, Share
from gateway.ops.scenario.lineage import asked_independence
from gateway.ops.scenario.observe_cash import side
from gateway.ops.scenario.observe_money import decimal_of
from gateway.ops.scenario.words import Row, Values
from gateway.ops.scenario.world import LEVEL_SCALE, places, scaled

Answer = Callable[[Row, Calendar], Values]


def answer(row: Row, calendar: Calendar, where: str) -> Values:
    """The answer cells of a question.

    Args:
        row: The question.
        calendar: The calendar as the scenario has it.
        where: The row's place, for errors.
    """
    try:
        return _ANSWERS[row.word.name](row, calendar)
    # The rules assert what their callers must see to; here a person calls them.
    except (ValueError, ZeroDivisionError, AssertionError) as wrong:
        raise ConfigError(f"{where}: ask {row.word.name} has no answer: {wrong}") from wrong


def _trade_date(row: Row, calendar: Calendar) -> Values:
    trade_date = calendar.trade_date(row.number("received"))
    return {"is": trade_date, "settles": calendar.settlement_date(trade_date)}


def _settlement_date(row: Row, calendar: Calendar) -> Values:
    days = row.number("days", 1)
    return {"is": calendar.settlement_date(row.day("trade_date", date.min), days)}


def _cut_off(row: Row, calendar: Calendar) -> Values:
    return {"is": calendar.cutoff_at(row.day("session", date.min))}


def _local_time(row: Row, calendar: Calendar) -> Values:
    at = EPOCH + timedelta(microseconds=row.number("at"))
    return {"is": f"{at.astimezone(ZoneInfo(HOME_ZONE)):%Y-%m-%d %H:%M:%S}"}


def _split(row: Row, calendar: Calendar) -> Values:
    return {"is": tuple(split(row.number("amount"), row.numbers("by")))}


def _split_units(row: Row, calendar: Calendar) -> Values:
    units = row.figure("units")
    scale = places(units)
    shares = split(scaled(units, scale, "units"), row.numbers("by"))
    return {"is": tuple(decimal_of(share, scale) for share in shares)}


def _units(row: Row, calendar: Calendar) -> Values:
    nav, scale = row.figure("nav"), row.number("unit_scale", 4)
    nav_scale = places(nav)
    units = units_for(
        row.number("amount"), scaled(nav, nav_scale, "nav"), nav_scale=nav_scale, unit_scale=scale
    )
    return {"is": decimal_of(units, scale)}


def _value(row: Row, calendar: Calendar) -> Values:
    nav, units = row.figure("nav"), row.figure("units")
    nav_scale, unit_scale = places(nav), places(units)
    value = value_of(
        scaled(units, unit_scale, "units"), scaled(nav, nav_scale, "nav"),
        nav_scale=nav_scale, unit_scale=unit_scale,
    )  # fmt: skip
    return {"is": value}


def _limit(row: Row) -> tuple[int, int, Ratio]:
    return row.number("alternatives"), row.number("total"), row.share("cap").ratio


def _within(row: Row, calendar: Calendar) -> Values:
    alternative, total, cap = _limit(row)
    share = Share(Fraction(alternative, total)) if total else None
    return {"is": is_within(alternative, total, cap), "share": share}


def _headroom(row: Row, calendar: Calendar) -> Values:
    return {"is": headroom(*_limit(row))}


def _grant(row: Row, calendar: Calendar) -> Values:
    sharing = Sharing(row.text("sharing", "FIFO"))
    return {"is": tuple(grant(row.numbers("asks"), row.number("headroom"), sharing))}


def _redemption_capacity(row: Row, calendar: Calendar) -> Values:
    alternative, total, cap = _limit(row)
    return {"is": redemption_capacity(total, alternative, cap)}


def _inflow_to_cure(row: Row, calendar: Calendar) -> Values:
    return {"is": inflow_to_cure(*_limit(row))}


def _capital_call(row: Row, calendar: Calendar) -> Values:
    alternative, total, cap = _limit(row)
    open_breach = BreachState(date.min) if row.values.get("in_breach") else BreachState()
    treatment = treat_call(alternative, total, row.number("amount"), cap, open_breach)
    return {"is": treatment.value, "paid": True}


def _steps(row: Row) -> list[RollStep]:
    levels = [scaled(level, LEVEL_SCALE, "proxy") for level in row.figures("proxy")]
    moves = list(pairwise(levels))
    flows = row.numbers("flows") or [0] * len(moves)
    if len(flows) != len(moves):
        raise ValueError(f"{len(moves)} moves of the proxy need as many flows, got {len(flows)}")
    return [
        RollStep(date.min, before, after, max(flow, 0), max(-flow, 0), 0, Ratio(0, 1))
        for (before, after), flow in zip(moves, flows, strict=True)
    ]


def _roll_forward(row: Row, calendar: Calendar) -> Values:
    return {"is": roll_forward(row.number("mark"), _steps(row), row.share("beta").ratio)}


def _true_up(row: Row, calendar: Calendar) -> Values:
    made = true_up(row.number("old"), row.number("new"), _steps(row), row.share("beta").ratio)
    change = Share(Fraction(made.difference_minor, made.old_minor)) if made.old_minor else None
    return {"effect": made.difference_minor, "before": made.old_minor, "after": made.new_minor,
            "change": change}  # fmt: skip


def _tolerance(row: Row, calendar: Calendar) -> Values:
    scale = max(places(row.figure("previous")), places(row.figure("nav")))
    previous, nav = (scaled(row.figure(name), scale, name) for name in ("previous", "nav"))
    expected = row.share("expected").exact if row.has("expected") else Fraction(0)
    tolerance = row.share("tolerance").ratio if row.has("tolerance") else Ratio(2, 100)
    explained = Ratio(expected.numerator, expected.denominator)
    held = tolerance_breach(previous, nav, explained, tolerance) is not None
    unexplained = Share(Fraction(nav - previous, previous) - expected)
    return {"held": held, "unexplained": unexplained}


def _stale(row: Row, calendar: Calendar) -> Values:
    measured, session = row.day("measured", date.min), row.day("session", date.min)
    is_old = is_stale(measured, session, row.number("limit", 120))
    return {"days": (session - measured).days, "is": is_old}


def _net(row: Row, calendar: Calendar) -> Values:
    found = side(sum(row.numbers("pays")) - sum(row.numbers("receives")))
    return {"direction": found["direction"], "is": found["amount"]}


def _picture(row: Row, calendar: Calendar) -> Values:
    decimals, digits = row.number("decimals", 2), row.text("digits")
    amount = parse_implied("" if digits == "-" else digits)
    return {"is": "BLANK" if amount is None else format_scaled(amount, decimals)}


_ANSWERS: dict[str, Answer] = {
    "trade_date": _trade_date,
    "settlement_date": _settlement_date,
    "cut_off": _cut_off,
    "local_time": _local_time,
    "split": _split,
    "split_units": _split_units,
    "units": _units,
    "value": _value,
    "within": _within,
    "headroom": _headroom,
    "grant": _grant,
    "redemption_capacity": _redemption_capacity,
    "inflow_to_cure": _inflow_to_cure,
    "capital_call": _capital_call,
    "roll_forward": _roll_forward,
    "true_up": _true_up,
    "tolerance": _tolerance,
    "stale": _stale,
    "independence": asked_independence,
    "net": _net,
    "picture": _picture,
    **FEE_ANSWERS,
    **TERM_ANSWERS,
    **RULE_ANSWERS,
}

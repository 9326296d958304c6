"""Managers' answers to requests for money, gates of their vehicles, and what is seen of them.

Not here: calls and distributions (`parties`), how a fund asks (`desks.strike_redemptions`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.core.redemption_events import (
    CallAlarmed,
    GateNoted,
    RedemptionAnswered,
    RedemptionPaid,
    RedemptionRequest,
    RedemptionRequested,
)
from gateway.errors import ConfigError
from gateway.ops.scenario.publish import days
from gateway.ops.scenario.words import Observed, Row

if TYPE_CHECKING:
    from gateway.ops.scenario.stage import Stage

OfVehicles = RedemptionRequested | RedemptionAnswered | RedemptionPaid | GateNoted | CallAlarmed


def say_liquidity(stage: Stage, row: Row, number: int) -> None:
    """Let a manager answer a request, or gate its vehicle."""
    fund, manager = stage.world.vehicle(row)
    pays = row.word.name == "pay_back"
    settles = stage.calendar.settlement_date(stage.session, 1)
    first = row.day("on", settles) if pays else row.day("first", stage.session)
    stage.press.say(row.text("sender", manager), "LiquidityNotice", {
        "notice_id": row.text("name", f"L{number}"), "vehicle_id": row.text("vehicle"),
        "fund_id": row.text("fund", fund), "kind": "PAYMENT" if pays else row.text("what"),
        "notice_date": days(stage.session), "currency": row.text("currency", "USD"),
        "request_id": _request(stage, row) if pays else "",
        "paid_minor": row.number("paid"), "deducted_minor": row.number("deducted"),
        "queued_minor": row.number("queued"),
        "cap": str(row.share("cap").ratio) if row.has("cap") else None,
        "first": days(first), "last": days(row.day("last", first)) if row.has("last") else None,
    })  # fmt: skip


def _request(stage: Stage, row: Row) -> str:
    """The request a row names, or the last that was sent about its vehicle."""
    if row.has("request"):
        return row.text("request")
    _, manager = stage.world.vehicle(row)
    sent = [stage.messages.unpack(r.value) for r in stage.log.records(f"out.{manager}", 0)]
    found = [
        each.request_id
        for each in sent
        if isinstance(each, RedemptionRequest) and each.vehicle_id == row.text("vehicle")
    ]
    if not found:
        where = stage.world.where(row)
        raise ConfigError(f"{where}: no money was asked of {row.text('vehicle')}")
    return found[-1]


def seen(event: OfVehicles) -> Observed:
    """A request, an answer, a payment, a gate or an alarm as a row."""
    head = {"fund": event.fund_id, "vehicle": event.vehicle_id}
    match event:
        case RedemptionRequested():
            return Observed("asked_back", {
                **head, "amount": event.amount_minor, "reason": event.reason.value,
                "holding": event.holding_minor, "liquid": event.liquid_minor,
                "alternatives": event.alternative_minor, "open": event.open_minor,
                "net_assets": event.net_assets_minor, "session": event.session,
            })  # fmt: skip
        case RedemptionAnswered():
            return Observed("paid_back", {
                **head, "paid": event.paid_minor, "deducted": event.deducted_minor,
                "queued": event.queued_minor, "lapsed": event.lapsed_minor,
                "request": event.request_id, "on": event.payment_date,
            })  # fmt: skip
        case RedemptionPaid():
            return Observed("redeemed", {
                **head, "amount": event.paid_minor, "deducted": event.deducted_minor,
                "settlement_date": event.settlement_date, "session": event.session,
            })  # fmt: skip
        case GateNoted():
            return Observed("gated", {
                **head, "what": event.kind.value, "first": event.first, "last": event.last,
            })  # fmt: skip
        case CallAlarmed():
            return Observed("call_alarm", {
                **head, "call": event.batch_id, "amount": event.call_minor,
                "lacking": event.lacking_minor, "liquid": event.liquid_minor,
                "due": event.due_date, "session": event.session,
            })  # fmt: skip

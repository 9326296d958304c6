"""Plans' money and participants' units, as rows of `then`: flows, fills, confirmations.

Not here: what else came out (`observe`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from gateway.core.orders import Confirmation, FillBatch, FlowBatch
from gateway.ops.scenario.words import Observed


def decimal_of(value: int, scale: int) -> Decimal:
    """A scaled integer as a figure."""
    return Decimal(value).scaleb(-scale)


def moved(
    event: FlowBatch | FillBatch | Confirmation, names: Mapping[int, str]
) -> Iterator[Observed]:
    """Each row of a message that moves money or units."""
    match event:
        case FlowBatch():
            yield from _flows(event)
        case FillBatch():
            yield from _fills(event)
        case Confirmation():
            yield from _confirmed(event, names)


def _flows(event: FlowBatch) -> Iterator[Observed]:
    rows = zip(event.plan.tolist(), event.fund.tolist(), event.buy_minor.tolist(),
               event.sell_minor.tolist(), strict=True)  # fmt: skip
    for plan, fund, buy, sell in rows:
        yield Observed("flow", {
            "fund": event.funds[fund], "plan": event.plans[plan], "buy": buy, "sell": sell,
            "session": event.trade_date,
        })  # fmt: skip


def _fills(event: FillBatch) -> Iterator[Observed]:
    rows = zip(event.plans, event.buy_minor.tolist(), event.sell_minor.tolist(),
               event.buy_units.tolist(), event.sell_units.tolist(), strict=True)  # fmt: skip
    for plan, buy, sell, bought, sold in rows:
        yield Observed("fill", {
            "fund": event.fund_id, "plan": plan, "buy": buy, "sell": sell,
            "buy_units": decimal_of(bought, event.unit_scale),
            "sell_units": decimal_of(sold, event.unit_scale),
            "nav": decimal_of(event.nav, event.nav_scale), "session": event.trade_date,
        })  # fmt: skip


def _confirmed(event: Confirmation, names: Mapping[int, str]) -> Iterator[Observed]:
    rows = zip(event.participant.tolist(), event.buy_minor.tolist(), event.sell_minor.tolist(),
               event.units.tolist(), strict=True)  # fmt: skip
    for who, buy, sell, units in rows:
        yield Observed("confirmed", {
            "participant": names.get(who, "?"), "fund": event.fund_id,
            "units": decimal_of(units, event.unit_scale), "buy": buy, "sell": sell,
            "nav": decimal_of(event.nav, event.nav_scale), "trade_date": event.trade_date,
            "plan": event.plan_id,
        })  # fmt: skip

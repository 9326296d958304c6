"""Native records read into the canonical vocabulary.

Not here: checks that need more than the record itself (intake and plan desks).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from operator import itemgetter
from typing import cast

import numpy as np

from gateway.connector.columns import coded, coded_legs
from gateway.connector.columns import whole as numbers
from gateway.connector.lineage import lineage_said
from gateway.connector.protocol import (
    Body,
    Canonical,
    DayEnd,
    HoldingLines,
    OrderLines,
    Tick,
    Untranslatable,
)
from gateway.core.calls import CapitalNotice, LineKind, NoticeKind, NoticeLine
from gateway.core.cash_breaks import CashAdvice
from gateway.core.corrections import Links, Original, corrects_with
from gateway.core.lineage import MarkMethod, ValuedBy
from gateway.core.marks import IndexLevel, ManagerMark
from gateway.core.money import Ratio
from gateway.core.netting import InstructionState
from gateway.core.redemption_events import LiquidityKind, LiquidityNotice
from gateway.core.settlement import InstructionStatus
from gateway.core.vocabulary import (
    I32,
    I64,
    MONEY_SOURCES,
    NOTHING,
    EventKind,
    MoneySource,
    OrderKind,
    RejectCode,
    TickKind,
)

EPOCH = date(1970, 1, 1)
MOST_LINES = 2**31
SOURCE_CODE = {source.value: code for code, source in enumerate(MONEY_SOURCES)}
Line = Mapping[str, object]


def text(body: Body, name: str) -> str:
    """A string field."""
    return cast(str, body[name])


def whole(body: Body, name: str) -> int:
    """An integer field."""
    return cast(int, body[name])


def day(body: Body, name: str) -> date:
    """A date field, which travels as days since 1970."""
    try:
        return EPOCH + timedelta(days=whole(body, name))
    except OverflowError as wrong:
        raise Untranslatable(RejectCode.CALENDAR, f"{name} is not a date of this era") from wrong


def _column(lines: Sequence[Line], name: str) -> list[str]:
    return cast(list[str], list(map(itemgetter(name), lines)))


def _numbers(lines: Sequence[Line], name: str) -> I64:
    return numbers(cast(list[int], list(map(itemgetter(name), lines))))


def contribution_batch(body: Body) -> OrderLines:
    """A plan's payroll, a record a line."""
    lines = cast(Sequence[Line], body["lines"])
    n = len(lines)
    funds, sell, buy = coded_legs(None, _column(lines, "fund_id"), n)
    sources = np.array(list(map(SOURCE_CODE.__getitem__, _column(lines, "money_source"))), np.int8)
    return OrderLines(
        OrderKind.CONTRIBUTION, text(body, "batch_id"), day(body, "session"),
        text(body, "currency"), whole(body, "control_count"), whole(body, "control_amount_minor"),
        (text(body, "plan_id"),), np.zeros(n, np.int32), _column(lines, "participant_id"), sources,
        funds, sell, buy, _numbers(lines, "amount_minor"),
        np.full(n, whole(body, "received_at"), np.int64),
    )  # fmt: skip


def contribution_columns(body: Body) -> OrderLines:
    """Payrolls of many plans, an array a field."""
    names = ("plan_index", "participant_ids", "money_sources", "fund_index", "amounts_minor",
             "received_at_micros")  # fmt: skip
    lengths = {name: len(cast(Sequence[object], body[name])) for name in names}
    if len(set(lengths.values())) != 1:
        raise Untranslatable(RejectCode.SCHEMA, f"columns differ in length: {lengths}")
    plans = tuple(cast(Sequence[str], body["plan_ids"]))
    funds = tuple(cast(Sequence[str], body["fund_ids"]))
    plan, fund = _codes(body, "plan_index", len(plans)), _codes(body, "fund_index", len(funds))
    sources = _codes(body, "money_sources", len(MoneySource)).astype(np.int8)
    if len({*plans}) < len(plans) or len({*funds}) < len(funds):
        raise Untranslatable(RejectCode.SCHEMA, "plan_ids or fund_ids name one thing twice")
    return OrderLines(
        OrderKind.CONTRIBUTION, text(body, "batch_id"), day(body, "session"),
        text(body, "currency"), whole(body, "control_count"), whole(body, "control_amount_minor"),
        plans, plan, cast(Sequence[str], body["participant_ids"]), sources, funds,
        np.full(len(plan), NOTHING, np.int32), fund,
        numbers(cast(Sequence[int], body["amounts_minor"])),
        numbers(cast(Sequence[int], body["received_at_micros"])),
    )  # fmt: skip


def _codes(body: Body, name: str, count: int) -> I32:
    """A column of indices below a count."""
    # Bytes may hold a longer integer than the schema's int; it is none of the indices.
    codes = numbers(cast(Sequence[int], body[name]))
    if len(codes) and not (codes.min() >= 0 and codes.max() < count):
        raise Untranslatable(RejectCode.SCHEMA, f"{name} points beyond the {count} there are")
    return codes.astype(np.int32)


def exchange_batch(body: Body) -> OrderLines:
    """Exchanges between funds."""
    lines = cast(Sequence[Line], body["lines"])
    return _orders(
        body, OrderKind.EXCHANGE, lines, _column(lines, "from_fund_id"),
        _column(lines, "into_fund_id"),
    )  # fmt: skip


def distribution_batch(body: Body) -> OrderLines:
    """Payments to participants."""
    lines = cast(Sequence[Line], body["lines"])
    return _orders(body, OrderKind.DISTRIBUTION, lines, _column(lines, "fund_id"), None)


def _orders(
    body: Body, kind: OrderKind, lines: Sequence[Line], sells: list[str] | None,
    buys: list[str] | None, links: Links | None = None,
) -> OrderLines:  # fmt: skip
    plans, plan = coded(_column(lines, "plan_id"))
    funds, sell, buy = coded_legs(sells, buys, len(lines))
    return OrderLines(
        kind, text(body, "batch_id"), day(body, "session"), text(body, "currency"),
        whole(body, "control_count"), whole(body, "control_amount_minor"), plans, plan,
        _column(lines, "participant_id"), np.zeros(len(lines), np.int8), funds, sell, buy,
        _numbers(lines, "amount_minor"), _numbers(lines, "received_at"),
        EventKind(cast(str, body.get("reason", EventKind.UNSTATED))), links,
    )  # fmt: skip


def correction_batch(body: Body) -> OrderLines:
    """Orders that go back to others: the sale of what was bought, or the other way round."""
    lines = cast(Sequence[Line], body["lines"])
    reason, corrected = EventKind(text(body, "reason")), OrderKind(text(body, "corrects"))
    kind = corrects_with(reason, corrected)
    if kind is None:
        raise Untranslatable(RejectCode.SCHEMA, f"no {corrected} is corrected for {reason}")
    numbers_of = _numbers(lines, "original_line")
    if len(numbers_of) and not (numbers_of.min() >= 0 and numbers_of.max() < MOST_LINES):
        raise Untranslatable(RejectCode.SCHEMA, "original_line is no line number")
    originals = [
        Original(day(line, "original_session"), text(line, "original_batch_id"),
                 day(line, "original_trade_date"))
        for line in lines
    ]  # fmt: skip
    known = {each: at for at, each in enumerate(dict.fromkeys(originals))}
    links = Links(
        tuple(known), np.array([known[each] for each in originals], np.int32),
        numbers_of.astype(np.int32), _numbers(lines, "original_received_at"),
    )  # fmt: skip
    funds = _column(lines, "fund_id")
    sells, buys = (None, funds) if kind is OrderKind.CONTRIBUTION else (funds, None)
    return _orders(body, kind, lines, sells, buys, links)


def holdings_statement(body: Body) -> HoldingLines:
    """Opening units."""
    lines = cast(Sequence[Line], body["lines"])
    plans, plan = coded(_column(lines, "plan_id"))
    funds, fund = coded(_column(lines, "fund_id"))
    return HoldingLines(
        text(body, "batch_id"), day(body, "session"), plans, plan,
        _column(lines, "participant_id"), funds, fund, _numbers(lines, "units"),
    )  # fmt: skip


def day_end(body: Body) -> DayEnd:
    """A sender's totals."""
    return DayEnd(
        day(body, "session"), whole(body, "batches"), whole(body, "lines"),
        whole(body, "amount_minor"),
    )  # fmt: skip


def manager_nav(body: Body) -> ManagerMark:
    """A manager's mark."""
    return ManagerMark(
        text(body, "sender"), text(body, "statement_id"), text(body, "vehicle_id"),
        text(body, "fund_id"), day(body, "measurement_date"), whole(body, "value_minor"),
        text(body, "currency"), 0,
        lineage_said(
            MarkMethod(text(body, "method")), ValuedBy(text(body, "valued_by")),
            text(body, "valuer"), text(body, "approver"),
        ),
    )  # fmt: skip


def capital_notice(body: Body) -> CapitalNotice:
    """A manager's call or distribution."""
    lines = tuple(
        NoticeLine(
            LineKind(text(line, "kind")), whole(line, "amount_minor"),
            whole(line, "unfunded_effect_minor"),
        )
        for line in cast(Sequence[Line], body["lines"])
    )  # fmt: skip
    return CapitalNotice(
        text(body, "sender"), text(body, "notice_id"), text(body, "vehicle_id"),
        text(body, "fund_id"), NoticeKind(text(body, "kind")), day(body, "notice_date"),
        day(body, "due_date"), text(body, "currency"), whole(body, "total_minor"), lines, 0,
        text(body, "netted_with"), whole(body, "net_minor"),
    )  # fmt: skip


def liquidity_notice(body: Body) -> LiquidityNotice:
    """A manager's answer to a request for money, or a gate of its vehicle."""
    cap = body["cap"]
    try:
        share = None if cap is None else Ratio.parse(str(cap))
    except ValueError as wrong:
        raise Untranslatable(RejectCode.SCHEMA, f"cap is no share: {wrong}") from wrong
    return LiquidityNotice(
        text(body, "sender"), text(body, "notice_id"), text(body, "vehicle_id"),
        text(body, "fund_id"), LiquidityKind(text(body, "kind")), day(body, "notice_date"),
        text(body, "currency"), text(body, "request_id"), whole(body, "paid_minor"),
        whole(body, "deducted_minor"), whole(body, "queued_minor"), share, day(body, "first"),
        None if body["last"] is None else day(body, "last"), 0,
    )  # fmt: skip


def proxy_level(body: Body) -> IndexLevel:
    """An index level."""
    if whole(body, "level") <= 0:
        raise Untranslatable(RejectCode.NEGATIVE_AMOUNT, "a level is greater than zero")
    return IndexLevel(
        text(body, "sender"), text(body, "index_id"), day(body, "session"), whole(body, "level"), 0
    )


def instruction_ack(body: Body) -> InstructionStatus:
    """A partner's answer."""
    return InstructionStatus(
        text(body, "instruction_id"), InstructionState(text(body, "state")), text(body, "sender"),
        (), text(body, "detail"), whole(body, "amount_minor"), 0,
    )  # fmt: skip


def cash_advice(body: Body) -> CashAdvice:
    """A bank's advice; the party that paid has the sign of one that pays."""
    amount = whole(body, "amount_minor")
    if amount <= 0:
        raise Untranslatable(RejectCode.NEGATIVE_AMOUNT, "an amount is greater than zero")
    return CashAdvice(
        text(body, "sender"), text(body, "advice_id"), text(body, "counterparty"),
        text(body, "currency"), day(body, "value_date"),
        amount if text(body, "direction") == "CREDIT" else -amount, text(body, "reference"), 0,
    )  # fmt: skip


def tick(body: Body) -> Tick:
    """A moment of the session."""
    return Tick(TickKind(text(body, "kind")), day(body, "session"), whole(body, "moment_at"))


READERS: Mapping[str, Callable[[Body], Canonical]] = {
    "inbound/ContributionBatch": contribution_batch,
    "inbound/ContributionColumns": contribution_columns,
    "inbound/ExchangeBatch": exchange_batch,
    "inbound/DistributionBatch": distribution_batch,
    "inbound/CorrectionBatch": correction_batch,
    "inbound/HoldingsStatement": holdings_statement,
    "inbound/DayEnd": day_end,
    "inbound/ManagerNav": manager_nav,
    "inbound/CapitalNotice": capital_notice,
    "inbound/LiquidityNotice": liquidity_notice,
    "inbound/ProxyLevel": proxy_level,
    "inbound/InstructionAck": instruction_ack,
    "inbound/CashAdvice": cash_advice,
    "inbound/Tick": tick,
}

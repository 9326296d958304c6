"""Native records read into the canonical vocabulary.

Not here: checks that need more than the record itself (intake and plan desks).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import cast

from gateway.connector.protocol import (
    Body,
    Canonical,
    DayEnd,
    HoldingLines,
    OrderLines,
    Tick,
    Untranslatable,
)
from gateway.core.marks import IndexLevel, ManagerMark
from gateway.core.netting import InstructionState
from gateway.core.settlement import InstructionStatus
from gateway.core.vocabulary import MONEY_SOURCES, MoneySource, OrderKind, RejectCode, TickKind

EPOCH = date(1970, 1, 1)
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
    return [cast(str, line[name]) for line in lines]


def _numbers(lines: Sequence[Line], name: str) -> list[int]:
    return [cast(int, line[name]) for line in lines]


def contribution_batch(body: Body) -> OrderLines:
    """A plan's payroll, a record a line."""
    lines = cast(Sequence[Line], body["lines"])
    n = len(lines)
    return OrderLines(
        OrderKind.CONTRIBUTION, text(body, "batch_id"), day(body, "session"),
        text(body, "currency"), whole(body, "control_count"), whole(body, "control_amount_minor"),
        [text(body, "plan_id")] * n, _column(lines, "participant_id"),
        [SOURCE_CODE[source] for source in _column(lines, "money_source")], [""] * n,
        _column(lines, "fund_id"), _numbers(lines, "amount_minor"),
        [whole(body, "received_at")] * n,
    )  # fmt: skip


def contribution_columns(body: Body) -> OrderLines:
    """Payrolls of many plans, an array a field."""
    names = ("plan_ids", "participant_ids", "money_sources", "fund_ids", "amounts_minor",
             "received_at_micros")  # fmt: skip
    columns = {name: cast(Sequence[int], body[name]) for name in names}
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) != 1:
        raise Untranslatable(RejectCode.SCHEMA, f"columns differ in length: {lengths}")
    if any(not 0 <= code < len(MoneySource) for code in set(columns["money_sources"])):
        raise Untranslatable(RejectCode.SCHEMA, "money_sources holds a code MoneySource lacks")
    return OrderLines(
        OrderKind.CONTRIBUTION, text(body, "batch_id"), day(body, "session"),
        text(body, "currency"), whole(body, "control_count"), whole(body, "control_amount_minor"),
        cast(Sequence[str], body["plan_ids"]), cast(Sequence[str], body["participant_ids"]),
        columns["money_sources"], [""] * lengths["plan_ids"],
        cast(Sequence[str], body["fund_ids"]), columns["amounts_minor"],
        columns["received_at_micros"],
    )  # fmt: skip


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
    return _orders(
        body, OrderKind.DISTRIBUTION, lines, _column(lines, "fund_id"), [""] * len(lines)
    )


def _orders(
    body: Body, kind: OrderKind, lines: Sequence[Line], sells: list[str], buys: list[str]
) -> OrderLines:
    return OrderLines(
        kind, text(body, "batch_id"), day(body, "session"), text(body, "currency"),
        whole(body, "control_count"), whole(body, "control_amount_minor"),
        _column(lines, "plan_id"), _column(lines, "participant_id"), [0] * len(lines), sells, buys,
        _numbers(lines, "amount_minor"), _numbers(lines, "received_at"),
    )  # fmt: skip


def holdings_statement(body: Body) -> HoldingLines:
    """Opening units."""
    lines = cast(Sequence[Line], body["lines"])
    return HoldingLines(
        text(body, "batch_id"), day(body, "session"), _column(lines, "plan_id"),
        _column(lines, "participant_id"), _column(lines, "fund_id"), _numbers(lines, "units"),
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
        (), text(body, "detail"),
    )  # fmt: skip


def tick(body: Body) -> Tick:
    """A moment of the session."""
    return Tick(TickKind(text(body, "kind")), day(body, "session"), whole(body, "moment_at"))


READERS: Mapping[str, Callable[[Body], Canonical]] = {
    "inbound/ContributionBatch": contribution_batch,
    "inbound/ContributionColumns": contribution_columns,
    "inbound/ExchangeBatch": exchange_batch,
    "inbound/DistributionBatch": distribution_batch,
    "inbound/HoldingsStatement": holdings_statement,
    "inbound/DayEnd": day_end,
    "inbound/ManagerNav": manager_nav,
    "inbound/ProxyLevel": proxy_level,
    "inbound/InstructionAck": instruction_ack,
    "inbound/Tick": tick,
}

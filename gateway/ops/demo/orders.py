"""The day's orders of one recordkeeper as columns, and as the records it publishes.

Payroll comes by plan, a batch cut after so many lines; exchanges and distributions come
with lines of many plans. Most are received before the close; the payroll of some plans and
a few exchanges come after it and belong to the next session.

Not here: what is wrong with some messages on purpose (`day`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt

from gateway.core.vocabulary import I64, MONEY_SOURCES, MoneySource, OrderKind
from gateway.ops.demo.draws import Draws
from gateway.ops.demo.funds import FUNDS, LIQ, MA_ALT
from gateway.ops.demo.nation import NEAR_CAP_PLAN, Bools, Nation

Form = Literal["natural", "columnar"]
Body = dict[str, object]
EPOCH = date(1970, 1, 1)
MINUTE = 60_000_000
LATE_PLAN_EVERY, LATE_PLAN_FIRST = 50, 5
PAY = (
    (0, 700_00), (100, 1_000_00), (500, 2_300_00), (900, 5_500_00), (990, 10_000_00),
    (1000, 12_000_00),
)  # fmt: skip
"""Pay of two weeks: per mille of participants, minor units."""

LEAST, MOST = 50_00, 1_500_00
"""Bounds of a payroll line, minor units."""

NO_FUND = -1


@dataclass(frozen=True, slots=True)
class Lines:
    """Orders of one kind, a row a line; indices into the nation's plans, people and FUNDS."""

    plan: I64
    participant: I64
    source: I64
    sell: I64
    buy: I64
    amount_minor: I64
    received_at: I64

    def rows(self, which: slice | Bools | I64) -> Lines:
        """Some of the lines."""
        return Lines(*(getattr(self, field.name)[which] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines under one name."""

    kind: OrderKind
    batch_id: str
    lines: Lines


@dataclass(frozen=True, slots=True)
class DayOrders:
    """All orders of the nation, by kind."""

    payroll: Lines
    exchanges: Lines
    distributions: Lines


def day_orders(nation: Nation) -> DayOrders:
    """The nation's orders of its session."""
    values = nation.values()
    active = np.arange(len(nation.plan))
    lot = Draws(nation.seed, 2).below(1_000, len(active))
    # Nobody both exchanges and is paid out, so no sale asks for what another one took.
    # Those near their cap sell nothing, so that only their purchases are seen.
    open_to_sell = ~nation.near_cap()
    near_plan = (nation.plan == NEAR_CAP_PLAN) & (active % 5 == 0)
    exchanging = (near_plan | (lot < 20)) & open_to_sell
    paid_out = (lot >= 996) & ~exchanging & open_to_sell
    return DayOrders(
        _payroll(nation),
        _exchanges(nation, values, np.flatnonzero(exchanging), near_plan),
        _distributions(nation, values, np.flatnonzero(paid_out)),
    )


def _payroll(nation: Nation) -> Lines:
    """Deferrals, match, catch-up and loan repayments, in the order of people, then sources."""
    draws, n = Draws(nation.seed, 3), len(nation.plan)
    near = nation.near_cap()
    paying = draws.chosen(70, n) | near
    pay = draws.spread(PAY, n)
    deferral = np.clip(pay * draws.between(3, 12, n) // 100, LEAST, MOST)
    deferral = np.where(near, np.maximum(deferral, 2 * LEAST), deferral)
    roth = draws.chosen(20, n)
    match = deferral // 2
    matched = (draws.chosen(75, n) & (match >= LEAST)) | near
    into_private = (nation.units[:, MA_ALT] > 0) & draws.chosen(25, n)
    into_private &= nation.plan != NEAR_CAP_PLAN
    private = np.where(draws.chosen(30, n) & ~near, MA_ALT + 1, MA_ALT)
    elected = np.where(into_private | near, private, nation.vintage)
    older = nation.vintage == 0
    parts = (
        (MoneySource.PRE_TAX, paying & ~roth, deferral, nation.vintage),
        (MoneySource.ROTH, paying & roth, deferral, nation.vintage),
        (MoneySource.CATCH_UP, paying & older & draws.chosen(12, n),
         draws.between(LEAST, 300_00, n), nation.vintage),
        (MoneySource.MATCH, paying & matched, match, elected),
        (MoneySource.LOAN_REPAYMENT, paying & draws.chosen(8, n),
         draws.between(LEAST, 250_00, n), np.where(roth, LIQ, nation.vintage)),
    )  # fmt: skip
    people = [np.flatnonzero(mask) for _, mask, _, _ in parts]
    who = np.concatenate(people)
    source = np.concatenate(
        [np.full(len(p), MONEY_SOURCES.index(s)) for p, (s, *_) in zip(people, parts, strict=True)]
    )
    amount = np.concatenate([part[2][p] for p, part in zip(people, parts, strict=True)])
    fund = np.concatenate([part[3][p] for p, part in zip(people, parts, strict=True)])
    order = np.lexsort((source, who))
    plan = nation.plan[who]
    received = _payroll_times(nation, draws)[plan]
    lines = Lines(plan, who, source, np.full(len(who), NO_FUND), fund, amount, received)
    return lines.rows(order)


def _payroll_times(nation: Nation, draws: Draws) -> I64:
    """By plan: when its agent had the payroll in good order, UTC microseconds."""
    plans = len(nation.plan_ids)
    close = nation.calendar.cutoff_at(nation.session)
    before = close - MINUTE - draws.below(170 * MINUTE, plans)
    after = close + MINUTE + draws.below(90 * MINUTE, plans)
    late = np.arange(plans) % LATE_PLAN_EVERY == LATE_PLAN_FIRST
    return np.where(late, after, before)


def _line_times(nation: Nation, draws: Draws, n: int) -> I64:
    """When orders of single participants came; two in a hundred after the close."""
    close = nation.calendar.cutoff_at(nation.session)
    before = close - 1 - draws.below(170 * MINUTE, n)
    return np.where(draws.chosen(2, n), close + draws.below(90 * MINUTE, n), before)


def _exchanges(nation: Nation, values: I64, who: I64, near_plan: Bools) -> Lines:
    """Into alternatives, out of them, and between liquid funds."""
    draws, n = Draws(nation.seed, 4), len(who)
    own, way = nation.vintage[who], draws.below(100, n)
    holds_private = values[who, MA_ALT] > 0
    into_private = (way < 40) | near_plan[who]
    out_of_private = ~into_private & (way < 75) & holds_private
    sell = np.where(out_of_private, MA_ALT, own)
    buy = np.where(into_private, MA_ALT, np.where(way % 2 == 0, LIQ, (own + 1) % 3))
    percent = np.where(near_plan[who], 4, draws.between(5, 15, n))
    amount = values[who, sell] * percent // 100
    lines = Lines(
        nation.plan[who], who, np.zeros(n, np.int64), sell, buy, amount,
        _line_times(nation, draws, n),
    )  # fmt: skip
    return lines.rows(amount > 0)


def _distributions(nation: Nation, values: I64, who: I64) -> Lines:
    """Payments out of the target-date fund."""
    draws, n = Draws(nation.seed, 5), len(who)
    own = nation.vintage[who]
    amount = values[who, own] * draws.between(5, 60, n) // 100
    nothing = np.full(n, NO_FUND)
    lines = Lines(
        nation.plan[who], who, np.zeros(n, np.int64), own, nothing, amount,
        _line_times(nation, draws, n),
    )  # fmt: skip
    return lines.rows(amount > 0)


# --- batches ----------------------------------------------------------------------------


def batches(
    nation: Nation, orders: DayOrders, owner: int, form: Form, most: int
) -> Iterator[Batch]:
    """A recordkeeper's batches in the order of publication, of at most so many lines each."""
    owners = np.array(nation.owner, np.int64)
    payroll = orders.payroll.rows(owners[orders.payroll.plan] == owner)
    if form == "columnar":
        yield from _cut(OrderKind.CONTRIBUTION, "PAYROLLS", payroll, most)
    else:
        plans = np.flatnonzero(owners == owner)
        starts = np.searchsorted(payroll.plan, plans).tolist()
        ends = np.searchsorted(payroll.plan, plans, side="right").tolist()
        for plan, start, end in zip(plans.tolist(), starts, ends, strict=True):
            name = f"PAYROLL-{nation.plan_ids[plan]}"
            yield from _cut(OrderKind.CONTRIBUTION, name, payroll.rows(slice(start, end)), most)
    for kind, lines in (
        (OrderKind.EXCHANGE, orders.exchanges),
        (OrderKind.DISTRIBUTION, orders.distributions),
    ):
        mine = lines.rows(owners[lines.plan] == owner)
        yield from _cut(kind, f"{kind.value}S", mine, most)


def _cut(kind: OrderKind, name: str, lines: Lines, most: int) -> Iterator[Batch]:
    for number, at in enumerate(range(0, len(lines.plan), most), 1):
        yield Batch(kind, f"{name}-{number}", lines.rows(slice(at, at + most)))


def record_of(nation: Nation, sender: str, batch: Batch, form: Form) -> tuple[str, Body]:
    """A batch as its sender publishes it: the schema's name and the record."""
    lines = batch.lines
    body: Body = {
        "sender": sender,
        "batch_id": batch.batch_id,
        "session": (nation.session - EPOCH).days,
        "currency": "USD",
        "control_count": len(lines.plan),
        "control_amount_minor": int(lines.amount_minor.sum()),
    }
    if batch.kind is OrderKind.EXCHANGE:
        body["lines"] = _participant_lines(nation, lines, "from_fund_id", "into_fund_id")
        return "inbound/ExchangeBatch", body
    if batch.kind is OrderKind.DISTRIBUTION:
        body["lines"] = _participant_lines(nation, lines, "fund_id", None)
        return "inbound/DistributionBatch", body
    if form == "columnar":
        return "inbound/ContributionColumns", {**body, **_columns(nation, lines)}
    sources = [source.value for source in MONEY_SOURCES]
    body["plan_id"] = nation.plan_ids[int(lines.plan[0])]
    body["received_at"] = int(lines.received_at[0])
    body["lines"] = [
        {
            "participant_id": nation.participant_ids[who],
            "money_source": sources[source],
            "fund_id": FUNDS[fund],
            "amount_minor": amount,
        }
        for who, source, fund, amount in _rows(
            lines.participant, lines.source, lines.buy, lines.amount_minor
        )
    ]
    return "inbound/ContributionBatch", body


def _rows(*columns: npt.NDArray[np.int64]) -> Iterator[tuple[int, ...]]:
    return zip(*(column.tolist() for column in columns), strict=True)


def _participant_lines(nation: Nation, lines: Lines, sells: str, buys: str | None) -> list[Body]:
    made: list[Body] = []
    for plan, who, sell, buy, amount, received in _rows(
        lines.plan, lines.participant, lines.sell, lines.buy, lines.amount_minor, lines.received_at
    ):
        line: Body = {
            "plan_id": nation.plan_ids[plan],
            "participant_id": nation.participant_ids[who],
            sells: FUNDS[sell],
            "amount_minor": amount,
            "received_at": received,
        }
        if buys is not None:
            line[buys] = FUNDS[buy]
        made.append(line)
    return made


def _columns(nation: Nation, lines: Lines) -> Body:
    plans, plan = np.unique(lines.plan, return_inverse=True)
    return {
        "plan_ids": [nation.plan_ids[number] for number in plans.tolist()],
        "plan_index": plan.tolist(),
        "participant_ids": [nation.participant_ids[who] for who in lines.participant.tolist()],
        "money_sources": lines.source.tolist(),
        "fund_ids": list(FUNDS),
        "fund_index": lines.buy.tolist(),
        "amounts_minor": lines.amount_minor.tolist(),
        "received_at_micros": lines.received_at.tolist(),
    }

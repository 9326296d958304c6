"""Rows about gates: the terms they stand for, and what came out of one.

Not here: which words there are (`words_gates`), the rest of a fund's terms (`world`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from gateway.core.capital_returns import CapitalReturned, CapitalShared
from gateway.core.gates import DealingDays, GateTerms
from gateway.core.liquidity import CapBasis, CapPeriod, GateCap, Suspension
from gateway.core.money import Ratio
from gateway.core.redemption_queue import CarryPolicy, TranchePricing
from gateway.core.repurchases import Offer
from gateway.core.requests import GatePassed, RequestStatus
from gateway.core.withdrawals import Withdrawal
from gateway.errors import ConfigError
from gateway.ops.scenario.words import Observed, Row

LONG_AGO = date(2000, 1, 1)


def gate_terms(rows: Sequence[Row], fund: str, where: str) -> GateTerms | None:
    """The gate that rows give a fund, if they do.

    Args:
        rows: All rows about gates, in their order.
        fund: The fund.
        where: The scenario, for errors.

    Raises:
        ConfigError: Caps, offers or suspensions are given without a `gate` row.
    """
    mine = [row for row in rows if row.text("fund") == fund]
    gates = [row for row in mine if row.word.name == "gate"]
    if not gates:
        if mine:
            raise ConfigError(f"{where}:{mine[0].line}: {mine[0].word.name} of {fund}, but no gate "
                              "row says how it deals")  # fmt: skip
        return None
    gate = gates[-1]
    early = gate.share("early_deduction").ratio if gate.has("early_deduction") else None
    return GateTerms(
        DealingDays(gate.text("dealing", "EVERY_SESSION")), CarryPolicy(gate.text("policy")),
        TranchePricing(gate.text("pricing", "PER_TRANCHE")),
        tuple(_cap(row) for row in mine if row.word.name == "gate_cap"),
        tuple(
            Suspension(row.day("first", LONG_AGO), row.day("last", LONG_AGO)
                       if row.has("last") else None)
            for row in mine if row.word.name == "suspension"
        ),
        tuple(_offer(row) for row in mine if row.word.name == "offer"), early,
        bool(gate.values.get("odd_lots_first", False)), gate.number("notice_days", 0),
        Withdrawal(gate.text("withdrawal", "NONE")),
    )  # fmt: skip


def _cap(row: Row) -> GateCap:
    return GateCap(
        row.text("name", f"{row.text('period', 'QUARTER')}_CAP"), row.share("cap").ratio,
        CapBasis(row.text("basis", "NAV")), CapPeriod(row.text("period", "QUARTER")),
        bool(row.values.get("net", False)), row.day("first", LONG_AGO),
        row.day("last", LONG_AGO) if row.has("last") else None,
    )  # fmt: skip


def _offer(row: Row) -> Offer:
    fee = row.share("fee").ratio if row.has("fee") else Ratio(0, 1)
    extra = row.share("extra").ratio if row.has("extra") else None
    return Offer(
        row.share("share").ratio, fee, row.day("noticed", LONG_AGO), row.day("deadline", LONG_AGO),
        row.day("priced", LONG_AGO), row.day("paid", LONG_AGO), extra,
    )  # fmt: skip


def given_back(
    event: CapitalReturned | CapitalShared, names: Mapping[int, str]
) -> Iterator[Observed]:
    """Capital that a fund returned, in all or to each participant."""
    if isinstance(event, CapitalReturned):
        yield Observed("returned", {
            "fund": event.fund_id, "amount": event.minor, "planned": event.planned_minor,
            "session": event.session, "settlement_date": event.settlement_date,
        })  # fmt: skip
        return
    rows = zip(event.plan.tolist(), event.participant.tolist(), event.minor.tolist(), strict=True)
    for plan, who, minor in rows:
        yield Observed("given_back", {
            "participant": names.get(who, "?"), "fund": event.fund_id, "amount": minor,
            "into": event.liquid_funds[plan], "buys_on": event.buys_on,
            "plan": event.plans[plan],
        })  # fmt: skip


def told(event: GatePassed | RequestStatus, names: Mapping[int, str]) -> Iterator[Observed]:
    """What came out of a gate: its room, or what became of each request."""
    if isinstance(event, GatePassed):
        if event.bound_by:
            yield Observed("gate", {
                "fund": event.fund_id, "room": event.room_minor, "bound_by": event.bound_by,
                "asked": sum(row.asked_minor for row in event.rows), "met": event.met_minor,
                "kept": event.met_minor - event.paid_minor,
                "queued": sum(row.queued_minor for row in event.rows),
                "lapsed": sum(row.lapsed_minor for row in event.rows),
                "settlement_date": event.settlement_date, "session": event.session,
            })  # fmt: skip
        return
    rows = zip(event.participant.tolist(), event.asked_minor.tolist(), event.paid_minor.tolist(),
               event.kept_minor.tolist(), event.left_minor.tolist(),
               event.lapsed_minor.tolist(), event.withdrawn_minor.tolist(),
               strict=True)  # fmt: skip
    for who, asked, paid, kept, left, lapsed, withdrawn in rows:
        yield Observed("request", {
            "participant": names.get(who, "?"), "fund": event.fund_id, "asked": asked,
            "paid": paid, "kept": kept, "left": left, "lapsed": lapsed,
            "withdrawn": withdrawn, "state": event.state,
            "code": event.code or "-", "session": event.session, "buys_on": event.buys_on,
            "plan": event.plan_id,
        })  # fmt: skip

"""Legs by which a wrong NAV is put right, worked out again from what plan partitions booked.

Not here: the other legs (`money`), the strike that was wrong (`strikes`).
Source: domain.md §3.4, golden G23. Law: L1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.core.dilution import NavErrorKind
from gateway.core.money import format_scaled
from gateway.core.nav_correction import CorrectionTotals, NavCorrection, NavErrorBooked, settled
from gateway.ops.explain.issued import Issued, Leg
from gateway.ops.explain.node import Node, Rule, agree
from gateway.ops.explain.strikes import Strike
from gateway.ops.explain.walk import Origin, Walk, money

CORRECT_RULE = Rule(
    "material from one half of one percent of the correct NAV: then orders are booked again at it",
    "domain.md §3.4; G23",
)
PAYER_RULE = Rule(
    "the responsible party pays what redemptions got too much and the fund's net loss; a net "
    "gain stays in the fund", "domain.md §3.4; G23",
)  # fmt: skip
PAID_RULE = Rule("redemptions get what they got too little, from $10 on", "domain.md §3.4; G23")
SIDE_RULE = Rule("the custodian's side of it, so that both cancel out", "law L1")


@dataclass(slots=True)
class _Error:
    """One decision of a fund partition that booked a correction, with all behind it."""

    booked: NavErrorBooked
    correction: NavCorrection
    totals: list[CorrectionTotals] = field(default_factory=list)


async def nav_error_nodes(walk: Walk, issued: Issued) -> list[Node]:
    """The legs of an instruction that put a wrong NAV right.

    Raises:
        LawBroken: They are not what follows from the accounts.
    """
    legs = issued.nav_errors
    origins = await walk.origins("cash", issued.partition, {leg.arrived for leg in legs})
    errors: dict[tuple[Origin, str], _Error] = {}
    for partition in sorted({origin.partition for origin in origins.values()}):
        errors |= await _errors(walk, partition)
    return [
        _leg_node(issued.instruction.currency, leg, errors[origins[leg.arrived], leg.row.fund_id])
        for leg in legs
    ]


async def _errors(walk: Walk, partition: int) -> dict[tuple[Origin, str], _Error]:
    decided: dict[tuple[str, object], NavCorrection] = {}
    totals: dict[tuple[str, object], list[CorrectionTotals]] = {}
    found: dict[tuple[Origin, str], _Error] = {}
    async for at in walk.decisions("fund", partition):
        for event in at.events:
            match event:
                case NavCorrection():
                    decided[event.fund_id, event.session] = event
                case CorrectionTotals():
                    totals.setdefault((event.fund_id, event.session), []).append(event)
                case NavErrorBooked():
                    key = (event.fund_id, event.session)
                    origin = Origin("fund", partition, at.offset)
                    error = _Error(event, decided[key], totals[key])
                    found[origin, event.fund_id] = error
    return found


def _leg_node(currency: str, leg: Leg, error: _Error) -> Node:
    row, booked = leg.row, error.booked
    where = f"{row.fund_id} {row.trade_date} {row.reference}"
    by_payer = row.reference == row.fund_id
    fund_side = row.reason.endswith("FUND_SIDE")
    if by_payer:
        size = settled(error.correction, error.totals).paid_in_minor
        agree(where, "paid in for a wrong NAV", booked.paid_in_minor, size)
    else:
        size = _paid_to(row.reference, error.totals)
    agree(where, row.reason, abs(row.amount_minor), size)
    verb = "pays" if row.amount_minor > 0 else "is paid"
    rule = SIDE_RULE if fund_side else PAYER_RULE if by_payer else PAID_RULE
    return Node(
        "nav_error",
        f"{row.counterparty} {verb} {money(size, currency)}: {_figures(error.correction)}",
        row.amount_minor,
        rule,
        {"fund_id": row.fund_id, "session": row.trade_date, "reference": row.reference,
         "decision": booked.batch_id, "payer": booked.payer, "kind": booked.kind,
         "units_change": booked.units_change, "kept_minor": booked.kept_minor},
        (_decided(error.correction),),
    )  # fmt: skip


def _paid_to(plan: str, totals: Sequence[CorrectionTotals]) -> int:
    """What the accounts of a plan are paid, minor units."""
    return sum(
        minor
        for each in totals
        for name, minor in zip(each.plans, each.paid_minor.tolist(), strict=True)
        if name == plan
    )


def _figures(correction: NavCorrection) -> str:
    wrong, right = (
        format_scaled(nav, correction.nav_scale) for nav in (correction.published, correction.nav)
    )
    return f"the NAV of {correction.fund_id} of {correction.session} was {wrong}, right is {right}"


def _decided(correction: NavCorrection) -> Node:
    return Node(
        "nav_correction",
        f"{correction.kind}; {correction.requested_by} asked and {correction.approved_by} "
        f"approved it with {correction.batch_id}: {correction.reason}",
        rule=CORRECT_RULE,
        facts={"published": correction.published, "nav": correction.nav, "kind": correction.kind,
               "booked": correction.effective},
    )  # fmt: skip


def corrected_node(strike: Strike) -> tuple[Node, ...]:
    """What people decided about a NAV that was struck wrong; nothing if they did not."""
    correction = strike.corrected
    if correction is None:
        return ()
    nav = format_scaled(correction.nav, correction.nav_scale)
    stands = f"it stands at {nav}" if correction.kind is NavErrorKind.MATERIAL else "it stands"
    return (
        Node(
            "corrected", f"{_figures(correction)}: {stands}", rule=CORRECT_RULE,
            facts={"nav": correction.nav, "published": correction.published},
            children=(_decided(correction),),
        ),
    )  # fmt: skip

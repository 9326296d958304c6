"""Obligations between parties, the instructions they are netted into, and their life.

A leg is signed from the gateway's point of view as the place where money meets:
positive, the party pays in; negative, the party is paid. The legs of a session add
up to zero in each currency (law L1).

Not here: how a partner wants an instruction written (connectors).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from gateway.core.netting import InstructionState
from gateway.core.vocabulary import RejectCode
from gateway.core.wire_parts import WirePart

REOPENED = "REOPENED"
"""Reason of a leg that an instruction did not settle: it was cancelled or rejected."""

CORRECTION = "CORRECTION"
"""Reason of a leg that evens out what a correction pays too much or too little."""


@dataclass(frozen=True, slots=True)
class ObligationRow:
    """What one party owes (positive) or is owed (negative) for one reason."""

    counterparty: Annotated[str, "party that pays or is paid"]
    trade_date: Annotated[date, "session whose NAV was used, the last one of a leg owed again"]
    settlement_date: Annotated[date, "day the money moves"]
    amount_minor: Annotated[int, "minor units, positive: the party pays"]
    fund_id: Annotated[str, "fund it concerns; empty where it is owed again"]
    reference: Annotated[str, "plan id, vehicle id for a purchase of the fund, or instruction"]
    reason: Annotated[
        str,
        "PLAN_PURCHASE, PLAN_REDEMPTION, FUND_SIDE, ALTERNATIVE_PURCHASE, DILUTION; REOPENED or "
        "CORRECTION where an instruction did not settle as it was issued",
    ]
    submitter: Annotated[str, "recordkeeper that sent the orders; empty: no order is behind it"] = (
        ""
    )


@dataclass(frozen=True, slots=True)
class Obligation:
    """Legs of one fund's session that concern one cash partition."""

    partition: Annotated[int, "fund partition that sends it"]
    session: Annotated[date, "session that closed"]
    currency: Annotated[str, "ISO 4217 code of every amount"]
    rows: Annotated[tuple[ObligationRow, ...], "the legs"]


@dataclass(frozen=True, slots=True)
class SettlementInstruction:
    """One net payment of one party for one settlement day."""

    instruction_id: Annotated[str, "the same for the same facts"]
    session: Annotated[date, "session at whose close it was issued"]
    counterparty: Annotated[str, "party that pays or is paid"]
    receiver: Annotated[str, "whose topic it goes to"]
    dialect: Annotated[str, "connector that renders it"]
    currency: Annotated[str, "ISO 4217 code"]
    settlement_date: Annotated[date, "day the money moves"]
    amount_minor: Annotated[int, "minor units, positive: the counterparty pays"]
    gross_in_minor: Annotated[int, "sum of what the counterparty owed"]
    gross_out_minor: Annotated[int, "sum of what it was owed, as a positive number"]
    trade_dates: Annotated[tuple[date, ...], "sessions behind it"]
    legs: Annotated[int, "obligations netted into it"]
    replaces: Annotated[str, "cancelled instruction in whose place it stands, or empty"] = ""
    corrects: Annotated[str, "settled instruction to which it adds a difference, or empty"] = ""
    parts: Annotated[
        tuple[WirePart, ...],
        "what it is made of, by submitter and trade date; empty where it pays another's rest",
    ] = ()


@dataclass(frozen=True, slots=True)
class InstructionCancellation:
    """An instruction is taken back; once acknowledged, the receiver is asked to agree."""

    instruction: Annotated[SettlementInstruction, "as it was issued"]
    asks: Annotated[bool, "true: it stands unless the receiver agrees; false: it is off"]
    settled_minor: Annotated[int, "minor units paid of it so far, which stay paid"]


@dataclass(frozen=True, slots=True)
class InstructionStatus:
    """A step in the life of an instruction."""

    instruction_id: Annotated[str, "which instruction"]
    state: Annotated[InstructionState, "the state it asks for"]
    source: Annotated[str, "who says so"]
    codes: Annotated[tuple[RejectCode, ...], "reasons given with a refusal"]
    detail: Annotated[str, "the partner's own words"]
    amount_minor: Annotated[int, "minor units settled so far, where a part is; else 0"]
    recorded_at: Annotated[int, "UTC microseconds: broker stamp; 0 from a desk"]

"""Reference dialect of an evergreen vehicle, modelled on unit-price documents.

It shows how a partner's own words become the vocabulary; it is not any firm's actual
format. Values arrive as units times price, both with six decimals.

Not here: the native form, which such a partner may also use for its ticks.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import cast

from gateway.connector.lineage import lineage_said
from gateway.connector.protocol import Body, Canonical, Rendered, Untranslatable
from gateway.core.lineage import MarkMethod, ValuedBy
from gateway.core.marks import ManagerMark
from gateway.core.money import value_of
from gateway.core.netting import InstructionState
from gateway.core.settlement import (
    InstructionCancellation,
    InstructionStatus,
    SettlementInstruction,
)
from gateway.core.vocabulary import RejectCode

EPOCH = date(1970, 1, 1)
CENT_E6 = 10_000
STATES = {
    "confirmed": InstructionState.ACKNOWLEDGED,
    "declined": InstructionState.REJECTED,
    "paid": InstructionState.SETTLED,
    "unpaid": InstructionState.FAILED,
    "partly paid": InstructionState.PARTIALLY_SETTLED,
    "withdrawn": InstructionState.CANCELLED,
    "not withdrawn": InstructionState.CANCEL_REFUSED,
}
BASES = {
    "": MarkMethod.UNSTATED,
    "reported": MarkMethod.REPORTED_NAV,
    "appraised": MarkMethod.APPRAISAL,
    "modelled": MarkMethod.MODEL,
    "traded": MarkMethod.TRANSACTION,
    "audited": MarkMethod.AUDITED,
}


class Kkr:
    """Unit prices and payment advices."""

    name = "kkr"

    def translate(self, schema: str, body: Body) -> Canonical:
        """A unit price or a status update."""
        match schema:
            case "inbound/KkrEvergreenNav":
                return _nav(body)
            case "inbound/KkrStatusUpdate":
                return _status(body)
        raise Untranslatable(RejectCode.SCHEMA, f"{schema} is not part of this dialect")

    def render(self, instruction: SettlementInstruction) -> Rendered:
        """A payment advice."""
        return Rendered(
            "outbound/KkrPaymentAdvice",
            {
                "adviceId": instruction.instruction_id,
                "party": instruction.counterparty,
                "valueDate": (instruction.settlement_date - EPOCH).days,
                "currency": instruction.currency,
                "amountE6": instruction.amount_minor * CENT_E6,
                "inPlaceOf": instruction.replaces,
                "adjusts": instruction.corrects,
            },
        )

    def render_cancellation(self, cancellation: InstructionCancellation) -> Rendered:
        """A withdrawal of an advice."""
        return Rendered(
            "outbound/KkrAdviceWithdrawal",
            {
                "adviceId": cancellation.instruction.instruction_id,
                "party": cancellation.instruction.counterparty,
                "consentNeeded": cancellation.asks,
                "paidE6": cancellation.settled_minor * CENT_E6,
            },
        )


def _status(body: Body) -> InstructionStatus:
    status, paid = cast(str, body["status"]), cast(int, body["paidE6"])
    if status not in STATES:
        raise Untranslatable(RejectCode.SCHEMA, f"status is one of {', '.join(STATES)}")
    if paid % CENT_E6:
        raise Untranslatable(RejectCode.AMOUNT_RANGE, "paidE6 is a number of whole cents")
    return InstructionStatus(
        cast(str, body["adviceId"]), STATES[status], cast(str, body["sender"]), (),
        cast(str, body["remark"]), paid // CENT_E6, 0,
    )  # fmt: skip


def _nav(body: Body) -> ManagerMark:
    units, price = cast(int, body["unitsE6"]), cast(int, body["priceE6"])
    if units < 0 or price < 0:
        raise Untranslatable(RejectCode.NEGATIVE_AMOUNT, "units and price are zero or more")
    try:
        measured = EPOCH + timedelta(days=cast(int, body["valuationDate"]))
    except OverflowError as wrong:
        raise Untranslatable(RejectCode.CALENDAR, "valuationDate is not a date") from wrong
    basis, firm = cast(str, body["priceBasis"]), cast(str, body["independentFirm"])
    if basis not in BASES:
        raise Untranslatable(RejectCode.SCHEMA, f"priceBasis is one of {', '.join(BASES)[2:]}")
    by = ValuedBy.INDEPENDENT if firm.strip() else ValuedBy.MANAGER
    return ManagerMark(
        cast(str, body["sender"]), cast(str, body["documentId"]), cast(str, body["vehicle"]),
        cast(str, body["holder"]), measured, value_of(units, price, nav_scale=6, unit_scale=6),
        cast(str, body["currency"]), 0,
        lineage_said(BASES[basis], by, firm, cast(str, body["approvedBy"])),
    )  # fmt: skip


CONNECTOR = Kkr()

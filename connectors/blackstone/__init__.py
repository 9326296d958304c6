"""Reference dialect of a tender-offer vehicle, modelled on transfer-agent files.

It shows how a partner's own words become the vocabulary; it is not any firm's actual
format. Amounts are decimal strings, dates are YYYYMMDD.

Not here: the native form, which such a partner may also use for its ticks.
"""

from __future__ import annotations

from datetime import datetime
from typing import cast

from gateway.connector.lineage import lineage_said
from gateway.connector.protocol import Body, Canonical, Rendered, Untranslatable
from gateway.core.lineage import MarkMethod, ValuedBy
from gateway.core.marks import ManagerMark
from gateway.core.money import format_scaled, parse_amount
from gateway.core.netting import InstructionState
from gateway.core.settlement import (
    InstructionCancellation,
    InstructionStatus,
    SettlementInstruction,
)
from gateway.core.vocabulary import RejectCode

STATES = {
    "ACCP": InstructionState.ACKNOWLEDGED,
    "REJT": InstructionState.REJECTED,
    "SETT": InstructionState.SETTLED,
    "FAIL": InstructionState.FAILED,
    "PART": InstructionState.PARTIALLY_SETTLED,
    "CANC": InstructionState.CANCELLED,
    "NOCX": InstructionState.CANCEL_REFUSED,
}
BASES = {
    "": MarkMethod.UNSTATED,
    "RNAV": MarkMethod.REPORTED_NAV,
    "APPR": MarkMethod.APPRAISAL,
    "MODL": MarkMethod.MODEL,
    "TRAN": MarkMethod.TRANSACTION,
    "AUDT": MarkMethod.AUDITED,
}


class Blackstone:
    """Capital statements and wire notices."""

    name = "blackstone"

    def translate(self, schema: str, body: Body) -> Canonical:
        """A capital statement or an answer to a wire notice."""
        words = {name: cast(str, value) for name, value in body.items()}
        match schema:
            case "inbound/BlackstoneVehicleStatement":
                return _statement(words)
            case "inbound/BlackstoneTradeAck":
                return _answer(words)
        raise Untranslatable(RejectCode.SCHEMA, f"{schema} is not part of this dialect")

    def render(self, instruction: SettlementInstruction) -> Rendered:
        """A wire notice."""
        return Rendered("outbound/BlackstoneWireNotice", _notice(instruction, "NEWM"))

    def render_cancellation(self, cancellation: InstructionCancellation) -> Rendered:
        """The same notice again, as a cancellation or as a request for one."""
        function = "CAXR" if cancellation.asks else "CANC"
        return Rendered(
            "outbound/BlackstoneWireNotice", _notice(cancellation.instruction, function)
        )


def _notice(instruction: SettlementInstruction, function: str) -> dict[str, object]:
    amount = instruction.amount_minor
    return {
        "WireRef": instruction.instruction_id,
        "Function": function,
        "PriorRef": instruction.replaces or instruction.corrects,
        "ValueDate": f"{instruction.settlement_date:%Y%m%d}",
        "Party": instruction.counterparty,
        "DrCr": "DR" if amount > 0 else "CR",
        "Ccy": instruction.currency,
        "Amt": format_scaled(abs(amount), 2),
    }


def _answer(words: dict[str, str]) -> InstructionStatus:
    code, paid = words["Code"], words["PaidAmt"]
    if code not in STATES:
        raise Untranslatable(RejectCode.SCHEMA, f"Code is one of {', '.join(STATES)}")
    try:
        amount = parse_amount(paid, "USD") if paid else 0
    except ValueError as wrong:
        detail = "PaidAmt is empty or a decimal figure"
        raise Untranslatable(RejectCode.SCHEMA, detail) from wrong
    return InstructionStatus(
        words["WireRef"], STATES[code], words["sender"], (), words["Narrative"], amount, 0
    )


def _statement(words: dict[str, str]) -> ManagerMark:
    try:
        measured = datetime.strptime(words["AsOfDate"], "%Y%m%d").date()  # noqa: DTZ007 -- a date
        value = parse_amount(words["CapitalBalance"], words["Ccy"])
    except (ValueError, KeyError) as wrong:
        detail = "AsOfDate is YYYYMMDD, CapitalBalance a decimal figure of a known currency"
        raise Untranslatable(RejectCode.SCHEMA, detail) from wrong
    basis, valuer = words["ValBasis"], words["IndepValuer"]
    if basis not in BASES:
        raise Untranslatable(RejectCode.SCHEMA, f"ValBasis is one of {', '.join(BASES)[2:]}")
    by = ValuedBy.INDEPENDENT if valuer.strip() else ValuedBy.MANAGER
    return ManagerMark(
        words["sender"], words["StatementRef"], words["FundCode"], words["InvestorRef"], measured,
        value, words["Ccy"], 0, lineage_said(BASES[basis], by, valuer, words["ApprovedBy"]),
    )  # fmt: skip


CONNECTOR = Blackstone()

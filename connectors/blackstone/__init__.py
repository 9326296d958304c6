"""Reference dialect of a tender-offer vehicle, modelled on transfer-agent files.

It shows how a partner's own words become the vocabulary; it is not any firm's actual
format. Amounts are decimal strings, dates are YYYYMMDD.

Not here: the native form, which such a partner may also use for its ticks.
"""

from __future__ import annotations

from datetime import datetime
from typing import cast

from gateway.connector.protocol import Body, Canonical, Rendered, Untranslatable
from gateway.core.marks import ManagerMark
from gateway.core.money import format_scaled, parse_amount
from gateway.core.netting import InstructionState
from gateway.core.settlement import InstructionStatus, SettlementInstruction
from gateway.core.vocabulary import RejectCode

STATES = {
    "ACCP": InstructionState.ACKNOWLEDGED,
    "REJT": InstructionState.REJECTED,
    "SETT": InstructionState.SETTLED,
    "FAIL": InstructionState.FAILED,
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
                if words["Code"] not in STATES:
                    raise Untranslatable(RejectCode.SCHEMA, f"Code is one of {', '.join(STATES)}")
                return InstructionStatus(
                    words["WireRef"], STATES[words["Code"]], words["sender"], (), words["Narrative"]
                )
        raise Untranslatable(RejectCode.SCHEMA, f"{schema} is not part of this dialect")

    def render(self, instruction: SettlementInstruction) -> Rendered:
        """A wire notice."""
        amount = instruction.amount_minor
        return Rendered(
            "outbound/BlackstoneWireNotice",
            {
                "WireRef": instruction.instruction_id,
                "ValueDate": f"{instruction.settlement_date:%Y%m%d}",
                "Party": instruction.counterparty,
                "DrCr": "DR" if amount > 0 else "CR",
                "Ccy": instruction.currency,
                "Amt": format_scaled(abs(amount), 2),
            },
        )


def _statement(words: dict[str, str]) -> ManagerMark:
    try:
        measured = datetime.strptime(words["AsOfDate"], "%Y%m%d").date()  # noqa: DTZ007 -- a date
        value = parse_amount(words["CapitalBalance"], words["Ccy"])
    except (ValueError, KeyError) as wrong:
        detail = "AsOfDate is YYYYMMDD, CapitalBalance a decimal figure of a known currency"
        raise Untranslatable(RejectCode.SCHEMA, detail) from wrong
    return ManagerMark(
        words["sender"], words["StatementRef"], words["FundCode"], words["InvestorRef"], measured,
        value, words["Ccy"], 0,
    )  # fmt: skip


CONNECTOR = Blackstone()

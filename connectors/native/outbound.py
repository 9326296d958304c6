"""Instructions in the native form.

Not here: framing and encoding.
"""

from __future__ import annotations

from datetime import date

from gateway.core.settlement import SettlementInstruction

EPOCH = date(1970, 1, 1)


def days(day: date) -> int:
    """Days since 1970, as Avro writes a date."""
    return (day - EPOCH).days


def instruction_body(instruction: SettlementInstruction) -> dict[str, object]:
    """The fields of `outbound/NativeInstruction`."""
    amount = instruction.amount_minor
    return {
        "instruction_id": instruction.instruction_id,
        "session": days(instruction.session),
        "counterparty": instruction.counterparty,
        "direction": "PAY" if amount > 0 else "RECEIVE" if amount < 0 else "NONE",
        "currency": instruction.currency,
        "amount_minor": abs(amount),
        "settlement_date": days(instruction.settlement_date),
        "gross_in_minor": instruction.gross_in_minor,
        "gross_out_minor": instruction.gross_out_minor,
        "trade_dates": [days(day) for day in instruction.trade_dates],
        "legs": instruction.legs,
    }

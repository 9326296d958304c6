"""Instructions and their cancellations in the native form.

Not here: framing and encoding.
"""

from __future__ import annotations

from datetime import date

from gateway.core.settlement import InstructionCancellation, SettlementInstruction

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
        "replaces": instruction.replaces,
        "corrects": instruction.corrects,
        "parts": [
            {
                "submitter": part.submitter,
                "trade_date": days(part.trade_date),
                "gross_in_minor": part.gross_in_minor,
                "gross_out_minor": part.gross_out_minor,
            }
            for part in instruction.parts
        ],
    }


def cancellation_body(cancellation: InstructionCancellation) -> dict[str, object]:
    """The fields of `outbound/NativeCancellation`."""
    instruction = cancellation.instruction
    return {
        "instruction_id": instruction.instruction_id,
        "counterparty": instruction.counterparty,
        "asks": cancellation.asks,
        "currency": instruction.currency,
        "amount_minor": abs(instruction.amount_minor),
        "settled_minor": cancellation.settled_minor,
        "settlement_date": days(instruction.settlement_date),
    }

"""What came out of the cash and dispatch desks, in the words of `then` rows.

Not here: other desks (`observe`).
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.core.cash_breaks import AdviceMatched, BreakClosed, CashBreak
from gateway.core.events import CancellationSent, InstructionAdvanced, LegReopened
from gateway.core.settlement import SettlementInstruction
from gateway.desks.cash_state import Standing
from gateway.desks.cash_status import DISPATCH
from gateway.desks.intake_decisions import counterparty_of
from gateway.ops.scenario.stage import Stage
from gateway.ops.scenario.words import Observed


def side(amount_minor: int) -> dict[str, object]:
    """A signed amount as a direction and a size."""
    direction = "pays" if amount_minor > 0 else "receives" if amount_minor < 0 else "even"
    return {"direction": direction, "amount": abs(amount_minor)}


def life(event: object, stage: Stage) -> Iterator[Observed]:
    """What an event says of an instruction; nothing if it says nothing, or that it was sent."""
    match event:
        case SettlementInstruction():
            yield _instruction(event, stage)
            for part in event.parts:
                yield Observed("wire_part", {
                    "counterparty": event.counterparty, "submitter": part.submitter or "-",
                    **side(part.amount_minor), "trade_date": part.trade_date,
                    "settlement_date": event.settlement_date, "gross_in": part.gross_in_minor,
                    "gross_out": part.gross_out_minor, "name": event.instruction_id,
                })  # fmt: skip
        case InstructionAdvanced() if event.source != DISPATCH:
            yield Observed("step", {
                "counterparty": counterparty_of(event.instruction_id), "state": event.state.value,
                "settled": event.settled_minor, "by": event.source, "says": event.detail,
                "name": event.instruction_id,
            })  # fmt: skip
        case LegReopened():
            row = event.row
            yield Observed("owed_again", {
                "counterparty": row.counterparty, **side(row.amount_minor),
                "settlement_date": row.settlement_date, "from": event.instruction_id,
                "reason": row.reason,
            })  # fmt: skip
        case AdviceMatched() | CashBreak() | BreakClosed():
            yield _about_cash(event)
        case CancellationSent():
            yield Observed("cancellation", {
                "counterparty": counterparty_of(event.instruction_id), "asks": event.asks,
                "name": event.instruction_id,
            })  # fmt: skip


def _about_cash(event: AdviceMatched | CashBreak | BreakClosed) -> Observed:
    match event:
        case AdviceMatched():
            return Observed("advised", {
                "counterparty": event.advice.counterparty, **side(event.advice.amount_minor),
                "instruction": event.instruction_id or "-", "resolves": event.resolves or "-",
            })  # fmt: skip
        case CashBreak():
            return Observed("cash_break", {
                "kind": event.kind.value, "counterparty": event.counterparty,
                "expected": event.expected_minor, "advised": event.advised_minor,
                "instruction": event.instruction_id or "-", "since": event.since,
                "opened": event.opened, "currency": event.currency, "name": event.break_id,
            })  # fmt: skip
        case BreakClosed():
            return Observed("break_closed", {
                "name": event.break_id, "by": event.by, "session": event.session,
            })  # fmt: skip


def _instruction(event: SettlementInstruction, stage: Stage) -> Observed:
    standing = _standing(event, stage)
    return Observed("instruction", {
        "counterparty": event.counterparty, **side(event.amount_minor),
        "currency": event.currency,
        "settlement_date": event.settlement_date, "trade_dates": event.trade_dates,
        "gross_in": event.gross_in_minor, "gross_out": event.gross_out_minor,
        "legs": event.legs, "session": event.session, "state": standing.state.value,
        "settled": standing.settled_minor, "name": event.instruction_id,
        "replaces": event.replaces or "-", "corrects": event.corrects or "-",
    })  # fmt: skip


def _standing(event: SettlementInstruction, stage: Stage) -> Standing:
    home = stage.gateway.topology.home("cash", event.counterparty).partition
    seat = [s for s in stage.seats if s.desk.name == "cash"][home]
    found = seat.state.instructions.get(event.instruction_id)
    # One that was forgotten in the meantime is as it was issued.
    return found if isinstance(found, Standing) else Standing(event)

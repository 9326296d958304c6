"""The dispatch desk: writes each instruction in its receiver's dialect and sends it.

Inbox: SettlementInstruction. Sends: the rendered instruction to `out.<receiver>`, and
the step to SENT back to the cash desk.

Not here: acknowledgements; they come in through the partner's own topic and intake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.connector.protocol import Connector
from gateway.core.events import InstructionAdvanced
from gateway.core.netting import InstructionState
from gateway.core.settlement import InstructionStatus, SettlementInstruction
from gateway.desks.desk import Address, Decision, Desk, Send, Topology


@dataclass(slots=True)
class DispatchState:
    """The state of one dispatch partition: how many it has sent."""

    partition: int = 0
    sent: int = 0


def dispatch_desk(topology: Topology, connectors: Mapping[str, Connector]) -> Desk[DispatchState]:
    """The dispatch desk of a topology, with the dialects it can write."""

    def decide(state: DispatchState, message: object) -> Decision:
        assert isinstance(message, SettlementInstruction), type(message).__name__
        rendered = connectors[message.dialect].render(message)
        status = InstructionStatus(
            message.instruction_id, InstructionState.SENT, "dispatch", (), ""
        )
        event = InstructionAdvanced(
            message.instruction_id, InstructionState.SENT, "dispatch", message.receiver
        )
        return Decision(
            (event,),
            (
                Send(Address("out", name=message.receiver), rendered),
                Send(topology.home("cash", message.counterparty), status),
            ),
        )

    return Desk("dispatch", DispatchState, decide, evolve)


def evolve(state: DispatchState, event: object) -> None:
    """Apply one event to the state, in place."""
    assert isinstance(event, InstructionAdvanced), type(event).__name__
    state.sent += 1

"""The dispatch desk: writes each instruction in its receiver's dialect and sends it.

Inbox: SettlementInstruction, InstructionCancellation. Sends: the rendered instruction to
`out.<receiver>`, and the step to SENT back to the cash desk; the rendered cancellation. Both go
through one partition, so that a receiver never sees a cancellation before its instruction.

Not here: acknowledgements; they come in through the partner's own topic and intake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.connector.protocol import Connector
from gateway.core.events import CancellationSent, InstructionAdvanced
from gateway.core.netting import InstructionState
from gateway.core.settlement import (
    InstructionCancellation,
    InstructionStatus,
    SettlementInstruction,
)
from gateway.desks.desk import Address, Decision, Desk, Send, Topology


@dataclass(slots=True)
class DispatchState:
    """The state of one dispatch partition: how many it has sent."""

    partition: int = 0
    sent: int = 0


def dispatch_desk(topology: Topology, connectors: Mapping[str, Connector]) -> Desk[DispatchState]:
    """The dispatch desk of a topology, with the dialects it can write."""

    def decide(state: DispatchState, message: object) -> Decision:
        match message:
            case SettlementInstruction():
                return _send(message, connectors[message.dialect], topology)
            case InstructionCancellation():
                return _send_cancellation(message, connectors[message.instruction.dialect])
        raise AssertionError(f"the dispatch desk does not know {type(message).__name__}")

    return Desk("dispatch", DispatchState, decide, evolve)


def _send(instruction: SettlementInstruction, connector: Connector, topology: Topology) -> Decision:
    name, receiver = instruction.instruction_id, instruction.receiver
    status = InstructionStatus(name, InstructionState.SENT, "dispatch", (), "", 0, 0)
    return Decision(
        (InstructionAdvanced(name, InstructionState.SENT, "dispatch", receiver),),
        (
            Send(Address("out", name=receiver), connector.render(instruction)),
            Send(topology.home("cash", instruction.counterparty), status),
        ),
    )


def _send_cancellation(cancellation: InstructionCancellation, connector: Connector) -> Decision:
    instruction = cancellation.instruction
    rendered = connector.render_cancellation(cancellation)
    return Decision(
        (CancellationSent(instruction.instruction_id, instruction.receiver, cancellation.asks),),
        (Send(Address("out", name=instruction.receiver), rendered),),
    )


def evolve(state: DispatchState, event: object) -> None:
    """Apply one event to the state, in place."""
    assert isinstance(event, InstructionAdvanced | CancellationSent), type(event).__name__
    state.sent += 1

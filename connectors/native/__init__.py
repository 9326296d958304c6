"""The native vocabulary: records in arrays or in columns, as published under `schemas/inbound`.

Not here: any partner's own form; those are connectors beside this one.
"""

from __future__ import annotations

from connectors.native.inbound import READERS
from connectors.native.outbound import cancellation_body, instruction_body
from gateway.connector.protocol import Body, Canonical, Rendered, Untranslatable
from gateway.core.book import BookChange
from gateway.core.decisions import OperationsDecision
from gateway.core.settlement import InstructionCancellation, SettlementInstruction
from gateway.core.vocabulary import RejectCode


class Native:
    """The connector of everyone without a dialect of their own."""

    name = "native"

    def translate(self, schema: str, body: Body) -> Canonical:
        """The canonical form of a native record."""
        record = body.get("record")
        if isinstance(record, BookChange | OperationsDecision):
            return record
        reader = READERS.get(schema)
        if reader is None:
            raise Untranslatable(RejectCode.SCHEMA, f"{schema} is not a record for the gateway")
        return reader(body)

    def render(self, instruction: SettlementInstruction) -> Rendered:
        """A native settlement instruction."""
        return Rendered("outbound/NativeInstruction", instruction_body(instruction))

    def render_cancellation(self, cancellation: InstructionCancellation) -> Rendered:
        """A native cancellation."""
        return Rendered("outbound/NativeCancellation", cancellation_body(cancellation))


CONNECTOR = Native()

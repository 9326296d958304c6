"""What intake answers a sender: taken, repeated, in conflict, refused, or set aside.

A message is identified by (session, batch id) and the digest of its bytes: the same
bytes are ignored and answered as before, other bytes under the same name are a conflict.

Not here: which of these it is (`intake`).
Source: domain.md §6.3; golden G31. Laws: L3, L5.
"""

from __future__ import annotations

from datetime import date

from gateway.core.events import BatchRefused, BatchRepeated, BatchTaken, PartitionCount
from gateway.core.orders import BatchStatus
from gateway.core.quarantine import Header, Quarantined
from gateway.core.vocabulary import RejectCode
from gateway.desks.desk import Address, Decision, Send
from gateway.desks.intake_state import IntakeState, Received


def accept(
    state: IntakeState,
    message: Received,
    name: tuple[date, str],
    sends: list[Send],
    lines: int,
    amount_minor: int = 0,
    parts: tuple[PartitionCount, ...] = (),
    *,
    orders: bool = False,
) -> Decision:
    """Take a message unless its name was seen before: then it is a repeat or a conflict.

    One so old that its name may be forgotten is refused, so that none is taken twice (law L3).
    """
    session, batch_id = name
    result_id = message.digest.hex()
    known = state.seen.get(name)
    if known is not None and known[0] != message.digest:
        detail = (
            f"batch {batch_id} came before with other bytes (result {known[1]}): a person decides"
        )
        return quarantine(message, (RejectCode.CONFLICT,), detail, name)
    if known is not None:
        status = BatchStatus(
            message.sender, batch_id, session, known[1], "DUPLICATE", (), "ignored", 0, 0
        )
        return Decision((BatchRepeated(batch_id, session, known[1]),), (answer(status),))
    if session < state.oldest:
        detail = f"{session} is too long ago to be told from a repeat: from {state.oldest} on"
        return refuse(message, name, (RejectCode.SESSION_CLOSED,), detail)
    event = BatchTaken(
        message.schema, batch_id, session, result_id, message.digest, orders, lines, amount_minor,
        parts,
    )  # fmt: skip
    status = BatchStatus(
        message.sender, batch_id, session, result_id, "ACCEPTED", (), "", lines, amount_minor
    )
    return Decision((event,), (*sends, answer(status)))


def answer(status: BatchStatus) -> Send:
    """A status on its way to its sender."""
    return Send(Address("out", name=status.sender), status)


def refuse(
    message: Received, name: tuple[date, str], codes: tuple[RejectCode, ...], detail: str
) -> Decision:
    """Take nothing of a message and say why."""
    session, batch_id = name
    result_id = message.digest.hex()
    event = BatchRefused(batch_id, session, result_id, codes, detail, quarantined=False)
    status = BatchStatus(
        message.sender, batch_id, session, result_id, "REJECTED", codes, detail, 0, 0
    )
    return Decision((event,), (answer(status),))


def quarantine(
    message: Received,
    codes: tuple[RejectCode, ...],
    detail: str,
    name: tuple[date, str] | None = None,
) -> Decision:
    """Keep the bytes of a message that cannot be taken, and say why."""
    session, batch_id = name if name is not None else (None, "")
    result_id = message.digest.hex()
    kept = Quarantined(
        message.sender, message.topic, message.partition, message.offset, message.recorded_at,
        codes, detail, tuple(Header(key, value) for key, value in message.headers), message.raw,
    )  # fmt: skip
    event = BatchRefused(batch_id, session, result_id, codes, detail, quarantined=True)
    status = BatchStatus(
        message.sender, batch_id, session, result_id, "QUARANTINED", codes, detail, 0, 0
    )
    return Decision((event,), (Send(Address("quarantine"), kept), answer(status)))

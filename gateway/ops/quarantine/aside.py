"""Two people set aside, in a desk's place, a message on which our own decision fails.

The partition of such a message stands still. Nobody can say that the message is wrong: it is
ours to decide it, and a corrected version will. Until then, this lets the partition go on. Who
approves acts as the desk's seat: opening it fences whoever else has it, the journal is folded,
and only if the very next message is the one named and deciding it fails is it journalled as
`MessageSetAside`, in one transaction with its bytes in quarantine and with the approval. From
there it is redriven like any other.

Not here: redriving (`decide`), finding what stands still (`ops.doctor`).
Laws: L3, L5, L8.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.core.quarantine import (
    Disposal,
    DisposalDecided,
    DisposalStep,
    Header,
    MessageSetAside,
    Quarantined,
)
from gateway.errors import ConfigError, DecisionFailed
from gateway.log.port import Append, Log, Record
from gateway.ops.quarantine.decide import check_people, four_eyes
from gateway.ops.quarantine.store import steps_taken
from gateway.shell.gateway import Gateway
from gateway.shell.snapshots import Snapshots
from gateway.shell.stopped import Place, Undecided, next_undecided, seat_at
from gateway.wire.framing import Undecodable
from gateway.wire.messages import Messages
from gateway.wire.registry import standard
from gateway.wire.topics import QUARANTINE, QUARANTINE_DECISIONS


@dataclass(frozen=True, slots=True)
class AskAside:
    """Which message is to be set aside, and who says so.

    Attributes:
        name: The message, topic-partition@offset.
        requested_by: The first person; empty otherwise.
        approved_by: The second person; empty otherwise. With neither, nothing is written.
        reason: Why, in words that name no participant; who asks needs one.
    """

    name: str
    requested_by: str = ""
    approved_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Aside:
    """What became of it.

    Attributes:
        name: The message.
        done: TRIED (nothing was written), REQUESTED, SET_ASIDE, ALREADY (it was decided before)
            or REFUSED.
        error: How deciding it fails; empty if it does not, or was not tried.
        digest: BLAKE2, 16 bytes, of its bytes.
        kind: Its schema, as between/OrderBatch; empty if nobody can say.
        recorded_at: The log's stamp of it, UTC microseconds; 0 if it was not looked at.
        why: Why it was refused.
    """

    name: str
    done: str
    error: str = ""
    digest: bytes = b""
    kind: str = ""
    recorded_at: int = 0
    why: str = ""


async def put_aside(
    log: Log, gateway: Gateway, app: str, ask: AskAside, store: Snapshots | None = None
) -> Aside:
    """Try, request or approve setting a message aside.

    Args:
        log: Where the gateway writes.
        gateway: Its desks and topology, in the version that fails.
        app: Prefix of its writers' names.
        ask: What is to be done.
        store: Where snapshots are, if they are kept.

    Raises:
        ConfigError: A name, person or reason does not do; nothing was written.
        Fenced: Somebody else has opened the partition since; nothing was written.
    """
    check_people(ask.requested_by, ask.approved_by, ask.reason)
    if ask.requested_by and not ask.reason.strip():
        raise ConfigError(
            "setting aside needs a --reason that will still be understood in six years"
        )
    place, offset = place_called(ask.name)
    seat = seat_at(log, gateway, place, app, store)
    if seat is None:
        raise ConfigError(f"{ask.name}: {place[0]}-{place[1]} is no inbox of this gateway")
    await seat.look()
    found = await next_undecided(seat, log)
    # Not before it is known that it stands still: opening a seat takes it from its worker.
    said = await _judged(log, ask, found, seat.last, offset)
    if said.done == "REQUESTED":
        await _request(log, app, ask, said, place, offset)
    if said.done != "SET_ASIDE":
        return said
    try:
        await seat.open()
        found = await next_undecided(seat, log)
        said = await _judged(log, ask, found, seat.last, offset)
        if said.done == "SET_ASIDE" and found is not None:
            await _set_aside(log, ask, found)
    finally:
        await seat.close()
    return said


def place_called(name: str) -> tuple[Place, int]:
    """Topic, partition and offset of a message by its name.

    Raises:
        ConfigError: It is no such name.
    """
    where, _, offset = name.rpartition("@")
    topic, _, partition = where.rpartition("-")
    if not topic or not partition.isdecimal() or not offset.isdecimal():
        raise ConfigError(f"{name}: a message is called topic-partition@offset")
    return (topic, int(partition)), int(offset)


async def _judged(
    log: Log, ask: AskAside, found: Undecided | None, last: int, offset: int
) -> Aside:  # fmt: skip
    """What may be done."""
    if offset <= last:
        return Aside(ask.name, "ALREADY", why=f"everything up to offset {last} is decided")
    if found is None or found.record.offset != offset:
        stands = "nothing" if found is None else f"offset {found.record.offset}"
        return Aside(ask.name, "REFUSED", why=f"what is to be decided next is {stands}")
    if found.failed is None:
        why = "this version decides it: start its worker"
        return Aside(ask.name, "REFUSED", recorded_at=found.record.recorded_at, why=why)
    failed, refusal = found.failed, ""
    if ask.approved_by:
        request = await _request_of(log, failed)
        refusal = four_eyes(request, Disposal.SET_ASIDE, ask.approved_by)
        if not refusal and request is not None and request.foreseen != failed.error:
            refusal = (
                f"{request.by} asked when it failed with {request.foreseen}; now it fails with "
                f"{failed.error}: look again and ask anew"
            )
    done = "SET_ASIDE" if ask.approved_by else "REQUESTED" if ask.requested_by else "TRIED"
    return Aside(
        ask.name, "REFUSED" if refusal else done, failed.error, failed.digest,
        _kind(found.record), found.record.recorded_at, refusal,
    )  # fmt: skip


def _kind(record: Record) -> str:
    try:
        return Messages(standard()).kind(record.value)
    except Undecodable:
        return ""


async def _request_of(log: Log, failed: DecisionFailed) -> DisposalDecided | None:
    """The last request for these very bytes."""
    steps = await steps_taken(log, Messages(standard()))
    mine = steps.get((*failed.place, failed.offset), ())
    decided = [step.decided for step in mine if step.decided.digest == failed.digest]
    return decided[-1] if decided and decided[-1].step is DisposalStep.REQUESTED else None


def _step(ask: AskAside, failed_with: str, digest: bytes, place: Place, offset: int) -> Append:
    decided = DisposalDecided(
        *place, offset, digest, Disposal.SET_ASIDE,
        DisposalStep.APPROVED if ask.approved_by else DisposalStep.REQUESTED,
        ask.approved_by or ask.requested_by, ask.reason, failed_with,
    )  # fmt: skip
    return Append(QUARANTINE_DECISIONS, 0, None, Messages(standard()).pack(decided))


async def _request(
    log: Log, app: str, ask: AskAside, said: Aside, place: Place, offset: int
) -> None:  # fmt: skip
    writer = log.writer(f"{app}.quarantine")
    await writer.open()
    try:
        await writer.append([_step(ask, said.error, said.digest, place, offset)])
    finally:
        await writer.close()


async def _set_aside(log: Log, ask: AskAside, found: Undecided) -> None:
    """Journal it as its seat, with its bytes and the approval."""
    record, failed, seat = found.record, found.failed, found.seat
    assert failed is not None, ask.name
    request = await _request_of(log, failed)
    assert request is not None, ask.name
    desk = seat.desk.name
    owner = record.topic.removeprefix("in.") if desk == "intake" else f"{desk}/{seat.partition}"
    decision = MessageSetAside(
        record.offset, failed.digest, failed.error, request.by, ask.approved_by, request.reason
    )
    kept = Quarantined(
        owner, record.topic, record.partition, record.offset, record.recorded_at, (),
        f"our own decision fails on it: {failed.error}; redrive it with a version that decides it",
        tuple(Header(key, value) for key, value in record.headers), record.value,
    )  # fmt: skip
    place = (record.topic, record.partition)
    more = [
        Append(QUARANTINE, 0, None, Messages(standard()).pack(kept)),
        _step(ask, failed.error, failed.digest, place, record.offset),
    ]
    await seat.put_aside(decision, more)

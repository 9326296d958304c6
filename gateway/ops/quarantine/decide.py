"""Two people decide of messages that were set aside: one asks, another approves.

Every decision is a record in `gw.quarantine.decisions`. An approved redrive appends the very
bytes, key and headers to the topic they came on in the same transaction as its approval, so that
there is never one without the other; whoever begins later fences who is still at it and reads
what was done. So a message is redriven once, however often the command is run or killed.

Not here: setting a message aside in a desk's place (`aside`); who is who. A name is what a
person says; the broker's ACLs say who may write.
Law: L5.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gateway.core.quarantine import Disposal, DisposalDecided, DisposalStep
from gateway.errors import ConfigError
from gateway.log.port import Append, Log, Writer
from gateway.ops.quarantine.foresee import FAILS, Foreseen, Foresight
from gateway.ops.quarantine.store import (
    EVERYTHING,
    SetAside,
    Standing,
    Wanted,
    chosen,
    set_aside,
)
from gateway.shell.gateway import Gateway
from gateway.wire.messages import Messages, digest_of
from gateway.wire.registry import standard
from gateway.wire.topics import QUARANTINE_DECISIONS

LONGEST_NAME = 60
LONGEST_REASON = 400
STEP_BYTES = 1_000_000
STEP_MESSAGES = 50
"""So much is redriven in one transaction."""

Progress = Callable[[int, int], None]
"""Told how many messages a step has dealt with, and how many there are in all."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to be done, to which messages, and who says so.

    Attributes:
        disposal: Redrive or discard.
        names: The messages, by name; all that are wanted where there is none.
        wanted: Which of them.
        requested_by: The first person; empty otherwise.
        approved_by: The second person; empty otherwise. With neither, nothing is written.
        reason: Why, in words that name no participant; a discard needs one.
    """

    disposal: Disposal
    names: tuple[str, ...] = ()
    wanted: Wanted = EVERYTHING
    requested_by: str = ""
    approved_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message that was asked about.

    Attributes:
        name: The message.
        done: REQUESTED, REDRIVEN, DISCARDED, TRIED (nothing was written), ALREADY (it had ended
            before) or REFUSED.
        foreseen: What the desk would answer; None for a discard, or where it had ended before.
        why: Why it was refused, or how it had ended.
    """

    name: str
    done: str
    foreseen: Foreseen | None
    why: str = ""


async def decide(
    log: Log, gateway: Gateway, app: str, ask: Ask, progress: Progress | None = None
) -> list[Outcome]:
    """Try, request or approve; what became of each message, in the order of the quarantine.

    Args:
        log: Where the gateway writes.
        gateway: Its desks and topology.
        app: Prefix of its writers' names.
        ask: What is to be done.
        progress: Told of every step.

    Raises:
        ConfigError: A name, person or reason does not do; nothing was written.
        Fenced: Somebody else decides at the same time; what was done stands.
    """
    check_people(ask.requested_by, ask.approved_by, ask.reason)
    if ask.disposal is Disposal.DISCARD and ask.requested_by and not ask.reason.strip():
        raise ConfigError("a discard needs a --reason that will still be understood in six years")
    if not (ask.requested_by or ask.approved_by):
        return await _plan(log, gateway, ask)
    writer = log.writer(f"{app}.quarantine")
    await writer.open()
    try:
        # Read after fencing: whatever an earlier run has done is seen here.
        outcomes = await _plan(log, gateway, ask)
        found = {each.name: each for each in await set_aside(log, gateway)}
        steps = list(_steps(outcomes, found))
        for step in steps:
            await _append(log, writer, ask, [(found[o.name], o) for o in step])
            if progress is not None:
                progress(len(step), sum(map(len, steps)))
    finally:
        await writer.close()
    return outcomes


def check_people(requested_by: str, approved_by: str, reason: str) -> None:
    """Refuse a name or reason that does not do.

    Raises:
        ConfigError: Why.
    """
    if requested_by and approved_by:
        raise ConfigError("who asks and who approves are two runs: give one name at a time")
    by = requested_by or approved_by
    if len(by) > LONGEST_NAME or by != by.strip():
        raise ConfigError(f"a name has 1 to {LONGEST_NAME} characters, without blanks around it")
    if len(reason) > LONGEST_REASON:
        raise ConfigError(f"a reason has at most {LONGEST_REASON} characters")


async def _plan(log: Log, gateway: Gateway, ask: Ask) -> list[Outcome]:
    """What would become of each message."""
    found = chosen(await set_aside(log, gateway), ask.names, ask.wanted)
    foresight = Foresight(log, gateway)
    outcomes: list[Outcome] = []
    for each in found:
        if each.standing is not Standing.OPEN:
            outcomes.append(Outcome(each.name, "ALREADY", None, f"{each.standing} before"))
            continue
        approves = bool(ask.approved_by)
        refusal = four_eyes(each.request, ask.disposal, ask.approved_by) if approves else ""
        if refusal:
            outcomes.append(Outcome(each.name, "REFUSED", None, refusal))
            continue
        foreseen = None
        if ask.disposal is Disposal.REDRIVE:
            (foreseen,) = await foresight.of([each])
        outcomes.append(_outcome(each, ask, foreseen))
    return outcomes


def four_eyes(request: DisposalDecided | None, disposal: Disposal, approved_by: str) -> str:
    """Why a second person cannot approve; empty if nothing is in the way."""
    if request is None or request.disposal is not disposal:
        what = "set it aside" if disposal is Disposal.SET_ASIDE else f"{disposal.lower()} it"
        return f"nobody has asked to {what}: --requested-by NAME comes first"
    if same_person(request.by, approved_by):
        return f"{request.by} asked for it: somebody else approves"
    return ""


def _outcome(found: SetAside, ask: Ask, foreseen: Foreseen | None) -> Outcome:
    if foreseen is not None and foreseen.verdict == FAILS and (ask.requested_by or ask.approved_by):
        why = (
            "this version would stop before it: name with it what was set aside before it, or "
            "redrive it with a version that decides it"
        )
        return Outcome(found.name, "REFUSED", foreseen, why)
    if ask.requested_by:
        return Outcome(found.name, "REQUESTED", foreseen)
    if not ask.approved_by:
        return Outcome(found.name, "TRIED", foreseen)
    request = found.request
    if foreseen is not None and request is not None and request.foreseen != foreseen.verdict:
        why = (
            f"{request.by} asked when the answer was to be {request.foreseen}; now it would be "
            f"{foreseen.verdict}: look again and ask anew"
        )
        return Outcome(found.name, "REFUSED", foreseen, why)
    done = Standing.REDRIVEN if ask.disposal is Disposal.REDRIVE else Standing.DISCARDED
    return Outcome(found.name, done, foreseen)


def same_person(one: str, other: str) -> bool:
    """Whether two names are one, however they are written."""

    def plain(name: str) -> str:
        return " ".join(unicodedata.normalize("NFKC", name).casefold().split())

    return plain(one) == plain(other)


def _steps(outcomes: Sequence[Outcome], found: dict[str, SetAside]) -> Iterator[list[Outcome]]:
    """The outcomes that are to be written, so many at a time."""
    step: list[Outcome] = []
    size = 0
    for outcome in outcomes:
        if outcome.done in ("ALREADY", "REFUSED", "TRIED"):
            continue
        more = len(found[outcome.name].kept.raw)
        if step and (size + more > STEP_BYTES or len(step) == STEP_MESSAGES):
            yield step
            step, size = [], 0
        step.append(outcome)
        size += more
    if step:
        yield step


async def _append(
    log: Log, writer: Writer, ask: Ask, step: Sequence[tuple[SetAside, Outcome]]
) -> None:
    """Decisions, and the redriven messages with them, all or nothing."""
    messages = Messages(standard())
    appends: list[Append] = []
    for found, outcome in step:
        kept = found.kept
        decided = DisposalDecided(
            kept.topic, kept.partition, kept.offset, found.digest, ask.disposal,
            DisposalStep.APPROVED if ask.approved_by else DisposalStep.REQUESTED,
            ask.approved_by or ask.requested_by, ask.reason,
            outcome.foreseen.verdict if outcome.foreseen is not None else "",
        )  # fmt: skip
        appends.append(Append(QUARANTINE_DECISIONS, 0, None, messages.pack(decided)))
        if outcome.done == Standing.REDRIVEN:
            headers = tuple((header.key, header.value) for header in kept.headers)
            key = await _key(log, found)
            appends.append(Append(kept.topic, kept.partition, key, kept.raw, headers))
    await writer.append(appends)


async def _key(log: Log, found: SetAside) -> bytes | None:
    """The key the message came with; None if it had none, or stands there no longer.

    Raises:
        ConfigError: Another message stands in its place.
    """
    kept = found.kept
    async for records in log.read(kept.topic, kept.partition, kept.offset, kept.offset + 1):
        for record in records:
            if digest_of(record.value) != found.digest:
                raise ConfigError(
                    f"{found.name}: other bytes stand there than were set aside: is this the log "
                    "of another gateway?"
                )
            return record.key
    return None

"""`gateway decide list | ask | approve`: reads what was decided, and publishes one step more.

A step is a message in `in.operations`; intake checks it against what was asked, and the desks
concerned answer operations in `out.operations`.

Not here: what follows from a decision (the desks).
Source: domain.md §3.3, §6.3.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from gateway.core.decisions import DecisionKind, DecisionNoted, DecisionStep, OperationsDecision
from gateway.core.money import parse_amount
from gateway.core.orders import BatchStatus
from gateway.core.vocabulary import OPERATIONS
from gateway.errors import ConfigError
from gateway.log.port import Append, Log
from gateway.ops.answers import console, say_json, table
from gateway.ops.book.command import stands
from gateway.ops.publish.command import Message, Produce, Published, produce, publish
from gateway.ops.reading.source import reading
from gateway.shell.gateway import Gateway
from gateway.shell.reading import decisions
from gateway.shell.settings import Settings
from gateway.wire.messages import Messages
from gateway.wire.registry import standard

K = DecisionKind
SCHEMA = "between/OperationsDecision"
CLOCK_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for, as typed."""

    kind: DecisionKind
    subject: str
    session: date
    value: str
    by: str
    reason: str
    name: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """A decision and how far it has come.

    Attributes:
        asked: The request.
        approved_by: Who approved it, empty while nobody did.
        answers: What intake and the desks told operations of it, in order.
    """

    asked: OperationsDecision
    approved_by: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A step that was published, or only tried."""

    step: OperationsDecision
    published: tuple[Published, ...]
    dry_run: bool


def run_list(settings: Settings, *, archive: Path | None = None, as_json: bool = False) -> int:
    """List decisions in the order they were asked for; always 0."""
    gateway = settings.gateway()

    async def read() -> list[Standing]:
        async with reading(settings, archive) as log:
            return await standing(log, gateway)

    found = asyncio.run(read())
    if as_json:
        say_json(found)
        return 0
    rows = [
        (
            each.asked.batch_id, each.asked.kind, each.asked.subject, each.asked.session,
            each.asked.value or "-", each.asked.by, each.approved_by or "open",
            "; ".join(each.answers) or "-",
        )
        for each in found
    ]  # fmt: skip
    columns = ("name", "kind", "subject", "session", "value", "asked by", "approved by", "answer")
    console().print(table("Decisions", columns, rows))
    return 0


def run_ask(settings: Settings, wish: Wish, *, dry_run: bool = False, as_json: bool = False) -> int:
    """Publish a request; always 0.

    Raises:
        ConfigError: The value is not what its kind has; nothing was published.
    """

    def play(log: Log, to: Produce) -> Awaitable[Said]:
        return ask(log, settings.gateway(), wish, to, dry_run=dry_run)

    return _run(settings, play, as_json=as_json)


def run_approve(
    settings: Settings, name: str, *, by: str, reason: str, dry_run: bool = False,
    as_json: bool = False,
) -> int:  # fmt: skip
    """Publish an approval; always 0.

    Raises:
        ConfigError: Nobody asked for it, or whoever did approves; nothing was published.
    """

    def play(log: Log, to: Produce) -> Awaitable[Said]:
        return approve(log, settings.gateway(), name, by, reason, to, dry_run=dry_run)

    return _run(settings, play, as_json=as_json)


def _run(
    settings: Settings, play: Callable[[Log, Produce], Awaitable[Said]], *, as_json: bool
) -> int:
    async def played() -> Said:
        async with reading(settings, None) as log:
            return await play(log, lambda appends: produce(settings, appends))

    _say(asyncio.run(played()), as_json=as_json)
    return 0


async def standing(log: Log, gateway: Gateway) -> list[Standing]:
    """Every decision that was asked for, with who approved it and what was answered."""
    if OPERATIONS not in gateway.topology.senders:
        raise ConfigError(f"decisions go to in.{OPERATIONS}: add it to senders in the settings")
    messages = Messages(standard())
    asked: dict[str, OperationsDecision] = {}
    approved: dict[str, str] = {}
    partition = gateway.topology.senders.index(OPERATIONS)
    async for decided in decisions(log, messages, "intake", partition):
        for event in decided.events:
            if not isinstance(event, DecisionNoted):
                continue
            step = event.decision
            if step.step is DecisionStep.REQUESTED:
                asked[step.batch_id] = step
            else:
                approved[step.batch_id] = step.by
    told: dict[str, list[str]] = {}
    async for batch in log.read(f"out.{OPERATIONS}", 0):
        for record in batch:
            status = messages.unpack(record.value)
            if isinstance(status, BatchStatus):
                name = _decision(status.batch_id, asked)
                if name in asked and (status.verdict != "ACCEPTED" or status.detail):
                    told.setdefault(name, []).append(f"{status.verdict} {status.detail}".strip())
    return [
        Standing(each, approved.get(name, ""), tuple(told.get(name, ())))
        for name, each in asked.items()
    ]


def _decision(told: str, asked: Mapping[str, OperationsDecision]) -> str:
    """The decision that a status is about, or one of its steps; names may have slashes."""
    names = (told, told.rpartition("/")[0], told.partition("/")[0])
    return next((name for name in names if name in asked), "")


async def ask(
    log: Log, gateway: Gateway, wish: Wish, to: Produce, *, dry_run: bool = False
) -> Said:
    """Publish a request.

    Args:
        log: Where operations' decisions and book stand.
        gateway: Who is connected.
        wish: What is asked for.
        to: Writes messages to `in.operations`.
        dry_run: Write nothing.
    """
    known = {each.asked.batch_id: each for each in await standing(log, gateway)}
    name = wish.name or f"{wish.kind}-{wish.subject}-{wish.session}"
    if name in known:
        who = known[name].asked.by
        raise ConfigError(f"{who} asked for {name}: approve that, or give this one a --name")
    if wish.kind is K.REPORT_FILED and not wish.reference:
        raise ConfigError("--reference: a report names the document it is in")
    value = await _value(log, gateway, wish)
    step = OperationsDecision(
        OPERATIONS, name, wish.kind, DecisionStep.REQUESTED, wish.by, wish.subject, wish.session,
        value, wish.reason, wish.reference,
    )  # fmt: skip
    return await _publish(step, to, dry_run)


async def approve(
    log: Log, gateway: Gateway, name: str, by: str, reason: str, to: Produce, *,
    dry_run: bool = False,
) -> Said:  # fmt: skip
    """Publish the approval of an open request.

    Args:
        log: Where operations' decisions stand.
        gateway: Who is connected.
        name: Name of the decision.
        by: Who approves.
        reason: Why.
        to: Writes messages to `in.operations`.
        dry_run: Write nothing.
    """
    known = {each.asked.batch_id: each for each in await standing(log, gateway)}
    if name not in known:
        names = ", ".join(each for each, found in known.items() if not found.approved_by)
        raise ConfigError(f"nobody has asked for {name}; open are: {names or 'none'}")
    found = known[name]
    if found.approved_by:
        raise ConfigError(f"{name} was approved by {found.approved_by}")
    if found.asked.by == by:
        raise ConfigError(f"{by} asked for {name}: somebody else approves")
    step = replace(found.asked, step=DecisionStep.APPROVED, by=by, reason=reason)
    return await _publish(step, to, dry_run)


async def _value(log: Log, gateway: Gateway, wish: Wish) -> int:
    """The value of a wish as its kind has it."""
    match wish.kind:
        case K.OVERRIDE_NAV | K.CORRECT_NAV:
            fund = (await stands(log, gateway)).book.funds.get(wish.subject)
            if fund is None:
                raise ConfigError(f"no fund {wish.subject} in the book")
            return _scaled(wish.value, fund.nav_scale)
        case K.CORRECT_INSTRUCTION | K.RETURN_CAPITAL:
            try:
                return parse_amount(wish.value)
            except ValueError as wrong:
                raise ConfigError(f"--value of {wish.kind}: {wrong}") from wrong
        case K.CLOSE_EARLY:
            parts = CLOCK_TIME.fullmatch(wish.value)
            if parts is None:
                raise ConfigError(f"--value {wish.value!r}: the local time of the close, as 14:00")
            return int(parts[1]) * 60 + int(parts[2])
    if wish.value:
        raise ConfigError(f"--value {wish.value!r}: {wish.kind} has none")
    return 0


def _scaled(said: str, scale: int) -> int:
    try:
        value = Decimal(said.replace(",", "")).scaleb(scale)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value != value.to_integral_value() or value <= 0:
        raise ConfigError(f"--value {said!r}: a NAV above zero with {scale} decimals at most")
    return int(value)


async def _publish(step: OperationsDecision, to: Produce, dry_run: bool) -> Said:
    packed = Messages(standard()).pack(step)
    message = Message(
        Append(f"in.{OPERATIONS}", 0, step.batch_id.encode(), packed), SCHEMA, step.batch_id
    )
    published = () if dry_run else tuple(await publish([message], to))
    return Said(step, published, dry_run)


def _say(said: Said, *, as_json: bool) -> None:
    if as_json:
        say_json(said)
        return
    out, step = console(), said.step
    done = "asks for" if step.step is DecisionStep.REQUESTED else "approves"
    value = f" {step.value}" if step.value else ""
    out.print(f"{step.by} {done} {step.kind} {step.subject} {step.session}{value}: {step.batch_id}")
    for message in said.published:
        out.print(f"published at {message.topic}-{message.partition}@{message.offset}")
    if said.dry_run:
        out.print("tried only: nothing was published")
    elif step.step is DecisionStep.REQUESTED:
        out.print(f"somebody else approves it: gateway decide approve {step.batch_id} --by NAME")
    else:
        out.print("gateway decide list shows what the desks answered")

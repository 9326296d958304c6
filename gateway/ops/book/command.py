"""`gateway book apply FILE.yaml`: what a book file changes, then the change itself.

The file is compared with all that operations has published; what differs is shown, and unless
it is only to be tried, the change goes to `in.operations`. It holds from the session it names,
once operations announces that session.

Not here: the file's form (`file`), what makes a change wrong (`check`).
Source: docker/book.yaml is a whole book with every field.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from gateway.core.book import BookChange
from gateway.core.events import BatchTaken, TickPassed
from gateway.core.vocabulary import OPERATIONS, TickKind
from gateway.errors import ConfigError
from gateway.log.port import Append, Log
from gateway.ops.answers import console, say_json, table
from gateway.ops.book.check import Difference, Standing, differences, faults
from gateway.ops.book.file import read_book
from gateway.ops.publish.command import Message, Produce, Published, produce, publish
from gateway.ops.reading.source import reading
from gateway.shell.gateway import Gateway, connectors
from gateway.shell.reading import decisions, inbox
from gateway.shell.settings import Settings
from gateway.wire.messages import Messages, digest_of
from gateway.wire.registry import standard

SCHEMA = "between/BookChange"
PLANS_A_CHANGE = 1_000
"""A change of so many plans stays well below a megabyte."""

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a book came to; nothing is published where it was only tried."""

    batch_id: str
    session: date
    differences: tuple[Difference, ...]
    published: tuple[Published, ...]
    already: bool
    dry_run: bool


def run(settings: Settings, file: Path, *, dry_run: bool = False, as_json: bool = False) -> int:
    """Show what a book file changes and publish it; always 0.

    Args:
        settings: Who is connected, and where Kafka is.
        file: The book file.
        dry_run: Show what would change and publish nothing.
        as_json: Answer in JSON.

    Raises:
        ConfigError: The file is wrong, or does not fit the book in force; nothing was published.
    """
    gateway = settings.gateway()

    async def play() -> Applied:
        async with reading(settings, None) as log:
            return await apply(
                log, gateway, file, lambda appends: produce(settings, appends), dry_run=dry_run
            )

    say(asyncio.run(play()), as_json=as_json)
    return 0


async def apply(
    log: Log, gateway: Gateway, file: Path, to: Produce, *, dry_run: bool = False
) -> Applied:
    """Check a book file against all that operations has said, and publish what it changes.

    Args:
        log: Where operations' changes stand.
        gateway: Who is connected.
        file: The book file.
        to: Writes messages to `in.operations`.
        dry_run: Write nothing.

    Raises:
        ConfigError: The file is wrong or does not fit; every fault with its line.
    """
    if OPERATIONS not in gateway.topology.senders:
        raise ConfigError(f"book changes go to in.{OPERATIONS}: add it to senders in the settings")
    read = read_book(file)
    change = read.change
    standing = await stands(log, gateway)
    parts = _parts(change)
    messages = _messages(parts)
    name = f"{change.batch_id} of {change.session}"
    known = [standing.taken.get((part.session, part.batch_id)) for part in parts]
    if all(mark == digest_of(m.append.value) for mark, m in zip(known, messages, strict=True)):
        return Applied(change.batch_id, change.session, (), (), True, dry_run)
    if any(known):
        raise ConfigError(
            f"{file}: {name} was published with other content: give this one another batch_id"
        )
    wrong = faults(change, standing, gateway, connectors())
    if wrong:
        raise ConfigError("; ".join(read.fault(loc, text) for loc, text in wrong))
    differs = tuple(differences(standing.book, change))
    if not differs:
        raise ConfigError(f"{file}: nothing differs from the book in force: nothing to publish")
    done = () if dry_run else tuple(await publish(messages, to))
    return Applied(change.batch_id, change.session, differs, done, False, dry_run)


async def stands(log: Log, gateway: Gateway) -> Standing:
    """What operations has said so far: the changes that intake took, and the sessions begun."""
    standing = Standing()
    messages = Messages(standard())
    partition = gateway.topology.senders.index(OPERATIONS)
    taken: dict[int, BatchTaken] = {}
    async for decided in decisions(log, messages, "intake", partition):
        for event in decided.events:
            match event:
                case BatchTaken() if event.schema == SCHEMA:
                    taken[decided.offset] = event
                    standing.taken[event.session, event.batch_id] = event.digest
                case TickPassed(kind=TickKind.SESSION_OPENED):
                    standing.newest = max(event.session, standing.newest or event.session)
    changes: list[BookChange] = []
    async for record in inbox(log, gateway.topology, "intake", partition):
        if record.offset in taken:
            change = messages.unpack(record.value)
            assert isinstance(change, BookChange), type(change).__name__
            changes.append(change)
    for change in sorted(changes, key=lambda each: each.session):
        standing.book.note(change, date.max)
    return standing


def _parts(change: BookChange) -> list[BookChange]:
    """A change in messages of so many plans; the first has everything else."""
    if len(change.plans) <= PLANS_A_CHANGE:
        return [change]
    cuts = range(0, len(change.plans), PLANS_A_CHANGE)
    return [
        replace(
            change,
            batch_id=change.batch_id if at == 0 else f"{change.batch_id}-{number}",
            calendar=change.calendar if at == 0 else None,
            logic=change.logic if at == 0 else 0,
            parties=change.parties if at == 0 else (),
            funds=change.funds if at == 0 else (),
            plans=change.plans[at : at + PLANS_A_CHANGE],
        )
        for number, at in enumerate(cuts, 1)
    ]


def _messages(parts: Sequence[BookChange]) -> list[Message]:
    packed = Messages(standard())
    return [
        Message(
            Append(f"in.{OPERATIONS}", 0, part.batch_id.encode(), packed.pack(part)), SCHEMA,
            part.batch_id,
        )
        for part in parts
    ]  # fmt: skip


def say(applied: Applied, *, as_json: bool) -> None:
    """Print what applying a book came to."""
    if as_json:
        say_json(applied)
        return
    out = console()
    if applied.already:
        out.print(f"{applied.batch_id} of {applied.session} stands already: nothing to do")
        return
    cells = [
        (d.what, d.name, d.field or "-", d.before or "-", d.after or "-")
        for d in applied.differences[:SHOWN]
    ]
    columns = ("what", "name", "field", "before", "from then on")
    left = len(applied.differences) - len(cells)
    more = f", {left:,} more" if left else ""
    title = f"Book from {applied.session} ({len(applied.differences):,}{more})"
    out.print(table(title, columns, cells))
    for message in applied.published:
        out.print(f"published at {message.topic}-{message.partition}@{message.offset}")
    if applied.dry_run:
        out.print("tried only: nothing was published")
    else:
        out.print(
            "it holds once the session is announced: gateway publish --tick SESSION_OPENED "
            f"--session {applied.session}"
        )

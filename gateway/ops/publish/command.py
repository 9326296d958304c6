"""`gateway publish`: writes a sender's records into its topic, and the clock's ticks.

An ordinary producer, idempotent and acknowledged by all copies: what it writes is raw input,
and intake decides what becomes of it.

Not here: the form of records in JSON (`publish_records`); book changes (`book`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError

from gateway.connector.protocol import Rendered
from gateway.core.vocabulary import CLOCK, OPERATIONS, TickKind
from gateway.errors import ConfigError, PartnerUnavailable
from gateway.log.kafka import MESSAGE_BYTES
from gateway.log.port import Append
from gateway.ops.answers import console, say_json, table
from gateway.ops.calendars import us_calendar
from gateway.ops.publish.records import EPOCH_DAY, body_of, form_of, read_records
from gateway.shell.gateway import Gateway
from gateway.shell.settings import Settings
from gateway.wire.messages import Messages, digest_of
from gateway.wire.registry import standard

TICK = "inbound/Tick"
LOCAL_MINUTES = {
    TickKind.SESSION_OPENED: 9 * 60 + 30,
    TickKind.VALUATION_CUT_OFF: 18 * 60 + 30,
    TickKind.CLOSE_DEADLINE: 29 * 60,
}
"""When a moment usually is, local minutes after the session's midnight; its cut-off is its close.

A recordkeeper's day is due at 05:00 of the next day. Source: domain.md §1.3.
"""

TEXT_KEYS = ("batch_id", "batchId", "statement_id", "StatementRef", "documentId", "advice_id")


@dataclass(frozen=True, slots=True)
class Published:
    """A message that stands in its topic now."""

    topic: str
    partition: int
    offset: int
    schema: str
    name: str
    size_bytes: int
    digest: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message to be published, and what it is called."""

    append: Append
    schema: str
    name: str


Place = tuple[str, int, int]
"""Topic, partition, offset."""

Produce = Callable[[Sequence[Append]], Awaitable[list[Place]]]
"""Appends in the order given; where each stands."""


def run(
    settings: Settings,
    *,
    sender: str | None = None,
    schema: str | None = None,
    files: Sequence[Path] = (),
    tick: str | None = None,
    session: date | None = None,
    as_json: bool = False,
) -> int:
    """Publish records of one sender, or a tick to all; always 0.

    Args:
        settings: Who is connected, and where Kafka is.
        sender: Whose topic; with `schema` and `files`.
        schema: The record, as in inbound/ContributionBatch.
        files: JSON files, published in this order.
        tick: A moment instead: SESSION_OPENED, CUT_OFF, VALUATION_CUT_OFF or CLOSE_DEADLINE.
        session: The session of the tick.
        as_json: Answer in JSON.

    Raises:
        ConfigError: Something is not known, or a record does not fit its schema: then nothing
            was published.
        PartnerUnavailable: The broker does not answer.
    """
    gateway = settings.gateway()
    if tick is not None:
        if sender is not None or schema is not None or files:
            raise ConfigError("--tick goes to every sender: leave --sender, --schema and files out")
        if session is None:
            raise ConfigError("--tick: say of which session, --session 2026-11-24")
        messages = ticks(gateway, tick, session)
    else:
        if sender is None or schema is None or not files:
            raise ConfigError(
                "publish --sender S --schema inbound/X FILE.json…, or --tick KIND --session DATE"
            )
        messages = records(gateway, sender, schema, files)
    done = asyncio.run(publish(messages, lambda appends: produce(settings, appends)))
    say(done, as_json=as_json)
    return 0


def records(gateway: Gateway, sender: str, schema: str, files: Sequence[Path]) -> list[Message]:
    """The records of files as messages for a sender's topic; all are read before any is sent.

    Raises:
        ConfigError: The sender or schema is not known, or a record does not fit.
    """
    senders = gateway.topology.senders
    if sender not in senders:
        near = get_close_matches(sender, senders, 3, 0.3) or list(senders)
        raise ConfigError(f"no sender {sender}: the nearest are {', '.join(near)}. Senders are in "
                          "the settings")  # fmt: skip
    form = form_of(standard(), schema)
    if form.name == TICK:
        raise ConfigError("a tick goes to every sender: publish --tick KIND --session DATE")
    packed = Messages(standard())
    made: list[Message] = []
    for path in files:
        for number, said in enumerate(read_records(path), 1):
            where = f"{path}: record {number}"
            body = body_of(form, said, where, sender)
            value = packed.pack(Rendered(form.name, body))
            if len(value) > MESSAGE_BYTES:
                raise ConfigError(
                    f"{where}: {len(value):,} bytes, at most {MESSAGE_BYTES:,}: "
                    "make two batches of it"
                )
            names = [str(body[key]) for key in TEXT_KEYS if key in body]
            append = Append(f"in.{sender}", 0, names[0].encode() if names else None, value)
            made.append(Message(append, form.name, names[0] if names else ""))
    return made


def ticks(gateway: Gateway, kind: str, session: date) -> list[Message]:
    """A clock tick for every sender's topic; operations' last, for it announces the session.

    Raises:
        ConfigError: There is no such moment, or the day is no session.
    """
    if kind not in TickKind.__members__:
        raise ConfigError(f"no moment is called {kind}: there are {', '.join(TickKind)}")
    calendar = us_calendar(session.year, session.year)
    if not calendar.is_session(session):
        raise ConfigError(f"{session} is no session: the exchange is closed that day")
    minutes = LOCAL_MINUTES.get(TickKind(kind))
    at = calendar.cutoff_at(session) if minutes is None else calendar.local_at(session, minutes)
    packed = Messages(standard())
    days = (session - EPOCH_DAY).days
    body: dict[str, object] = {"sender": CLOCK, "kind": kind, "session": days, "moment_at": at}
    value = packed.pack(Rendered(TICK, body))
    senders = sorted(gateway.topology.senders, key=lambda name: name == OPERATIONS)
    return [Message(Append(f"in.{s}", 0, None, value), TICK, kind) for s in senders]


async def publish(messages: Sequence[Message], to: Produce) -> list[Published]:
    """Publish messages and say where they stand."""
    places = await to([message.append for message in messages])
    return [
        Published(
            topic, partition, offset, message.schema, message.name, len(message.append.value),
            digest_of(message.append.value).hex(),
        )
        for message, (topic, partition, offset) in zip(messages, places, strict=True)
    ]  # fmt: skip


async def produce(settings: Settings, appends: Sequence[Append]) -> list[Place]:
    """Write to the broker of the settings, in order, acknowledged by all copies.

    Raises:
        ConfigError: A topic does not exist.
        PartnerUnavailable: The broker does not answer, or refuses.
    """
    address = settings.address()
    producer = AIOKafkaProducer(
        bootstrap_servers=address, acks="all", enable_idempotence=True,
        max_request_size=MESSAGE_BYTES, **settings.security.client(),
    )  # fmt: skip
    try:
        await producer.start()
        await _exist(producer, settings, {append.topic for append in appends})
        sent = [
            await producer.send(
                settings.prefix + append.topic, append.value, append.key, append.partition,
                headers=list(append.headers),
            )
            for append in appends
        ]  # fmt: skip
        written = [await each for each in sent]
    except KafkaConnectionError as wrong:
        raise PartnerUnavailable(
            f"no Kafka broker answers at {address}: start it, or name another in KAFKA_BOOTSTRAP"
        ) from wrong
    except KafkaError as wrong:
        raise PartnerUnavailable(
            f"the broker at {address} did not take it ({type(wrong).__name__}): see what stands "
            "in the topic before publishing again; the same bytes are taken once"
        ) from wrong
    finally:
        await producer.stop()
    return [(a.topic, w.partition, w.offset) for a, w in zip(appends, written, strict=True)]


async def _exist(producer: AIOKafkaProducer, settings: Settings, topics: set[str]) -> None:
    """Refuse before anything is written, and never let the broker make a topic."""
    have = await producer.client.fetch_all_metadata()
    missing = sorted(t for t in topics if settings.prefix + t not in have.topics())
    if missing:
        raise ConfigError(f"no topic {missing[0]} on the broker: gateway topics --create")


def say(done: Sequence[Published], *, as_json: bool) -> None:
    """Print what was published."""
    if as_json:
        say_json({"published": list(done)})
        return
    cells = [
        (f"{p.topic}-{p.partition}@{p.offset}", p.schema, p.name or "-", f"{p.size_bytes:,}",
         p.digest)
        for p in done
    ]  # fmt: skip
    columns = ("place", "schema", "name", "bytes", "digest")
    console().print(table(f"Published ({len(done):,})", columns, cells, ("bytes",)))

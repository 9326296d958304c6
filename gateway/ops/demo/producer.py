"""An ordinary Kafka producer: files in, messages out, nothing of the gateway but its schemas.

It reads a folder of `<phase>/<sender>.jsonl`, writes each record with its published Avro
schema behind a Confluent header (a zero byte and the schema's id, four bytes, big-endian),
and publishes each sender's file in order to `<prefix>in.<sender>`. Senders publish at the
same time, one connection each; a phase begins when the one before is acknowledged.

Not here: what the records mean; anything imported from the gateway.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import fastavro
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

PHASES = ("opening", "orders", "close")
AT_ONCE = 200
SAY_EVERY_SECONDS = 0.5
MAX_BYTES = 4_000_000
WRONG, UNAVAILABLE, INTERRUPTED = 2, 4, 130

Parsed = dict[str, object]


class NotPublishable(Exception):
    """A file that cannot be published as it stands; a person puts it right."""


class Encoder:
    """Writes records with the newest version of their published schemas."""

    def __init__(self, schemas: Path) -> None:
        """Read the ids in `ids.lock`; schemas are read when they are first used."""
        self._schemas = schemas
        self._ids: dict[str, tuple[int, int]] = {}
        self._parsed: dict[str, Parsed] = {}
        for row in (schemas / "ids.lock").read_text(encoding="utf-8").splitlines():
            number, name, version, _ = row.split("\t")
            if int(version) > self._ids.get(name, (0, 0))[1]:
                self._ids[name] = (int(number), int(version))

    def encode(self, schema: str, body: dict[str, object]) -> bytes:
        """A record as the bytes of a message.

        Args:
            schema: Its published name, such as `inbound/DayEnd`.
            body: Its fields; dates are days, instants are microseconds since 1970.

        Raises:
            NotPublishable: There is no such schema, or the fields do not fit it.
        """
        if schema not in self._ids:
            raise NotPublishable(f"no schema is called {schema} in {self._schemas / 'ids.lock'}")
        number, version = self._ids[schema]
        if schema not in self._parsed:
            text = (self._schemas / schema / f"v{version}.avsc").read_text(encoding="utf-8")
            self._parsed[schema] = cast(Parsed, fastavro.parse_schema(json.loads(text)))
        stream = io.BytesIO()
        stream.write(struct.pack(">bI", 0, number))
        try:
            fastavro.schemaless_writer(stream, self._parsed[schema], body)
        except (ValueError, TypeError, KeyError, OverflowError, struct.error) as wrong:
            raise NotPublishable(
                f"a record does not fit {schema}: {type(wrong).__name__}"
            ) from wrong
        return stream.getvalue()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message about to be published, and how many lines are in it."""

    key: bytes | None
    value: bytes
    lines: int


def outgoing(file: Path, encoder: Encoder) -> Iterator[Outgoing]:
    """The messages of a file, in order.

    Raises:
        NotPublishable: A line is neither a record nor bytes.
    """
    with file.open(encoding="utf-8") as rows:
        for number, row in enumerate(rows, 1):
            try:
                yield _message(json.loads(row), encoder)
            except (ValueError, TypeError, KeyError, NotPublishable) as wrong:
                raise NotPublishable(f"{file}:{number}: {wrong}") from wrong


def _message(said: dict[str, object], encoder: Encoder) -> Outgoing:
    if "hex" in said:
        return Outgoing(None, bytes.fromhex(cast(str, said["hex"])), 0)
    body = cast(dict[str, object], said["body"])
    batch_id = body.get("batch_id")
    key = batch_id.encode() if isinstance(batch_id, str) else None
    lines = max((len(value) for value in body.values() if isinstance(value, list)), default=1)
    return Outgoing(key, encoder.encode(cast(str, said["schema"]), body), lines)


@dataclass(slots=True)
class Progress:
    """What one sender has published of a phase; says so on standard output, now and then."""

    phase: str
    sender: str
    messages: int = 0
    lines: int = 0
    bytes: int = 0
    said: float = 0.0

    def count(self, message: Outgoing) -> None:
        """Take one more message into account."""
        self.messages += 1
        self.lines += message.lines
        self.bytes += len(message.value)
        if time.monotonic() - self.said > SAY_EVERY_SECONDS:
            self.say()

    def say(self, *, done: bool = False) -> None:
        """One JSON line: counts so far, and whether all of it is acknowledged."""
        self.said = time.monotonic()
        line = {"phase": self.phase, "sender": self.sender, "messages": self.messages,
                "lines": self.lines, "bytes": self.bytes, "done": done}  # fmt: skip
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


async def publish_file(file: Path, encoder: Encoder, bootstrap: str, prefix: str) -> Progress:
    """Publish one sender's file in order; returns when the broker has acknowledged all of it."""
    progress = Progress(file.parent.name, file.stem, said=time.monotonic())
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        client_id=f"{prefix}{file.stem}",
        acks="all",
        enable_idempotence=True,
        linger_ms=5,
        max_batch_size=900_000,
        max_request_size=MAX_BYTES,
    )
    topic = f"{prefix}in.{file.stem}"
    try:
        await producer.start()
        waiting: list[asyncio.Future[object]] = []
        for message in outgoing(file, encoder):
            waiting.append(await producer.send(topic, message.value, message.key))
            progress.count(message)
            if len(waiting) >= AT_ONCE:
                await asyncio.gather(*waiting)
                waiting.clear()
        await asyncio.gather(*waiting)
    finally:
        await producer.stop()
    progress.say(done=True)
    return progress


async def publish(
    folder: Path, phases: Sequence[str], encoder: Encoder, bootstrap: str, prefix: str
) -> list[Progress]:
    """Publish phases one after the other, the senders of a phase at the same time."""
    done: list[Progress] = []
    for phase in phases:
        files = sorted((folder / phase).glob("*.jsonl"))
        if not files:
            raise NotPublishable(f"{folder / phase} has no *.jsonl: nothing to publish")
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(publish_file(file, encoder, bootstrap, prefix)) for file in files
            ]
        done.extend(task.result() for task in tasks)
    return done


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit code: 0 published, 2 a file or option is wrong, 4 no broker."""
    parser = argparse.ArgumentParser(
        prog="python -m gateway.ops.demo.producer", description="Publish a folder of records."
    )
    parser.add_argument("folder", type=Path, help="folder with <phase>/<sender>.jsonl")
    parser.add_argument("--bootstrap", required=True, help="Kafka address, host:port")
    parser.add_argument("--prefix", default="", help="put before every topic's name")
    parser.add_argument("--schemas", type=Path, required=True, help="folder with ids.lock")
    parser.add_argument(
        "--phase", action="append", choices=PHASES, help="publish this phase; all unless given"
    )
    chosen = parser.parse_args(arguments)
    phases = [phase for phase in PHASES if chosen.phase is None or phase in chosen.phase]
    try:
        encoder = Encoder(chosen.schemas)
        asyncio.run(publish(chosen.folder, phases, encoder, chosen.bootstrap, chosen.prefix))
    except KeyboardInterrupt:
        return INTERRUPTED
    except (OSError, NotPublishable) as wrong:
        return _failed(wrong, WRONG)
    except KafkaError as wrong:
        return _failed(wrong, UNAVAILABLE)
    except BaseExceptionGroup as several:
        first = several.exceptions[0]
        if not isinstance(first, OSError | NotPublishable | KafkaError):
            raise
        return _failed(first, UNAVAILABLE if isinstance(first, KafkaError) else WRONG)
    return 0


def _failed(wrong: BaseException, code: int) -> int:
    sys.stderr.write(f"{wrong}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())

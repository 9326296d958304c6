"""The whole way over a broker: from the first order published to the last instruction sent.

And, on the same broker with the same bytes, a bare copy: consumer to producer, nothing
decided. Both publish from this process while two others work.

Not here: single desks (`desks`).
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import yaml
from aiokafka import AIOKafkaProducer

from gateway.errors import GatewayError
from gateway.log.kafka import KafkaLog
from gateway.log.port import Append, Log
from gateway.ops.bench.desks import Figure
from gateway.ops.bench.material import KEY, Material
from gateway.ops.workers import command
from gateway.wire.messages import Messages
from gateway.wire.registry import standard
from gateway.wire.topics import journal_of

PROCESSES = 2
PATIENCE_SECONDS = 900
LOOK_SECONDS = 0.1


async def whole_way(made: Material, bootstrap: str, name: str) -> Figure:
    """Publish the day's orders and close it; until the last instruction is sent."""
    prefix = f"{name}."
    log = KafkaLog(bootstrap, prefix=prefix)
    try:
        await log.create(made.gateway.topics())
        with _workers(made, bootstrap, name):
            async with _publisher(bootstrap) as publisher:
                await _publish(publisher, prefix, made.phases["opening"])
                await _until_decided(log, made)
                began = time.perf_counter()
                await _publish(publisher, prefix, made.phases["orders"])
                await _publish(publisher, prefix, made.phases["close"])
                await _until_settled(log, made)
                seconds = time.perf_counter() - began
    finally:
        await log.close()
    return Figure("published to instruction", made.form, made.lines, seconds)


async def bare_copy(made: Material, bootstrap: str, name: str) -> Figure:
    """Copy the orders' bytes from topic to topic in as many processes."""
    log = KafkaLog(bootstrap, prefix=f"{name}.")
    await log.create({"from": PROCESSES, "to": PROCESSES})
    orders = made.phases["orders"]
    spread = [Append("from", n % PROCESSES, None, a.value) for n, a in enumerate(orders)]
    counts = [sum(1 for append in spread if append.partition == p) for p in range(PROCESSES)]
    copiers = [
        subprocess.Popen(
            [sys.executable, "-m", "gateway.ops.bench.copier", bootstrap, f"{name}.",
             str(partition), str(counts[partition])],
            stdout=subprocess.PIPE,
        )
        for partition in range(PROCESSES)
    ]  # fmt: skip
    try:
        for copier in copiers:
            assert copier.stdout is not None
            await asyncio.to_thread(copier.stdout.readline)
        async with _publisher(bootstrap) as publisher:
            began = time.perf_counter()
            await _publish(publisher, f"{name}.", spread)
            codes = [await asyncio.to_thread(c.wait, PATIENCE_SECONDS) for c in copiers]
            seconds = time.perf_counter() - began
        if any(codes):
            raise GatewayError(f"a copier ended with {codes}")
    finally:
        for copier in copiers:
            copier.kill()
            copier.wait()
            if copier.stdout is not None:
                copier.stdout.close()
        await log.close()
    return Figure("bare copy of the same bytes", made.form, made.lines, seconds)


@asynccontextmanager
async def _publisher(bootstrap: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=2,
        max_batch_size=900_000, max_request_size=4_000_000,
    )  # fmt: skip
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def _publish(producer: AIOKafkaProducer, prefix: str, appends: Sequence[Append]) -> None:
    """All of them: each topic in its order, the topics in turn, as senders would at once."""
    queues: dict[str, list[Append]] = {}
    for append in appends:
        queues.setdefault(append.topic, []).append(append)
    longest = max(map(len, queues.values()), default=0)
    sent = [
        await producer.send(
            prefix + queue[turn].topic, queue[turn].value, partition=queue[turn].partition
        )
        for turn in range(longest)
        for queue in queues.values()
        if turn < len(queue)
    ]
    await asyncio.gather(*sent)


@contextmanager
def _workers(made: Material, bootstrap: str, name: str) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="gateway-bench-") as folder:
        config = Path(folder) / "gateway.yaml"
        said = {**made.day.settings, "app": name, "prefix": f"{name}.", "bootstrap": bootstrap}
        config.write_text(yaml.safe_dump(said, sort_keys=False), encoding="utf-8")
        environment = {
            **os.environ, "KAFKA_BOOTSTRAP": bootstrap, "GATEWAY_TOKEN_KEY": KEY.hex()
        }  # fmt: skip
        processes = [
            subprocess.Popen(
                command(config, level="WARNING"), env=environment, stdin=subprocess.DEVNULL
            )
            for _ in range(PROCESSES)
        ]
        try:
            yield
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(60)


async def _until_decided(log: Log, made: Material) -> None:
    """Until every message of the opening has gone through intake and the plan desk."""
    last = {
        topic: sum(1 for append in made.phases["opening"] if append.topic == topic) - 1
        for topic in made.gateway.topics()
    }
    messages = Messages(standard())
    until = time.monotonic() + PATIENCE_SECONDS
    waiting = {
        ("intake", number, last[f"in.{sender}"])
        for number, sender in enumerate(made.gateway.topology.senders)
    }
    stable = 0
    seen: dict[int, int] = {}
    while waiting or stable < 10:
        for desk, partition, offset in sorted(waiting):
            if await _last_decided(log, messages, desk, partition) >= offset:
                waiting.discard((desk, partition, offset))
        if not waiting:
            now = {
                p: await log.end(*journal_of("plan", p)) for p in range(made.gateway.topology.plan)
            }
            stable, seen = (stable + 1, seen) if now == seen else (0, now)
        _patience(until)
        await asyncio.sleep(LOOK_SECONDS)


async def _last_decided(log: Log, messages: Messages, desk: str, partition: int) -> int:
    topic, at = journal_of(desk, partition)
    last = -1
    async for records in log.read(topic, at):
        last = messages.decided(records[-1].value)[0].offset
    return last


async def _until_settled(log: Log, made: Material) -> None:
    """Until each receiver's instruction is out: one a counterparty, six in all."""
    until = time.monotonic() + PATIENCE_SECONDS
    parties = {"RECORDKEEPER", "MANAGER", "CUSTODIAN"}
    wanted = sum(1 for change in made.day.book for p in change.parties if p.role in parties)
    sent = 0
    while sent < wanted:
        sent = 0
        for partition in range(made.gateway.topology.dispatch):
            async for records in log.read(*journal_of("dispatch", partition)):
                sent += len(records)
        _patience(until)
        await asyncio.sleep(LOOK_SECONDS)


def _patience(until: float) -> None:
    if time.monotonic() > until:
        raise GatewayError(f"the day did not go on within {PATIENCE_SECONDS} s")

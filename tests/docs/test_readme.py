"""The code in the README runs, and says what the README says it does."""

from __future__ import annotations

import asyncio
import re
import secrets
import subprocess
import sys
from datetime import date

import pytest

from connectors.native import CONNECTOR
from gateway.connector.protocol import OrderLines, Rendered
from gateway.core.orders import BatchStatus
from gateway.core.vocabulary import RejectCode
from gateway.desks.intake_lines import Keyring
from gateway.log.kafka import KafkaLog
from gateway.log.port import Append
from gateway.shell.gateway import Gateway, pump
from gateway.shell.settings import settings_from
from gateway.wire.messages import Messages
from gateway.wire.registry import standard
from tests.docs.pages import ROOT, blocks, page

MESSAGES = Messages(standard())
SESSION = date(2026, 11, 27)
SENDER = "RK_A"


def home() -> Gateway:
    """The gateway the README starts."""
    settings = settings_from(ROOT / "docker" / "gateway.yaml")
    key = Keyring(b"a key for the tests")
    return Gateway(settings.topology(), settings.receivers, settings.senders, key)


def run(block: str, bootstrap: str, prefix: str) -> str:
    """Run a block as a newcomer would, on topics of our own; what it prints."""
    for topic in (f'"in.{SENDER}"', f'"out.{SENDER}"'):
        block = block.replace(topic, topic.replace('"', f'"{prefix}', 1))
    assert block.count(prefix) == 1
    done = subprocess.run(
        [sys.executable, "-c", block], cwd=ROOT, env={"KAFKA_BOOTSTRAP": bootstrap},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


async def create(bootstrap: str, prefix: str) -> None:
    log = KafkaLog(bootstrap, prefix=prefix)
    await log.create(home().topics())
    await log.close()


async def announce(bootstrap: str, prefix: str) -> None:
    """Open the session of the order for its sender."""
    log = KafkaLog(bootstrap, prefix=prefix)
    days = (SESSION - date(1970, 1, 1)).days
    tick = {"sender": "clock", "kind": "SESSION_OPENED", "session": days, "moment_at": 0}
    writer = log.writer(f"{prefix}clock")
    await writer.open()
    packed = MESSAGES.pack(Rendered("inbound/Tick", tick))
    await writer.append([Append(f"in.{SENDER}", 0, None, packed)])
    await writer.close()
    await log.close()


async def answers(bootstrap: str, prefix: str) -> list[object]:
    """Let intake decide what is there; all it has answered so far."""
    log = KafkaLog(bootstrap, prefix=prefix)
    partition = home().topology.senders.index(SENDER)
    seat = next(
        seat
        for seat in home().seats(log, f"{prefix}gateway")
        if (seat.desk.name, seat.partition) == ("intake", partition)
    )
    await seat.open()
    await pump([seat], log)
    await seat.close()
    found = [MESSAGES.unpack(record.value) async for batch in log.read(f"out.{SENDER}", 0)
             for record in batch]  # fmt: skip
    await log.close()
    return found


async def published(bootstrap: str, prefix: str) -> list[tuple[bytes | None, object]]:
    """What stands in the sender's topic, decoded as intake decodes it."""
    log = KafkaLog(bootstrap, prefix=prefix)
    found: list[tuple[bytes | None, object]] = []
    async for batch in log.read(f"in.{SENDER}", 0):
        for record in batch:
            received = MESSAGES.received(record, SENDER)
            assert received.body is not None, received.fault
            found.append((record.key, CONNECTOR.translate(received.schema, received.body)))
    await log.close()
    return found


@pytest.mark.kafka
def test_the_first_order_is_published_answered_and_taken_once_its_session_is_open(
    kafka: str,
) -> None:
    publish, read = blocks(page("README.md"), "python")
    prefix = f"readme{secrets.token_hex(4)}."
    asyncio.run(create(kafka, prefix))

    run(publish, kafka, prefix)
    [(key, order)] = asyncio.run(published(kafka, prefix))
    assert key == b"PAY-1"
    assert isinstance(order, OrderLines)
    assert (order.session, order.currency, order.control_count) == (SESSION, "USD", 1)
    assert (order.plans, order.funds) == (("PLN-1",), ("TDF_2045",))
    assert order.amount_minor.tolist() == [250_00]

    [refused] = asyncio.run(answers(kafka, prefix))
    assert isinstance(refused, BatchStatus)
    assert (refused.verdict, refused.codes) == ("REJECTED", (RejectCode.CALENDAR,))
    told = run(read, kafka, prefix)
    assert "'verdict': 'REJECTED'" in told
    assert "'codes': ['CALENDAR']" in told

    asyncio.run(announce(kafka, prefix))
    run(publish, kafka, prefix)
    taken = asyncio.run(answers(kafka, prefix))[-1]
    assert isinstance(taken, BatchStatus)
    assert (taken.verdict, taken.amount_minor) == ("ACCEPTED", 250_00)


def test_what_the_readme_shows_of_the_demo_is_what_the_demo_says() -> None:
    shown = next(block for block in blocks(page("README.md"), "") if "Conservation" in block)
    report = page("gateway/ops/demo/report.py")
    plain = [line for line in shown.splitlines() if line and line[0] not in "┏┃┡│└."]
    heads = [re.split(r"[:\d]", line)[0].strip() for line in plain]
    assert [head for head in heads if head and head not in report] == []

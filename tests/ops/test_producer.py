"""The ordinary producer: its bytes are the gateway's, its mistakes have names, order is kept.

Not here: what a day consists of (`test_nation`).
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from gateway.connector.protocol import Rendered
from gateway.log.kafka import KafkaLog
from gateway.ops.demo.day import Day, make_day
from gateway.ops.demo.folder import write_day
from gateway.ops.demo.nation import SENDERS, Sizes
from gateway.ops.demo.orders import Form
from gateway.ops.demo.producer import PHASES, Encoder, NotPublishable, main, outgoing
from gateway.wire.decoder import Decoder
from gateway.wire.messages import Messages
from gateway.wire.registry import schema_root, standard

SESSION = date(2026, 11, 24)
ROOT = Path(__file__).resolve().parents[2]


def day_of(form: Form = "natural") -> Day:
    return make_day(3, SESSION, Sizes(12, 300), form=form, batch_lines=60)


@pytest.mark.parametrize("form", ["natural", "columnar"])
def test_its_bytes_are_those_the_gateway_would_write_and_read(form: Form) -> None:
    day = day_of(form)
    encoder, messages, decoder = Encoder(schema_root()), Messages(standard()), Decoder(standard())
    seen: set[str] = set()
    for phase in PHASES:
        for sender in SENDERS:
            for schema, body in day.messages(phase, sender):
                if schema and (phase != "orders" or schema not in seen):
                    value = encoder.encode(schema, body)
                    assert value == messages.pack(Rendered(schema, body))
                    decoded = decoder.decode(value)
                    said = {name: decoded.body[name] for name in body}  # a default is read as well
                    assert (decoded.schema.name, said) == (schema, body)
                seen.add(schema)
    contributions = {"natural": "ContributionBatch", "columnar": "ContributionColumns"}[form]
    assert seen >= {"between/BookChange", f"inbound/{contributions}", "inbound/KkrEvergreenNav"}


def test_a_book_change_it_wrote_is_the_book_change_that_was_meant() -> None:
    day = day_of()
    encoder, messages = Encoder(schema_root()), Messages(standard())
    written = [
        encoder.encode(schema, body)
        for schema, body in day.messages("opening", "operations")
        if schema == "between/BookChange"
    ]
    assert tuple(messages.unpack(value) for value in written) == day.book


def test_it_imports_nothing_of_the_gateway() -> None:
    ask = (
        "import sys, gateway.ops.demo.producer\n"
        "print(*sorted(m for m in sys.modules if m.split('.')[0] in ('gateway', 'connectors')))"
    )
    said = subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert said.stdout.split() == [
        "gateway",
        "gateway.ops",
        "gateway.ops.demo",
        "gateway.ops.demo.producer",
    ]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ('{"schema": "inbound/Nothing", "body": {}}', "no schema is called inbound/Nothing"),
        ('{"schema": "inbound/DayEnd", "body": {"sender": 7}}', "does not fit inbound/DayEnd"),
        ('{"hex": "0z"}', "non-hexadecimal"),
        ("no record", "Expecting value"),
    ],
)
def test_a_line_that_cannot_be_published_is_named_by_file_and_number(
    row: str, complaint: str, tmp_path: Path
) -> None:
    file = tmp_path / "RK_NORTH.jsonl"
    file.write_text('{"hex": "00"}\n' + row + "\n", encoding="utf-8")
    with pytest.raises(NotPublishable, match=r"RK_NORTH\.jsonl:2: ") as wrong:
        list(outgoing(file, Encoder(schema_root())))
    assert complaint in str(wrong.value)


def test_a_missing_folder_is_a_misuse_and_a_missing_broker_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{nobody.getsockname()[1]}"
        options = ["--bootstrap", where, "--schemas", str(schema_root())]
        assert main([str(tmp_path), *options]) == 2
        assert "opening has no *.jsonl" in capsys.readouterr().err
        (tmp_path / "opening").mkdir()
        (tmp_path / "opening" / "RK_NORTH.jsonl").write_text('{"hex": "00"}\n', encoding="utf-8")
        assert main([str(tmp_path), *options, "--phase", "opening"]) == 4


@pytest.mark.kafka
def test_each_senders_file_stands_in_its_topic_in_order(kafka: str, tmp_path: Path) -> None:
    files = write_day(day_of(), tmp_path)
    encoder = Encoder(schema_root())
    expected: dict[str, list[bytes]] = {}
    for file in files:
        expected.setdefault(file.stem, []).extend(m.value for m in outgoing(file, encoder))

    async def create() -> None:
        log = KafkaLog(kafka, prefix="producer.")
        await log.create({f"in.{sender}": 1 for sender in SENDERS})
        await log.close()

    async def stored() -> dict[str, list[bytes]]:
        log = KafkaLog(kafka, prefix="producer.")
        found = {
            sender: [r.value async for records in log.read(f"in.{sender}", 0) for r in records]
            for sender in SENDERS
        }
        await log.close()
        return found

    asyncio.run(create())
    said = publish(kafka, tmp_path, "opening") + publish(kafka, tmp_path, "orders", "close")
    assert asyncio.run(stored()) == expected
    done = [line for line in said if line["done"]]
    assert len(done) == len(files)
    assert sum(int(str(line["messages"])) for line in done) == sum(map(len, expected.values()))


def publish(bootstrap: str, folder: Path, *phases: str) -> list[dict[str, object]]:
    """Run the producer as a process of its own; what it said."""
    chosen = [option for phase in phases for option in ("--phase", phase)]
    ran = subprocess.run(
        [
            sys.executable, "-m", "gateway.ops.demo.producer", "--bootstrap", bootstrap,
            "--prefix", "producer.", "--schemas", str(schema_root()), *chosen, str(folder),
        ],
        cwd=ROOT, check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return [json.loads(line) for line in ran.stdout.splitlines()]

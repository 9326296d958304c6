"""Senders change to a next version of their schema one by one, before or after the gateway."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.connector.protocol import Rendered
from gateway.core.orders import BatchStatus
from gateway.errors import DecisionFailed
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.shell.evidence import replay_partition, violations
from gateway.wire import catalogue, registry
from gateway.wire.messages import Messages
from gateway.wire.registry import LOCK, Registry, schema_root, standard
from tests.day.market_day import MarketDay, gateway, settled_day, traded
from tests.day.test_settled_day import MESSAGES, instructions, run, sent

HOME = gateway()
RECORD = "inbound/ContributionBatch"
MEMO = {"name": "memo", "type": "string", "doc": "what its sender remembers", "default": ""}


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """The schemas of a later version, where a contribution batch may carry a memo."""
    home = tmp_path / "schemas"
    shutil.copytree(schema_root(), home)
    newest = catalogue.newest(home / RECORD)
    schema = json.loads(newest.read_text(encoding="utf-8"))
    after = {**schema, "fields": [*schema["fields"], MEMO]}
    catalogue.following(newest, json.dumps(after)).write_text(json.dumps(after), encoding="utf-8")
    (home / LOCK).write_text(catalogue.locked(home), encoding="utf-8")
    assert catalogue.unlike(home) == []
    return home


@contextmanager
def upgraded(home: Path) -> Iterator[None]:
    """Let the gateway be the later version."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "schema_root", lambda: home)
        standard.cache_clear()
        yield
    standard.cache_clear()


def with_memo(later: Path, day: MarketDay, payroll: bytes) -> list[Append]:
    """The day, one payroll of which a new producer writes, with a memo."""
    body = MESSAGES.unpack(payroll)
    assert isinstance(body, Rendered)
    told = Rendered(RECORD, {**body.body, "memo": "pay of November"})
    value = Messages(Registry.load(later)).pack(told)
    assert value != payroll
    return [
        Append(a.topic, a.partition, a.key, value) if a.value == payroll else a for a in day.appends
    ]


def payrolls(day: MarketDay) -> list[bytes]:
    kinds = ((append.value, MESSAGES.kind(append.value)) for append in day.appends)
    return [value for value, kind in kinds if kind == RECORD]


def verdicts(log: MemoryLog, sender: str = "RK_A") -> list[tuple[str, str]]:
    told = (m for m in sent(log, f"out.{sender}") if isinstance(m, BatchStatus))
    return [(status.verdict, status.detail) for status in told]


def test_what_an_old_and_a_new_producer_send_settles_alike(later: Path) -> None:
    day = traded(settled_day())
    before = run(day.appends, HOME)
    mixed = with_memo(later, day, payrolls(day)[0])
    with upgraded(later):
        after = run(mixed, HOME)
        assert asyncio.run(violations(after, HOME)) == []
        assert instructions(after) == instructions(before)
        # What was said with the first version is decided again to the same bytes.
        assert asyncio.run(violations(before, HOME)) == []


def test_a_new_producer_before_the_gateway_is_kept_whole_and_stays_so_in_history(
    later: Path,
) -> None:
    day = traded(settled_day())
    early = with_memo(later, day, payrolls(day)[1])
    log = run(early, HOME)
    assert [text for verdict, text in verdicts(log) if verdict == "QUARANTINED"] == [
        f"UNKNOWN_SCHEMA: no schema has id {Registry.load(later).latest(RECORD).id}"
    ]
    with upgraded(later):
        for partition in range(HOME.topology.partitions("intake")):
            again = asyncio.run(replay_partition(log, HOME, "intake", partition))
            assert again.divergence is None


def test_what_operations_says_in_a_newer_schema_stops_its_partition_and_is_not_put_away() -> None:
    following = standard().newest_id + 1
    unknown = b"\0" + following.to_bytes(4, "big") + b"a field that is not known here"
    with pytest.raises(DecisionFailed, match="newer version of the gateway; upgrade this one"):
        run([Append("in.operations", 0, None, unknown)], HOME)


def test_an_id_far_from_any_version_is_rubbish_and_stops_nobody() -> None:
    for number in (0, 20_000):
        log = run([Append("in.operations", 0, None, b"\0" + number.to_bytes(4, "big"))], HOME)
        assert [
            text for verdict, text in verdicts(log, "operations") if verdict == "QUARANTINED"
        ] == [f"UNKNOWN_SCHEMA: no schema has id {number}"]

"""Inboxes decided again: nothing differs, or the first difference is named."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.core.events import OrdersCounted
from gateway.errors import ConfigError
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.ops.replay import Replayed, by_desk, places, replay, run, say
from gateway.wire.journal import JournalRecord
from gateway.wire.topics import DESKS
from tests.day.market_day import BEFORE_CLOSE
from tests.day.test_settled_day import MESSAGES
from tests.ops.stage import HOME, archive, busy_log, settings


def again(log: MemoryLog, desk: str | None = None, partition: int | None = None) -> list[Replayed]:
    return asyncio.run(replay(log, HOME, places(HOME, desk, partition)))


def planted() -> MemoryLog:
    """The busy day in which every plan partition counted a cent more than it decided."""
    log = MemoryLog(lambda: BEFORE_CLOSE)
    asyncio.run(log.create(HOME.topics()))
    for topic, partitions in HOME.topics().items():
        for partition in range(partitions):
            for record in busy_log().records(topic, partition):
                value = record.value
                if topic == "gw.plan.journal":
                    entry, events = MESSAGES.decided(value)
                    packed = tuple(MESSAGES.pack(_a_cent_more(event)) for event in events)
                    value = MESSAGES.pack(JournalRecord(entry.offset, entry.digest, 0, 1, packed))
                log.append_now([Append(topic, partition, record.key, value, record.headers)])
    return log


def _a_cent_more(event: object) -> object:
    if isinstance(event, OrdersCounted):
        return replace(event, amount_minor=event.amount_minor + 1)
    return event


def test_every_inbox_of_a_settled_day_gives_its_journal_again() -> None:
    found = again(busy_log())
    assert [each.divergence for each in found] == [None] * 16
    rows = {row.desk: (row.partitions, row.lines) for row in by_desk(found)}
    assert list(rows) == list(DESKS)
    assert rows["intake"][0] == 7
    # Six order lines were taken; intake also counts statements and marks.
    assert rows["plan"] == (3, 6)
    assert sum(each.records for each in found) == sum(
        len(busy_log().records(seat.topic, seat.topic_partition)) for seat in HOME.seats(busy_log())
    )


def test_one_desk_or_one_partition_can_be_asked_for() -> None:
    assert places(HOME, "fund", None) == [("fund", 0), ("fund", 1)]
    assert places(HOME, "plan", 2) == [("plan", 2)]
    assert places(HOME, None, 2) == [("intake", 2), ("plan", 2)]


@pytest.mark.parametrize(
    ("desk", "partition", "named"),
    [
        ("plans", None, "no desk is called plans: there are intake, plan, fund, cash, dispatch"),
        ("fund", 2, "no partition 2: they are counted from 0, there are fund 2"),
        (None, 99, "no partition 99: .* intake 7, plan 3, fund 2, cash 2, dispatch 2"),
    ],
)
def test_what_is_not_there_cannot_be_decided_again(
    desk: str | None, partition: int | None, named: str
) -> None:
    with pytest.raises(ConfigError, match=named):
        places(HOME, desk, partition)


def test_the_first_difference_is_named_and_the_exit_code_is_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = again(planted(), "plan")
    assert say(found, as_json=False) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "first divergence: plan/" in out
    assert "OrdersCounted" in out
    assert say(found, as_json=True) == 1
    said = json.loads(capsys.readouterr().out)
    assert len(said["divergences"]) == sum(each.divergence is not None for each in found) > 0


def test_progress_is_told_as_it_goes() -> None:
    told: list[tuple[str, int]] = []

    def tell(desk: str, more: int) -> None:
        told.append((desk, more))

    found = asyncio.run(replay(busy_log(), HOME, places(HOME, "cash", None), tell))
    assert sum(more for _, more in told) == sum(each.records for each in found)
    assert {desk for desk, _ in told} == {"cash"}


def test_lines_a_second_are_lines_over_the_time_they_took() -> None:
    rows = by_desk([Replayed("plan", 0, 3, 500, 250, None), Replayed("plan", 1, 1, 250, 0, "x")])
    assert [(r.lines, r.milliseconds, r.lines_per_second, r.divergences) for r in rows] == [
        (750, 250, 3_000, ("x",))
    ]


def test_an_archive_is_decided_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = asyncio.run(archive(busy_log(), HOME, tmp_path / "archive"))
    made = settings(tmp_path)
    assert run(made, archive=folder, as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["divergences"] == []
    assert run(made, desk="cash", archive=folder) == 0
    out = capsys.readouterr().out
    assert "Every inbox decided again gave its journal byte for byte." in out

"""Whatever is wrong with a snapshot is noticed, and an older one or the whole journal serves."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.desks.plan_state import PlanState
from gateway.shell.seat import Seat
from gateway.shell.snapshots import Snapshots
from gateway.shell.state_codec import encode, shape_of
from tests.day.market_day import BEFORE_CLOSE, MarketDay, gateway, settled_day, traded
from tests.shell.stage import APP, NotingLog, heard, played, save, seated, states

HOME = gateway(2, 2, 1)
DAY = traded(settled_day()).appends
JOURNAL = ("gw.plan.journal", 0)
EARLY = 8
Spoil = Callable[[Path, Seat[Any], Snapshots], None]


async def two_snapshots(store: Snapshots, log: NotingLog) -> Seat[Any]:
    """The day with two snapshots of a plan partition: one early in it, one at its end."""
    await log.create(HOME.topics())
    await heard(log, await seated(log, HOME, None), DAY[:EARLY], 3)
    save(store, await reopened(log))
    seats = await seated(log, HOME, None)
    plan = next(seat for seat in seats if seat.desk.name == "plan")
    await heard(log, seats, DAY[EARLY:], 3)
    save(store, await reopened(log))
    return plan


async def reopened(log: NotingLog, store: Snapshots | None = None) -> Seat[Any]:
    seat = next(seat for seat in HOME.seats(log, APP, store) if seat.desk.name == "plan")
    await seat.open()
    return seat


def rewritten(change: Callable[[bytes], bytes]) -> Spoil:
    def spoil(file: Path, seat: Seat[Any], store: Snapshots) -> None:
        file.write_bytes(change(file.read_bytes()))

    return spoil


def flipped(at: int) -> Spoil:
    def change(raw: bytes) -> bytes:
        changed = bytearray(raw)
        changed[at] ^= 1
        return bytes(changed)

    return rewritten(change)


def of_another(app: str, desk: str, partition: int) -> Spoil:
    """In the place of a snapshot stands one that was written for somebody else."""

    def spoil(file: Path, seat: Seat[Any], store: Snapshots) -> None:
        assert store.save(app, desk, partition, seat.snapshot())
        (written,) = (file.parents[3] / app / desk / str(partition)).glob("*.snapshot")
        shutil.move(written, file)

    return spoil


def told_otherwise(**changes: Any) -> Spoil:
    def spoil(file: Path, seat: Seat[Any], store: Snapshots) -> None:
        file.unlink()
        assert store.save(APP, "plan", 0, replace(seat.snapshot(), **changes))

    return spoil


def a_folder_of_its_name(file: Path, seat: Seat[Any], store: Snapshots) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (rewritten(lambda raw: b""), "no snapshot, or is damaged at its beginning"),
        (rewritten(lambda raw: b"\x00\xff rubbish\n\n"), "no snapshot, or is damaged"),
        (rewritten(lambda raw: raw[:20]), "no snapshot, or is damaged at its beginning"),
        (rewritten(lambda raw: raw[:100]), "what it says of itself has another digest"),
        (rewritten(lambda raw: raw[:-1]), "bytes, wanted"),
        (rewritten(lambda raw: raw + b"\0"), "bytes, wanted"),
        (flipped(2), "no snapshot, or is damaged at its beginning"),
        (flipped(30), "what it says of itself has another digest"),
        (flipped(90), "what it says of itself has another digest"),
        (flipped(-1), "its state is damaged: it has another digest"),
        (rewritten(lambda raw: raw.replace(b"-snapshot 1 ", b"-snapshot 2 ", 1)),
         "it has format 2, wanted 1"),
        (of_another("other", "plan", 0), "it is of other plan/0, wanted gateway plan/0"),
        (of_another(APP, "fund", 0), "it is of gateway fund/0, wanted gateway plan/0"),
        (of_another(APP, "plan", 1), "it is of gateway plan/1, wanted gateway plan/0"),
        (told_otherwise(shape="0" * 32), f"this version's has {shape_of(PlanState)}"),
        (told_otherwise(folded=10**6), "it goes to 1000000, the journal ends at"),
        (told_otherwise(message=b"\7" * 16), "the journal tells another history"),
        (told_otherwise(payload=b"\0\1\2"), "3 bytes end within a value"),
        (a_folder_of_its_name, "IsADirectoryError"),
    ],
)  # fmt: skip
def test_a_bad_snapshot_is_warned_of_and_the_one_before_it_serves(
    spoil: Spoil, reason: str, tmp_path: Path
) -> None:
    store, log = Snapshots(str(tmp_path)), NotingLog()
    seat = asyncio.run(two_snapshots(store, log))
    early, late = sorted((tmp_path / APP / "plan" / "0").iterdir())
    spoil(late, seat, store)
    log.reads.clear()
    with capture_logs() as said:
        again = asyncio.run(reopened(log, store))
    assert [line["event"] for line in said] == ["snapshot_passed_over"]
    assert reason in said[0]["reason"]
    assert said[0]["log_level"] == "warning"
    assert 0 < log.reads[JOURNAL][-1] < EARLY, "the older snapshot's tail was read"
    assert encode(again.state) == states(log, HOME, None)["plan", 0]
    assert early.exists()


def test_with_every_snapshot_bad_the_whole_journal_is_folded(tmp_path: Path) -> None:
    store, log = Snapshots(str(tmp_path)), NotingLog()
    asyncio.run(two_snapshots(store, log))
    for file in (tmp_path / APP / "plan" / "0").iterdir():
        file.write_bytes(file.read_bytes()[:-7])
    log.reads.clear()
    with capture_logs() as said:
        again = asyncio.run(reopened(log, store))
    assert [line["event"] for line in said] == ["snapshot_passed_over"] * 2
    assert log.reads[JOURNAL] == [0]
    assert encode(again.state) == states(log, HOME, None)["plan", 0]


def test_snapshots_of_topics_that_were_made_anew_are_passed_over(tmp_path: Path) -> None:
    store = Snapshots(str(tmp_path))
    played(DAY, HOME, store, 5)
    other = settled_day()
    other.holdings("RK_A", "PLN-2", "somebody-else", LIQ=77_0000)
    traded(other)
    longer = played([*other.appends, *more_of(other).appends], HOME, None, 5)
    with capture_logs() as said:
        assert states(longer, HOME, store) == states(longer, HOME, None)
    assert {line["event"] for line in said} == {"snapshot_passed_over"}
    with capture_logs():
        shorter = played(DAY[:EARLY], HOME, None, 5)
        assert states(shorter, HOME, store) == states(shorter, HOME, None)


def more_of(day: MarketDay) -> MarketDay:
    """More messages, so that a history is longer than the one snapshots were taken of."""
    more = MarketDay(day.session)
    for number in range(5):
        more.payroll("RK_A", f"L{number}", "PLN-1", BEFORE_CLOSE, [("p", "LIQ", 1)])
        more.payroll("RK_B", f"L{number}", "PLN-3", BEFORE_CLOSE, [("p", "LIQ", 1)])
    return more


def test_a_store_that_cannot_be_read_is_a_warning(tmp_path: Path) -> None:
    log = NotingLog()
    seat = asyncio.run(two_snapshots(Snapshots(str(tmp_path)), log))
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / APP).write_bytes(b"a file where a folder should be")
    with capture_logs() as said:
        again = asyncio.run(reopened(log, Snapshots(str(blocked))))
        assert not Snapshots(str(blocked)).save(APP, "plan", 0, seat.snapshot())
    assert encode(again.state) == states(log, HOME, None)["plan", 0]
    assert [line["event"] for line in said] == ["snapshots_not_listed", "snapshot_not_saved"]

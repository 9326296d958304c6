"""A desk goes on from a snapshot as if it had folded its whole journal, and else folds it."""

from __future__ import annotations

import asyncio
import errno
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.errors import ConfigError, Fenced
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.ops.simulate.further import further
from gateway.ops.simulate.market import Market, market
from gateway.ops.simulate.streams import streams
from gateway.shell.gateway import pump
from gateway.shell.snapshots import KEPT, Snapshots
from gateway.shell.state_codec import encode
from tests.day.market_day import PERSON, gateway, settled_day, traded
from tests.day.test_settled_day import instructions
from tests.shell.stage import (
    APP,
    NotingLog,
    everything,
    heard,
    played,
    save,
    seated,
    states,
)

HOME = gateway(2, 2, 1)
DAY = traded(settled_day()).appends
CLOSING = ("plan/0", "plan/1", "fund/0", "fund/1", "cash/0", "intake/2", "intake/3")


@pytest.fixture
def store(tmp_path: Path) -> Snapshots:
    return Snapshots(str(tmp_path))


@pytest.fixture(autouse=True)
def _no_files_in_memory() -> Iterator[None]:
    yield
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]


def files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file())


# --- going on from a snapshot ---------------------------------------------------------------


def test_every_partition_that_closed_the_session_left_a_snapshot(
    store: Snapshots, tmp_path: Path
) -> None:
    played(DAY, HOME, store, 5)
    left = {path.parent.relative_to(tmp_path / APP).as_posix() for path in files(tmp_path)}
    assert left == set(CLOSING)


def test_a_new_owner_reads_the_tail_alone_and_has_the_state_of_the_whole_fold(
    store: Snapshots,
) -> None:
    log = played(DAY, HOME, store, 5)
    whole = states(log, HOME, None)
    log.reads.clear()
    assert states(log, HOME, store) == whole
    starts = {f"{desk}/{at}": log.reads[f"gw.{desk}.journal", at][0] for desk, at in whole}
    assert all(starts[place] > 0 for place in CLOSING), starts


@pytest.mark.parametrize("before", [1, 4, 9, 14, 20, len(DAY) - 1, len(DAY)])
def test_every_desk_has_the_same_state_from_a_snapshot_of_any_moment_and_the_tail(
    before: int, store: Snapshots
) -> None:
    log = NotingLog()

    async def play() -> None:
        await log.create(HOME.topics())
        seats = await seated(log, HOME, None)
        await heard(log, seats, DAY[:before], 3)
        for seat in seats:
            save(store, seat)
        await heard(log, seats, DAY[before:], 3)

    asyncio.run(play())
    whole = states(log, HOME, None)
    with capture_logs() as said:
        assert states(log, HOME, store) == whole
    assert said == []


def test_a_snapshot_taken_as_soon_as_a_seat_is_opened_is_gone_on_from(store: Snapshots) -> None:
    log = played(DAY, HOME, None)
    for seat in asyncio.run(seated(log, HOME, None)):
        save(store, seat)
    whole = states(log, HOME, None)
    with capture_logs() as said:
        assert states(log, HOME, store) == whole
    assert said == []


CALM = settings(
    deadline=None,
    derandomize=True,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@CALM
@given(st.randoms(use_true_random=False).map(market).map(further), st.integers(0, 2**32))
def test_l4_owners_that_come_and_go_with_snapshots_decide_the_same_bytes(
    day: Market, seed: int
) -> None:
    said = _interleaved(day, Random(seed))
    undisturbed = _with_owners_changing(said, None, 0)
    disturbed = _with_owners_changing(said, Snapshots(f"memory://owners-{seed}"), seed)
    assert everything(disturbed, HOME) == everything(undisturbed, HOME)


def _interleaved(day: Market, chance: Random) -> list[tuple[int, Append]]:
    """What the senders say with the moment of it, each sender's own in its order."""
    left = {sender: list(said) for sender, said in streams(day, ()).items() if said}
    order: list[tuple[int, Append]] = []
    while left:
        sender = chance.choice(list(left))
        heard_next = left[sender].pop(0)
        order.append((heard_next.at, Append(f"in.{sender}", 0, None, heard_next.value)))
        left = {name: said for name, said in left.items() if said}
    return order


def _with_owners_changing(
    said: list[tuple[int, Append]], store: Snapshots | None, seed: int
) -> MemoryLog:
    """The log after messages came in one by one, while owners came, saved and went."""
    clock, chance = [0], Random(seed)
    log = MemoryLog(lambda: clock[0])

    async def play() -> None:
        await log.create(HOME.topics())
        seats = await seated(log, HOME, store)
        for at, append in said:
            clock[0] = at
            log.append_now([append])
            await pump(seats, log)
            for place in range(len(seats)):
                if store is not None and not chance.randrange(4):
                    save(store, seats[place])
                if store is not None and not chance.randrange(4):
                    seats[place] = HOME.seats(log, APP, store)[place]
                    await seats[place].open()

    asyncio.run(play())
    return log


def test_a_desk_that_closes_no_session_leaves_a_snapshot_after_many_messages(
    store: Snapshots, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.shell.seat.LONGEST_TAIL", 2)
    log = played(DAY, HOME, store, 1)
    left = {path.parent.relative_to(tmp_path / APP).as_posix() for path in files(tmp_path)}
    assert left > {*CLOSING, "intake/0", "intake/1"}
    assert any(place.startswith("dispatch/") for place in left)
    assert states(log, HOME, store) == states(log, HOME, None)


def test_an_owner_that_comes_back_folds_what_others_decided_meanwhile(store: Snapshots) -> None:
    log = NotingLog()

    async def play() -> list[bytes]:
        await log.create(HOME.topics())
        first = await seated(log, HOME, store)
        await heard(log, first, DAY[:6])
        second = await seated(log, HOME, store)
        await heard(log, second, DAY[6:])
        for seat in first:
            await seat.open()
        return [encode(seat.state) for seat in first]

    assert asyncio.run(play()) == list(states(log, HOME, None).values())


def test_a_fenced_owner_leaves_no_snapshot_and_is_made_anew(
    store: Snapshots, tmp_path: Path
) -> None:
    log = NotingLog()

    async def play() -> list[bytes]:
        await log.create(HOME.topics())
        first = await seated(log, HOME, store)
        await heard(log, first, DAY[:-1])
        before = files(tmp_path)
        log.append_now(DAY[-1:])
        await seated(log, HOME, store)
        closer = next(seat for seat in first if seat.topic == DAY[-1].topic)
        with pytest.raises(Fenced):
            await closer.take(log.records(closer.topic, 0))
        assert files(tmp_path) == before
        await closer.open()
        await heard(log, [closer], [])
        return [encode(closer.state)]

    (state,) = asyncio.run(play())
    assert state == states(log, HOME, None)["intake", HOME.topology.senders.index("RK_B")]


def test_l8_no_identifier_is_in_a_snapshot(store: Snapshots, tmp_path: Path) -> None:
    for seat in asyncio.run(seated(played(DAY, HOME, None), HOME, None)):
        save(store, seat)
    assert len(files(tmp_path)) > len(CLOSING)
    assert not [path for path in files(tmp_path) if PERSON.encode() in path.read_bytes()]


# --- the store ------------------------------------------------------------------------------


def test_snapshots_can_be_kept_in_any_store_fsspec_knows() -> None:
    store = Snapshots("memory://gateway/snapshots")
    log = played(DAY, HOME, store, 5)
    kept = fsspec.filesystem("memory").find("/gateway/snapshots")
    assert len(kept) == len(CLOSING)
    assert states(log, HOME, store) == states(log, HOME, None)


def test_the_newest_three_are_kept_and_nothing_unfinished_or_of_a_longer_history(
    store: Snapshots, tmp_path: Path
) -> None:
    folder = tmp_path / APP / "plan" / "0"
    folder.mkdir(parents=True)
    (folder / f"{7:020d}.snapshot.new").write_bytes(b"half")
    (folder / f"{10**6:020d}.snapshot").write_bytes(b"of another history")
    log = NotingLog()

    async def play() -> None:
        await log.create(HOME.topics())
        seats = await seated(log, HOME, None)
        plan = next(seat for seat in seats if seat.desk.name == "plan")
        saved = set()
        for append in DAY:
            await heard(log, seats, [append])
            save(store, plan)
            saved.add(plan.last)
        wanted = sorted(saved - {-1})[-KEPT:]
        assert [path.name for path in files(folder)] == [f"{at:020d}.snapshot" for at in wanted]

    asyncio.run(play())


class FullDisk(MemoryFileSystem):  # type: ignore[misc]  # fsspec ships no types
    """A store that has room for a few bytes of a file."""

    protocol = "full"
    store: dict[str, Any] = {}  # noqa: RUF012 - the memory of the class it is made from
    pseudo_dirs = [""]  # noqa: RUF012

    def _open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        file = super()._open(path, mode, **options)
        if "w" in mode:
            file.write = self._no_room
        return file

    def _no_room(self, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


class Hanging(MemoryFileSystem):  # type: ignore[misc]  # as above
    """A store that does not answer until it is let go."""

    protocol = "hanging"
    free = threading.Event()

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        self.free.wait()

    def ls(self, path: str, detail: bool = True, **options: Any) -> Any:
        self.free.wait()
        return []


fsspec.register_implementation("full", FullDisk)
fsspec.register_implementation("hanging", Hanging)


def test_a_full_disk_is_a_warning_and_the_day_is_settled_alike() -> None:
    with capture_logs() as said:
        log = played(DAY, HOME, Snapshots("full://disk"), 5)
    assert everything(log, HOME) == everything(played(DAY, HOME, None, 5), HOME)
    assert instructions(log)
    warned = [line for line in said if line["log_level"] == "warning"]
    assert {line["event"] for line in warned} == {"snapshot_not_saved"}
    assert all("No space left on device" in line["reason"] for line in warned)
    assert len(warned) == len(CLOSING)
    assert not [name for name in fsspec.filesystem("full").find("/") if "snapshot" in name]


def test_a_store_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.shell.snapshots.SAVE_SECONDS", 0.01)
    monkeypatch.setattr("gateway.shell.snapshots.LOAD_SECONDS", 0.01)
    log = NotingLog()

    async def play() -> None:
        try:
            await log.create(HOME.topics())
            await heard(log, await seated(log, HOME, Snapshots("hanging://disk")), DAY)
        finally:
            Hanging.free.set()

    with capture_logs() as said:
        asyncio.run(play())
    assert everything(log, HOME) == everything(played(DAY, HOME, None), HOME)
    assert {"snapshot_slow", "snapshots_slow"} <= {line["event"] for line in said}


def test_a_url_that_nothing_installed_knows_is_named() -> None:
    with pytest.raises(ConfigError, match="at a nowhere URL"):
        Snapshots("nowhere://bucket")

"""How much room a plan partition's state and snapshot take, and how soon an owner decides again.

    python -m tests.shell.measure [participants]

Every participant holds two funds: with more of them the share of the account is smaller.
Not a test: the figures depend on the machine.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import resource
import sys
import tempfile
import time
import tracemalloc
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from gateway.core.marks import SourceTick
from gateway.core.orders import HoldingsBatch
from gateway.core.vocabulary import TickKind
from gateway.desks.plan_state import PlanState
from gateway.log.port import Append
from gateway.shell.gateway import pump
from gateway.shell.seat import Seat
from gateway.shell.snapshots import Snapshots
from gateway.shell.state_codec import Buffer, decode, encode
from gateway.wire.messages import Messages
from gateway.wire.registry import standard
from tests.day.market_day import BEFORE_CLOSE, SENDERS, SESSION, book, gateway
from tests.shell.stage import APP, NotingLog

HOME = gateway(1, 1, 1)
FUNDS = ("TDF_2045", "MA_ALT")
ROWS = 30_000
AIM_BYTES = 40
AIM_SECONDS = 5


def inbox(participants: int) -> list[bytes]:
    """A book, the session, and statements of two positions a participant."""
    messages = Messages(standard())
    said: list[object] = [book()]
    said += [SourceTick(s, TickKind.SESSION_OPENED, SESSION, BEFORE_CLOSE) for s in SENDERS]
    tokens = np.random.default_rng(7).integers(-(2**62), 2**62, participants)
    for at in range(0, participants, ROWS // len(FUNDS)):
        part = np.repeat(tokens[at : at + ROWS // len(FUNDS)], len(FUNDS))
        rows = np.arange(len(part))
        said.append(
            HoldingsBatch(
                "RK_A", f"H{at}", SESSION - timedelta(days=1), ("PLN-1",), FUNDS,
                np.zeros(len(part), np.int32), part, (rows % len(FUNDS)).astype(np.int32),
                1_0000 + rows,
            )
        )  # fmt: skip
    return [messages.pack(message) for message in said]


def resident() -> int:
    """Bytes of this process in memory, without what it holds and does not use."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


async def opened(log: NotingLog, store: Snapshots | None) -> tuple[Seat[Any], float]:
    """A new owner of the plan partition, and the seconds until it can decide."""
    seat = next(seat for seat in HOME.seats(log, APP, store) if seat.desk.name == "plan")
    began = time.perf_counter()
    await seat.open()
    return seat, time.perf_counter() - began


async def measure(participants: int, directory: Path) -> None:
    """Print the figures."""
    log, store = NotingLog(), Snapshots(str(directory))
    await log.create(HOME.topics())
    first, _ = await opened(log, None)
    log.append_now([Append("gw.plan.inbox", 0, None, value) for value in inbox(participants)])
    await pump([first], log)
    decided = first.state.accounts

    whole, folding = await opened(log, None)
    began = time.perf_counter()
    snapshot = whole.snapshot()
    taken = time.perf_counter() - began
    assert store.save(APP, "plan", 0, snapshot)
    saved = time.perf_counter() - began - taken
    size = len(snapshot.payload)
    del whole

    again, seconds = await opened(log, store)
    assert encode(again.state) == snapshot.payload
    began = time.perf_counter()
    decode(PlanState, snapshot.payload)
    decoding = time.perf_counter() - began
    accounts = again.state.accounts
    positions = len(accounts.unit_key)

    print(f"{len(accounts.token):,} participants, {positions:,} positions")
    for how, kept in (("as decided", decided), ("reopened", accounts)):
        each = kept.nbytes / positions
        print(f"in memory   {each:.1f} bytes a position with its share of the account, {how}")
    allocated, grown = _one_more(snapshot.payload)
    print(f"allocated   {allocated / positions:.1f} bytes a position, whole state reopened")
    print(f"resident    {grown / positions:.1f} bytes a position, whole state reopened")
    print(f"            aim: at most {AIM_BYTES}")
    print(f"snapshot    {size / positions:.1f} bytes a position, {size / 1e6:.0f} MB")
    print(f"taken in    {taken:.2f} s, written in {saved:.2f} s")
    print(f"reopened in {seconds:.2f} s, {decoding:.2f} s of it decoding; aim: {AIM_SECONDS} s")
    print(f"whole fold  {folding:.2f} s")


def _one_more(payload: Buffer) -> tuple[int, int]:
    """What one more state takes: bytes allocated for it, and by how much the process grows."""
    before = resident()
    state = decode(PlanState, payload)
    grown = resident() - before
    tracemalloc.start()
    other = decode(PlanState, payload)
    allocated, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(state.accounts.unit_key) == len(other.accounts.unit_key)
    return allocated, grown


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
        asyncio.run(measure(wanted, Path(directory)))

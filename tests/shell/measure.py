"""How much room a plan partition's state and snapshot take, and how soon an owner decides again.

    python -m tests.shell.measure [participants]

Every participant holds three funds. Not a test: the figures depend on the machine.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
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
from gateway.shell.state_codec import decode, encode
from gateway.wire.messages import Messages
from gateway.wire.registry import standard
from tests.day.market_day import BEFORE_CLOSE, SENDERS, SESSION, book, gateway
from tests.shell.stage import APP, NotingLog

HOME = gateway(1, 1, 1)
FUNDS = ("TDF_2045", "MA_ALT", "LIQ")
ROWS = 30_000


def inbox(participants: int) -> list[bytes]:
    """A book, the session, and statements of three positions a participant."""
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


def room(state: PlanState) -> int:
    """Bytes of the columns and tables of accounts and positions, with the room they keep free."""
    kept = state.accounts
    places = [getattr(kept, name) for name in kept.__slots__]
    for index in (kept.index, kept.positions):
        places += [getattr(index, name) for name in index.__slots__]
    return sum(place.nbytes for place in places if isinstance(place, np.ndarray))


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
    positions = len(first.state.accounts.unit_key)

    whole, folding = await opened(log, None)
    began = time.perf_counter()
    snapshot = whole.snapshot()
    taken = time.perf_counter() - began
    assert store.save(APP, "plan", 0, snapshot)
    saved = time.perf_counter() - began - taken
    again, seconds = await opened(log, store)
    assert encode(again.state) == snapshot.payload
    began = time.perf_counter()
    decode(PlanState, snapshot.payload)
    decoding = time.perf_counter() - began

    size = len(snapshot.payload)
    print(f"{len(first.state.accounts.token):,} participants, {positions:,} positions")
    for how, state in (("as decided", first.state), ("reopened", again.state)):
        print(f"in memory   {room(state) / positions:.1f} bytes a position with accounts, {how}")
    print(f"snapshot    {size / positions:.1f} bytes a position, {size / 1e6:.0f} MB")
    print(f"taken in    {taken:.2f} s, written in {saved:.2f} s")
    print(f"reopened in {seconds:.2f} s, {decoding:.2f} s of it decoding")
    print(f"whole fold  {folding:.2f} s")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
        asyncio.run(measure(wanted, Path(directory)))

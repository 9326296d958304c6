"""A settled day for the commands that read: in memory, and as an archive with settings.

Not here: what the commands say about it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from pathlib import Path

from gateway.log.archive import lay_down
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.ops.publish.command import Place
from gateway.shell.gateway import Gateway
from gateway.shell.settings import Partitions, Settings
from tests.day.market_day import SENDERS, gateway
from tests.day.test_settled_day import run
from tests.laws.planted import busy_day

HOME = gateway()
DIALECTS = {"BLACKSTONE": "blackstone", "KKR": "kkr"}
FIRST = "SI-20261125-"


@cache
def busy_log() -> MemoryLog:
    """The busy day, settled; tests only read it."""
    return run(busy_day().appends, HOME)


def instruction(party: str) -> str:
    return f"{FIRST}{party}-USD-1"


def settings(folder: Path) -> Settings:
    """Settings of the same gateway, its key in a file."""
    key = folder / "token.key"
    key.write_text(b"a key for the tests".hex(), encoding="ascii")
    return Settings(
        senders={sender: DIALECTS.get(sender, "native") for sender in SENDERS},
        partitions=Partitions(plan=3, fund=2, cash=2, dispatch=2),
        token_key_file=key,
    )


async def archive(log: MemoryLog, home: Gateway, folder: Path) -> Path:
    """The day as an archive."""
    await lay_down(log, home.topics(), folder)
    return folder


def into(log: MemoryLog) -> Callable[[Sequence[Append]], Awaitable[list[Place]]]:
    """A producer that writes to a log in memory."""

    async def produce(appends: Sequence[Append]) -> list[Place]:
        places: list[Place] = []
        for append in appends:
            places.append((append.topic, append.partition, await log.end(append.topic, 0)))
            log.append_now([append])
        return places

    return produce

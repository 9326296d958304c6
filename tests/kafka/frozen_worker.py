"""A worker whose fetching stops for good after so many records; its next life is sound.

    python -m tests.kafka.frozen_worker supervise CONFIG MARK HOW
    python -m tests.kafka.frozen_worker work CONFIG MARK HOW

The file MARK remembers that it has happened. HOW is `fetch`: the fetch never returns, as in
the silent stalls people report of Faust; or `thread`: the consumer's thread stands still, and
with it the heartbeats to the group.

Not here: anything a sound worker runs.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path
from typing import Any

from gateway.ops.workers import Pauses, supervise
from gateway.shell import transport, worker
from gateway.shell.observe import configure
from gateway.shell.settings import settings_from

RECORDS = 4


def freeze(mark: Path, how: str) -> None:
    """Make the consumer's thread stop fetching once it has fetched some records."""
    fetch = transport._Thread._fetch_records
    fetched = 0

    async def fetch_some(self: transport._Thread, *args: Any, **options: Any) -> Any:
        nonlocal fetched
        if fetched > RECORDS and not mark.exists():
            mark.touch()
            if how == "thread":
                threading.Event().wait()
            await asyncio.Event().wait()
        records = await fetch(self, *args, **options)
        fetched += sum(len(batch) for batch in records.values())
        return records

    # What the class inherits or defines is all the same to mypy, but not that it is replaced.
    setattr(transport._Thread, "_fetch_records", fetch_some)  # noqa: B010


def main(role: str, config: str, mark: str, how: str) -> int:
    """Work, or watch over one that works."""
    configure("INFO")
    if role == "supervise":
        words = [sys.executable, "-m", "tests.kafka.frozen_worker", "work", config, mark, how]
        return supervise([words], Pauses(first_seconds=0.1))
    freeze(Path(mark), how)
    return worker.run(settings_from(Path(config)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

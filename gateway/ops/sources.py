"""Where a reading command reads: the broker of the settings, or an archive.

Not here: what is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from gateway.log.archive import ArchiveLog
from gateway.log.port import Log
from gateway.shell.settings import Settings, kafka_log

T = TypeVar("T")


def reading(settings: Settings, archive: Path | None, work: Callable[[Log], Awaitable[T]]) -> T:
    """Open the log, do the work, close the log; the work's answer.

    Raises:
        ConfigError: There is no archive there, or nobody says where Kafka is.
    """

    async def all_of_it() -> T:
        log: Log = ArchiveLog(archive) if archive is not None else kafka_log(settings)
        try:
            return await work(log)
        finally:
            await log.close()

    return asyncio.run(all_of_it())

"""Where commands read from: the broker of the settings, or an archive in its place.

Not here: what is read (`reading.room`, `walk`, `replay`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiokafka.errors import KafkaConnectionError

from gateway.errors import PartnerUnavailable
from gateway.log.archive import ArchiveLog
from gateway.log.port import Log
from gateway.shell.settings import Settings, kafka_log

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@asynccontextmanager
async def reading(settings: Settings, archive: Path | None) -> AsyncIterator[Log]:
    """The log to be read: an archive if one is named, else the broker of the settings.

    Raises:
        PartnerUnavailable: The broker does not answer.
    """
    log: Log = kafka_log(settings) if archive is None else ArchiveLog(archive)
    try:
        yield log
    except KafkaConnectionError as wrong:
        raise PartnerUnavailable(
            f"no Kafka broker answers at {settings.address()}: start it, or name another address "
            "in KAFKA_BOOTSTRAP, or read an archive with --archive"
        ) from wrong
    finally:
        await log.close()


def instant(micros: int) -> str:
    """UTC microseconds as ISO 8601 text."""
    return (EPOCH + timedelta(microseconds=micros)).isoformat().replace("+00:00", "Z")

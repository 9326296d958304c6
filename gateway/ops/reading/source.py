"""Where commands read from: the broker of the settings, or an archive in its place.

A moment of the log is written and read here in one way: UTC, or with its own zone.

Not here: what is read (`reading.room`, `walk`, `replay`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiokafka.errors import KafkaConnectionError

from gateway.errors import ConfigError, PartnerUnavailable
from gateway.log.archive import ArchiveLog
from gateway.log.port import Log
from gateway.shell.settings import Settings, kafka_log

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


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


def moment(text: str) -> int:
    """Text of a moment as UTC microseconds.

    Without an offset or a zone it is UTC: `2026-11-24T23:30`, `2026-11-24T18:30-05:00` and
    `2026-11-24T18:30 America/New_York` are the same moment.

    Raises:
        ConfigError: It is no moment, has no time of day, or its zone is not known.
    """
    stamp, _, zone = text.strip().partition(" ")
    try:
        found = datetime.fromisoformat(stamp)
        if "T" not in stamp or (zone and found.tzinfo is not None):
            raise ValueError(stamp)
        local = found if found.tzinfo is not None else found.replace(tzinfo=_zone(zone))
        return (local - EPOCH) // MICROSECOND
    except (ValueError, OverflowError, ZoneInfoNotFoundError) as wrong:
        raise ConfigError(
            f"{text!r} is no moment: write UTC (2026-11-24T23:30), an offset "
            "(2026-11-24T18:30-05:00) or a zone (2026-11-24T18:30 America/New_York)"
        ) from wrong


def _zone(name: str) -> tzinfo:
    return ZoneInfo(name) if name else UTC

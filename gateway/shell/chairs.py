"""A worker's seats with their locks, and what Faust delivers as the log's own records.

Not here: what is done with them (`worker`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from faust.types import TP
from faust.types.events import EventT

from gateway.desks.desk import Address
from gateway.log.kafka import KafkaLog
from gateway.log.port import Record
from gateway.shell.gateway import Gateway
from gateway.shell.seat import Seat
from gateway.shell.settings import Settings
from gateway.shell.vitals import Place
from gateway.wire.topics import place_of


@dataclass(slots=True)
class Chair:
    """A seat with the lock that keeps its takes and its opening apart."""

    seat: Seat[Any]
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def place(self) -> Place:
        """Its inbox partition, as its log calls it."""
        return self.seat.topic, self.seat.topic_partition


def chairs_of(
    settings: Settings, gateway: Gateway, log_: KafkaLog, desks: Sequence[str]
) -> dict[TP, Chair]:
    """A chair for every inbox partition of these desks, as the broker calls it."""
    chairs: dict[TP, Chair] = {}
    for seat in gateway.seats(log_, settings.app, settings.store()):
        if seat.desk.name in desks:
            topic, partition = place_of(gateway.topology, Address(seat.desk.name, seat.partition))
            chairs[TP(settings.prefix + topic, partition)] = Chair(seat)
    return chairs


def record_of(event: EventT[Any], topic: str) -> Record:
    """An event as a record of the log.

    Args:
        event: As Faust delivers it.
        topic: Its topic as the log calls it.
    """
    message = event.message
    headers: Any = message.headers or ()
    pairs = headers.items() if isinstance(headers, dict) else headers
    return Record(
        topic, message.partition, message.offset, message.key, message.value or b"",
        tuple(pairs),
        round(message.timestamp * 1000) * 1000,
    )  # fmt: skip

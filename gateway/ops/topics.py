"""`gateway topics`: what topics there are, and creating them.

Not here: the declaration (`wire.topics`).
"""

from __future__ import annotations

import asyncio

from gateway.ops.answers import console, say_json, table
from gateway.shell.settings import Settings, kafka_log
from gateway.wire.topics import topics


def run(settings: Settings, *, create: bool, as_json: bool) -> int:
    """List the topics of a gateway; create the missing ones if asked to."""
    gateway = settings.gateway()
    if create:
        asyncio.run(_create(settings, gateway.topics()))
    rows = topics(gateway.topology, gateway.receivers)
    if as_json:
        say_json(rows)
        return 0
    shown = [(topic.name, topic.partitions, topic.key or "-", topic.content) for topic in rows]
    title = f"{len(rows)} topics" + (" (all exist now)" if create else "")
    columns = ("topic", "partitions", "key", "content")
    console().print(table(title, columns, shown, right=("partitions",)))
    return 0


async def _create(settings: Settings, wanted: dict[str, int]) -> None:
    log = kafka_log(settings)
    try:
        await log.create(wanted)
    finally:
        await log.close()

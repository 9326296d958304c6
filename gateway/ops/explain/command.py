"""`gateway explain ID`: any figure, back to the messages it comes from.

Three things can be explained: an instruction (`SI-…`), a NAV (`NAV <fund>/<session>`) and a
batch (`batch <sender>/<session>/<batch id>`). Sums are checked at every step, and raw messages
against the digests in intake's journal.

Not here: the three walks (`money`, `value`, `batch`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from gateway.errors import ConfigError
from gateway.log.port import Log
from gateway.ops.answers import console, say_json
from gateway.ops.explain.batch import batch
from gateway.ops.explain.money import instruction
from gateway.ops.explain.node import Node, for_programs, show
from gateway.ops.explain.value import nav
from gateway.ops.explain.walk import Walk
from gateway.ops.reading.source import reading
from gateway.shell.gateway import Gateway
from gateway.shell.settings import Settings

LIMIT = 20


def run(
    settings: Settings,
    words: Sequence[str],
    *,
    archive: Path | None = None,
    limit: int = LIMIT,
    as_json: bool = False,
) -> int:
    """Explain one figure; always 0.

    Args:
        settings: Who is connected, and where Kafka is.
        words: `SI-…`, or `NAV` or `batch` and a name.
        archive: Read this archive instead of the broker.
        limit: Most branches shown of one node; the rest is one branch with their sum.
        as_json: Answer in JSON.

    Raises:
        ConfigError: Nothing has that name; the nearest names are given.
        LawBroken: A sum does not come out.
    """
    gateway = settings.gateway()

    async def read() -> Node:
        async with reading(settings, archive) as log:
            return await explained(log, gateway, words, limit=limit)

    say(asyncio.run(read()), as_json=as_json)
    return 0


async def explained(
    log: Log, gateway: Gateway, words: Sequence[str], *, limit: int = LIMIT
) -> Node:
    """The explanation of what the words name.

    Raises:
        ConfigError: Nothing has that name; the nearest names are given.
        LawBroken: A sum does not come out.
    """
    if limit < 1:
        raise ConfigError(f"--limit {limit}: show at least one branch")
    walk = Walk(log, gateway, limit)
    match list(words):
        case [name] if name.startswith("SI-"):
            return await instruction(walk, name)
        case ["NAV" | "nav", name]:
            return await nav(walk, name)
        case ["batch", name]:
            return await batch(walk, name)
    raise ConfigError(
        f"explain {' '.join(words) or '(nothing)'}: name an instruction (SI-…), "
        "NAV <fund>/<session> or batch <sender>/<session>/<batch id>"
    )


def say(node: Node, *, as_json: bool) -> None:
    """Print an explanation."""
    if as_json:
        say_json(for_programs(node))
    else:
        show(node, console())

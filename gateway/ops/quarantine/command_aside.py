"""`gateway quarantine set-aside`: what people type, and what they see.

Not here: what it does (`aside`).
Laws: L5, L8.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from gateway.ops.answers import console, say_json, table
from gateway.ops.quarantine.aside import Aside, AskAside, put_aside
from gateway.ops.quarantine.command import answering
from gateway.ops.reading.source import instant
from gateway.shell.settings import Settings, kafka_log


def run(settings: Settings, ask: AskAside, *, as_json: bool = False) -> int:
    """Try, ask for or approve setting a message aside.

    Args:
        settings: Who is connected, and where Kafka is.
        ask: Which message, and who says so.
        as_json: Answer in JSON.

    Returns:
        0, or 1 if it was refused.

    Raises:
        ConfigError: A name, person or reason does not do; nothing was written.
        PartnerUnavailable: The broker does not answer.
    """
    gateway, store = settings.gateway(), settings.store()

    async def play() -> Aside:
        log = kafka_log(settings)
        with answering(settings):
            try:
                return await put_aside(log, gateway, settings.app, ask, store)
            finally:
                await log.close()

    aside = asyncio.run(play())
    say(aside, as_json=as_json)
    return 1 if aside.done == "REFUSED" else 0


def say(aside: Aside, *, as_json: bool) -> None:
    """Print what became of it, and what comes next."""
    if as_json:
        when = instant(aside.recorded_at) if aside.recorded_at else None
        say_json({
            "name": aside.name, "done": aside.done, "error": aside.error,
            "digest": aside.digest.hex(), "kind": aside.kind, "recorded_at": when,
            "why": aside.why,
        })  # fmt: skip
        return
    out = console()
    out.print(table(f"Set aside: {aside.name}", ("", ""), list(_facts(aside))))
    match aside.done:
        case "TRIED":
            out.print("tried only: nothing was written; ask for it with --requested-by NAME "
                      "--reason WHY")  # fmt: skip
        case "REQUESTED":
            out.print("asked for: somebody else runs it with --approved-by NAME")
        case "SET_ASIDE":
            out.print("its partition goes on; a version that decides it takes it again with "
                      f"gateway quarantine redrive {aside.name}")  # fmt: skip


def _facts(aside: Aside) -> Iterator[tuple[str, str]]:
    yield "done", aside.done
    if aside.why:
        yield "why", aside.why
    if aside.error:
        yield "error", aside.error
        yield "message", aside.kind or "of no known schema"
        yield "waits since", instant(aside.recorded_at)
        yield "digest", aside.digest.hex()

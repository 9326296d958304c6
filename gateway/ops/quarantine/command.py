"""`gateway quarantine list | show | redrive | discard`: what people type, and what they see.

Bytes and header values are printed only where raw bytes are asked for by name: they may say
who a participant is.

Not here: what a decision does (`decide`).
Laws: L5, L8.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from aiokafka.errors import (
    KafkaConnectionError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
from rich.console import Console
from rich.progress import Progress

from gateway.core.quarantine import DisposalDecided
from gateway.errors import ConfigError, PartnerUnavailable
from gateway.log.port import Log
from gateway.ops.answers import console, say_json, table
from gateway.ops.quarantine.decide import Ask, Outcome, decide
from gateway.ops.quarantine.foresee import Foreseen, Foresight
from gateway.ops.quarantine.store import SetAside, Standing, Wanted, chosen, set_aside
from gateway.ops.reading.source import instant, reading
from gateway.shell.gateway import Gateway
from gateway.shell.settings import Settings, kafka_log

LIMIT = 50
DUMP_WIDTH = 16
WORD = re.compile(r"[A-Za-z][A-Za-z._-]{0,39}")


def run_list(
    settings: Settings, wanted: Wanted, *, archive: Path | None = None, limit: int = LIMIT,
    as_json: bool = False,
) -> int:  # fmt: skip
    """List messages set aside; always 0.

    Args:
        settings: Who is connected, and where Kafka is.
        wanted: Which of them.
        archive: Read this archive instead of the broker.
        limit: Most rows of the table.
        as_json: Answer in JSON.

    Raises:
        ConfigError: The limit is below one.
    """
    if limit < 1:
        raise ConfigError(f"--limit {limit}: show at least one row")
    gateway = settings.gateway()

    async def read() -> list[SetAside]:
        async with reading(settings, archive) as log:
            return chosen(await set_aside(log, gateway), (), wanted)

    say_list(asyncio.run(read()), limit, as_json=as_json)
    return 0


def run_show(
    settings: Settings, name: str, *, raw: bool = False, archive: Path | None = None,
    as_json: bool = False,
) -> int:  # fmt: skip
    """Show one message set aside, and what its desk would answer to it now; always 0.

    Args:
        settings: Who is connected, and where Kafka is.
        name: The message, topic-partition@offset.
        raw: Print its bytes and the values of its headers, whoever they may name.
        archive: Read this archive instead of the broker.
        as_json: Answer in JSON.

    Raises:
        ConfigError: Nothing was set aside there.
    """
    gateway = settings.gateway()

    async def read() -> tuple[SetAside, list[str], Foreseen | None]:
        async with reading(settings, archive) as log:
            found, alike = await one(log, gateway, name)
            if found.standing is not Standing.OPEN:
                return found, alike, None
            (foreseen,) = await Foresight(log, gateway).of([found])
            return found, alike, foreseen

    found, alike, foreseen = asyncio.run(read())
    say_one(found, alike, foreseen, raw=raw, as_json=as_json)
    return 0


def run_decide(settings: Settings, ask: Ask, *, as_json: bool = False) -> int:
    """Try, ask for or approve a redrive or a discard.

    Args:
        settings: Who is connected, and where Kafka is.
        ask: What is to be done, to which messages, and who says so.
        as_json: Answer in JSON.

    Returns:
        0, or 1 if a message was refused.

    Raises:
        ConfigError: A name, person or reason does not do; nothing was written.
        PartnerUnavailable: The broker does not answer.
    """
    gateway = settings.gateway()

    async def play() -> list[Outcome]:
        log = kafka_log(settings)
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("looking", total=None)

            def moved(more: int, total: int) -> None:
                bar.update(task, advance=more, total=total, description="writing")

            with answering(settings):
                try:
                    return await decide(log, gateway, settings.app, ask, moved)
                finally:
                    await log.close()

    outcomes = asyncio.run(play())
    say_outcomes(ask, outcomes, as_json=as_json)
    return 1 if any(outcome.done == "REFUSED" for outcome in outcomes) else 0


@contextmanager
def answering(settings: Settings) -> Iterator[None]:
    """Say what to do where the broker does not answer, or does not allow what is asked.

    Raises:
        ConfigError: It does not allow it.
        PartnerUnavailable: It does not answer.
    """
    try:
        yield
    except KafkaConnectionError as wrong:
        raise PartnerUnavailable(
            f"no Kafka broker answers at {settings.address()}: start it, or name another in "
            "KAFKA_BOOTSTRAP"
        ) from wrong
    except (TopicAuthorizationFailedError, TransactionalIdAuthorizationFailed) as wrong:
        raise ConfigError(
            f"the broker does not allow this to {settings.security.username}: who asks may not "
            "approve; gateway acl says which user may"
        ) from wrong


async def one(log: Log, gateway: Gateway, name: str) -> tuple[SetAside, list[str]]:
    """A message set aside, and the names of the others with the same bytes."""
    everything = await set_aside(log, gateway)
    (found,) = chosen(everything, (name,), Wanted())
    alike = [e.name for e in everything if e.digest == found.digest and e is not found]
    return found, alike


# --- printing ---------------------------------------------------------------------------


def say_list(found: Sequence[SetAside], limit: int = LIMIT, *, as_json: bool) -> None:
    """Print the list."""
    shown = found[:limit]
    if as_json:
        say_json({"total": len(found), "rows": [_told(each) for each in shown]})
        return
    cells = [
        (
            each.name, each.kept.sender, str(each.session), instant(each.first_seen),
            ", ".join(each.kept.codes) or "-", f"{len(each.kept.raw):,}", each.standing,
            _asked(each), each.kept.detail,
        )
        for each in shown
    ]  # fmt: skip
    left = len(found) - len(shown)
    more = f"; {left:,} more, ask with --limit" if left else ""
    columns = ("message", "sender", "session", "first seen", "codes", "bytes", "state", "asked",
               "detail")  # fmt: skip
    title = f"Set aside ({len(found):,}{more})"
    console().print(table(title, columns, cells, ("bytes",)) if cells else f"{title}: none")


def _asked(found: SetAside) -> str:
    request = found.request
    return f"{request.disposal.lower()} by {request.by}" if request is not None else "-"


def _told(found: SetAside) -> dict[str, object]:
    """A message as JSON tells it: never a byte of it."""
    kept, request = found.kept, found.request
    return {
        "name": found.name,
        "sender": kept.sender,
        "topic": kept.topic,
        "partition": kept.partition,
        "offset": kept.offset,
        "session": found.session,
        "recorded_at": instant(kept.recorded_at),
        "first_seen": instant(found.first_seen),
        "codes": kept.codes,
        "detail": kept.detail,
        "size_bytes": len(kept.raw),
        "digest": found.digest,
        "state": found.standing,
        "request": None if request is None else _step(request),
    }


def _step(decided: DisposalDecided) -> dict[str, object]:
    return {
        "disposal": decided.disposal,
        "step": decided.step,
        "by": decided.by,
        "reason": decided.reason,
        "foreseen": decided.foreseen,
    }


def say_one(
    found: SetAside, alike: Sequence[str], foreseen: Foreseen | None = None, *, raw: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Print one message; `foreseen` is what its desk would answer to it now, where it is open."""
    kept = found.kept
    if as_json:
        headers: list[dict[str, object]] = [
            {
                "key": _called(h.key, raw=raw),
                "size_bytes": len(h.value),
                **({"value": h.value} if raw else {}),
            }
            for h in kept.headers
        ]
        steps = [{**_step(s.decided), "recorded_at": instant(s.recorded_at)} for s in found.steps]
        bytes_too = {"raw": kept.raw} if raw else {}
        say_json({**_told(found), "same_bytes": list(alike), "foreseen": foreseen,
                  "headers": headers, "steps": steps, **bytes_too})  # fmt: skip
        return
    cells = [(name, value) for name, value in _facts(found, alike)]
    cells += [
        (f"header {_called(h.key, raw=raw)}", h.value.hex() if raw else f"{len(h.value):,} bytes")
        for h in kept.headers
    ]
    if foreseen is not None:
        cells.append(("answer now", f"{_answer(foreseen)}: {_detail(foreseen)}"))
    out = console()
    out.print(table(f"Set aside: {found.name}", ("", ""), cells))
    if raw:
        for line in hexdump(kept.raw):
            out.print(line, markup=False)
    else:
        out.print("its bytes are shown with --raw; they may name a participant")


def _facts(found: SetAside, alike: Sequence[str]) -> Iterator[tuple[str, str]]:
    kept = found.kept
    yield "sender", kept.sender
    yield "place", f"{kept.topic}, partition {kept.partition}, offset {kept.offset}"
    yield "recorded at", instant(kept.recorded_at)
    yield "first seen", instant(found.first_seen)
    yield "session", str(found.session)
    yield "codes", ", ".join(kept.codes) or "-"
    yield "detail", kept.detail
    yield "size", f"{len(kept.raw):,} bytes"
    yield "digest", found.digest.hex()
    yield "same bytes", ", ".join(alike) or "-"
    yield "state", found.standing
    for step in found.steps:
        decided = step.decided
        said = f"{decided.step.lower()} by {decided.by} at {instant(step.recorded_at)}"
        extra = [f"answer foreseen: {decided.foreseen}"] if decided.foreseen else []
        extra += [decided.reason] if decided.reason else []
        yield decided.disposal.lower().replace("_", " "), "; ".join([said, *extra])


def _called(key: str, *, raw: bool) -> str:
    """A header's name where it is one; digits and blanks may be somebody's own."""
    return key if raw or WORD.fullmatch(key) else f"({len(key)} characters)"


def hexdump(raw: bytes) -> Iterator[str]:
    """Bytes in rows of sixteen, with what is printable beside them."""
    for at in range(0, len(raw), DUMP_WIDTH):
        row = raw[at : at + DUMP_WIDTH]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        yield f"{at:08x}  {row.hex(' '):<{3 * DUMP_WIDTH}} {text}"


def say_outcomes(ask: Ask, outcomes: Sequence[Outcome], *, as_json: bool) -> None:
    """Print what became of the messages that were asked about, and what comes next."""
    if as_json:
        say_json({"disposal": ask.disposal, "by": ask.approved_by or ask.requested_by,
                  "outcomes": list(outcomes)})  # fmt: skip
        return
    cells = [
        (each.name, each.done, _answer(each.foreseen), each.why or _detail(each.foreseen))
        for each in outcomes
    ]
    columns = ("message", "done", "answer foreseen", "detail")
    out = console()
    out.print(table(f"{ask.disposal.capitalize()} ({len(outcomes):,})", columns, cells))
    done = {each.done for each in outcomes}
    if "TRIED" in done:
        out.print("tried only: nothing was written; ask for it with --requested-by NAME")
    if "REQUESTED" in done:
        out.print("asked for: somebody else runs it with --approved-by NAME")


def _answer(foreseen: Foreseen | None) -> str:
    if foreseen is None:
        return "-"
    return f"{foreseen.verdict} {', '.join(foreseen.codes)}".strip()


def _detail(foreseen: Foreseen | None) -> str:
    if foreseen is None:
        return "-"
    lines = f"{foreseen.lines:,} lines, {foreseen.amount_minor:,} minor units"
    return foreseen.detail or (lines if foreseen.lines else "-")

"""A day as files that any producer can read: `<phase>/<sender>.jsonl`, a record a line.

A line is `{"schema": "inbound/DayEnd", "body": {…}}`, its fields as in the published schema,
dates as days and instants as microseconds since 1970; or `{"hex": "…"}` for bytes that are
published as they are. Lines are published in the order of the file.

Not here: what a day consists of (`day`).
"""

from __future__ import annotations

import json
from pathlib import Path

from gateway.ops.demo.day import PHASES, UNREADABLE, Day
from gateway.ops.demo.nation import SENDERS


def write_day(day: Day, folder: Path) -> tuple[Path, ...]:
    """Write every sender's records, phase by phase; the files, in the order of publication."""
    written: list[Path] = []
    for phase in PHASES:
        place = folder / phase
        place.mkdir(parents=True, exist_ok=True)
        for sender in SENDERS:
            messages = day.messages(phase, sender)
            first = next(messages, None)
            if first is None:
                continue
            path = place / f"{sender}.jsonl"
            with path.open("w", encoding="utf-8", newline="\n") as file:
                file.write(_line(*first))
                file.writelines(_line(*message) for message in messages)
            written.append(path)
    return tuple(written)


def _line(schema: str, body: dict[str, object]) -> str:
    said = body if schema == UNREADABLE else {"schema": schema, "body": body}
    return json.dumps(said, separators=(",", ":")) + "\n"

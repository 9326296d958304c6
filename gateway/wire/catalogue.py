"""Keeps `schemas/` in step with the records: writes what is new, refuses what changed.

    python -m gateway.wire.catalogue           write new schemas, ids and the catalogue page
    python -m gateway.wire.catalogue --check   say what differs, exit 1 if anything does

Not here: reading schemas at run time (`registry`).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from gateway.wire.codec import schema_of
from gateway.wire.registry import LOCK, digest, name_of, read_lock, schema_root
from gateway.wire.vocabulary import ROOMS


def missing(root: Path) -> dict[Path, str]:
    """The files that generated schemas should have and their text, where they differ."""
    wanted: dict[Path, str] = {}
    for room, records in ROOMS.items():
        for record in records:
            path = root / room / record.__name__ / "v1.avsc"
            text = json.dumps(schema_of(record), indent=2) + "\n"
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                wanted[path] = text
    return wanted


def locked(root: Path) -> str:
    """The lock's text with an id for every schema; ids once given stay."""
    have = read_lock(root)
    number = max((entry[0] for entry in have.values()), default=0)
    for path in sorted(root.glob("*/*/v*.avsc")):
        mark = digest(json.loads(path.read_text(encoding="utf-8")))
        if name_of(path) not in have:
            number += 1
            have[name_of(path)] = (number, mark)
    rows = sorted((n, name, version, mark) for (name, version), (n, mark) in have.items())
    return "".join(f"{n}\t{name}\t{version}\t{mark}\n" for n, name, version, mark in rows)


def main(arguments: list[str]) -> int:
    """Write or check; the exit code."""
    root = schema_root()
    wanted = missing(root)
    if "--check" in arguments:
        for path in wanted:
            print(f"{path}: differs from its record; a changed record needs a new version")
        return 1 if wanted else 0
    for path, text in wanted.items():
        if path.exists():
            print(f"{path}: is committed and its record changed; write v2 beside it")
            return 1
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (root / LOCK).write_text(locked(root), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

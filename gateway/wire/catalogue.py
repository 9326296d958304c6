"""Keeps `schemas/` in step with the records: writes what is new, refuses what cannot follow.

    python -m gateway.wire.catalogue           write new schemas and next versions, and ids
    python -m gateway.wire.catalogue --check   say what differs, exit 1 if anything does

Both also hold every next version, those of partners too, to the rules of `evolution`.

Not here: reading schemas at run time (`registry`).
"""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path

from gateway.errors import ConfigError
from gateway.wire.codec import schema_of
from gateway.wire.evolution import incompatible
from gateway.wire.registry import LOCK, digest, name_of, read_lock, schema_root
from gateway.wire.vocabulary import ROOMS


def missing(root: Path) -> dict[Path, str]:
    """The files that generated schemas should have and their text, where they differ."""
    wanted: dict[Path, str] = {}
    for room, records in ROOMS.items():
        for record in records:
            path = newest(root / room / record.__name__)
            text = json.dumps(schema_of(record), indent=2) + "\n"
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                wanted[path] = text
    return wanted


def newest(folder: Path) -> Path:
    """The file of a record's newest version; of its first, if there is none yet."""
    versions = _versions(folder)
    return versions[-1] if versions else folder / "v1.avsc"


def _versions(folder: Path) -> list[Path]:
    return sorted(folder.glob("v*.avsc"), key=lambda path: int(path.stem[1:]))


def unlike(root: Path) -> list[str]:
    """What keeps any version under a folder from going on from the one before, a sentence each."""
    found: list[str] = []
    for folder in sorted(root.glob("*/*/")):
        paths = _versions(folder)
        found.extend(
            f"{path}: breaks the bytes of {before.stem}: {fault}"
            for before, path in pairwise(paths)
            for fault in incompatible(_read(before), _read(path))
        )
        numbers = [int(path.stem[1:]) for path in paths]
        if numbers != list(range(1, len(paths) + 1)):
            found.append(f"{folder}: versions are counted from v1 without a gap, got {numbers}")
    return found


def _read(path: Path) -> object:
    return json.loads(path.read_text(encoding="utf-8"))


def following(path: Path, text: str) -> Path:
    """The file of the next version of a record that changed.

    Raises:
        ConfigError: Old bytes could not be read with it; every reason is named.
    """
    if faults := incompatible(_read(path), json.loads(text)):
        raise ConfigError(f"{path} cannot be followed by its record as it is now: "
                          + "; ".join(faults))  # fmt: skip
    return path.with_name(f"v{int(path.stem[1:]) + 1}.avsc")


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
    wanted, faults = missing(root), unlike(root)
    for fault in faults:
        print(fault)
    if "--check" in arguments:
        for path in wanted:
            print(f"{path}: differs from its record; without --check its next version is written")
        return 1 if wanted or faults else 0
    if faults:
        return 1
    for path, text in wanted.items():
        into = path
        if path.exists():
            try:
                into = following(path, text)
            except ConfigError as wrong:
                print(wrong)
                return 1
        into.parent.mkdir(parents=True, exist_ok=True)
        into.write_text(text, encoding="utf-8")
    (root / LOCK).write_text(locked(root), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

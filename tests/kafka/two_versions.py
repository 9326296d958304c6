"""Workers of two versions: the one before lacks a field that this one has.

    python -m tests.kafka.two_versions before FOLDER/gateway.yaml
    python -m tests.kafka.two_versions now FOLDER/gateway.yaml

`BookChange` has no `logic` in the version before, and so has the first version of its schema;
the second has it. Each version's schemas are in a folder beside the settings, see `lay`.

Not here: what the two are to decide.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
import typing
from pathlib import Path

from gateway.core import book, logic
from gateway.wire import registry
from gateway.wire.registry import LOCK, digest, read_lock, schema_root

VERSIONS = ("before", "now")
RECORD = "between/BookChange"
FIELD = "logic"


def root(folder: Path, version: str) -> Path:
    """Where a version's schemas are."""
    return folder / f"schemas-{version}"


def lay(folder: Path) -> None:
    """Write the schemas of both versions."""
    for version in VERSIONS:
        home = root(folder, version)
        shutil.copytree(schema_root(), home)
        first = home / RECORD / "v1.avsc"
        whole = json.loads(first.read_text(encoding="utf-8"))
        fields = [field for field in whole["fields"] if field["name"] != FIELD]
        assert len(fields) == len(whole["fields"]) - 1
        ids = {key: entry for key, entry in read_lock(home).items() if key[0] != RECORD}
        number, _ = read_lock(home)[RECORD, 1]
        found = {1: (number, {**whole, "fields": fields})}
        if version == "now":
            found[2] = (max(n for n, _ in ids.values()) + 1, whole)
        for at, (number, schema) in found.items():
            (home / RECORD / f"v{at}.avsc").write_text(json.dumps(schema), encoding="utf-8")
            ids[RECORD, at] = (number, digest(schema))
        rows = sorted((n, name, at, mark) for (name, at), (n, mark) in ids.items())
        text = "".join(f"{n}\t{name}\t{at}\t{mark}\n" for n, name, at, mark in rows)
        (home / LOCK).write_text(text, encoding="utf-8")


def use(home: Path) -> None:
    """Let the whole process read its schemas there."""
    setattr(registry, "schema_root", lambda: home)  # noqa: B010
    registry.standard.cache_clear()


def become_the_version_before() -> None:
    """Forget the newest logic and the field by which the book asks for it."""
    hints = typing.get_type_hints(book.BookChange, include_extras=True)
    kept = [(f.name, hints[f.name]) for f in dataclasses.fields(book.BookChange) if f.name != FIELD]
    # Desks ask for it all the same: there it is never said.
    older = dataclasses.make_dataclass(
        "BookChange", kept, namespace={FIELD: 0, "__doc__": book.BookChange.__doc__}, frozen=True
    )
    setattr(book, "BookChange", older)  # noqa: B010
    logic.NEWEST = logic.FIRST


def main(version: str, config: Path) -> int:
    """Work as a version does."""
    use(root(config.parent, version))
    if version == "before":
        become_the_version_before()
    # What names a book change must see the one of this version.
    from gateway.shell import worker
    from gateway.shell.observe import configure
    from gateway.shell.settings import settings_from

    configure("INFO")
    return worker.run(settings_from(config))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))

"""How a record's schema may go on from one version to the next, and which version says enough.

Old bytes stay readable for good: a new version only adds, and what it adds has a default. What
is written is written with the oldest version that holds all of it. So a worker of the version
before reads everything until something new is really said, and old history decided again gives
its old bytes.

Not here: where versions are kept (`registry`), what a record is (`codec`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import cast

Node = object
"""A schema or a part of one, as JSON."""
SCALARS = {"int": ("long",)}
"""Types that an older version's values fit into, by Avro's promotion."""


def incompatible(old: Node, new: Node) -> list[str]:
    """What keeps a new version from going on from an old one, a sentence each.

    Args:
        old: The version before, as its file has it.
        new: The next version.
    """
    return list(_differences(old, new, "record", _named(old), _named(new)))


def _named(schema: Node) -> dict[str, Mapping[str, object]]:
    """Records and enums by name: in a schema each is spelt out once."""
    found: dict[str, Mapping[str, object]] = {}

    def look(node: Node) -> None:
        if isinstance(node, list):
            for each in node:
                look(each)
        elif isinstance(node, Mapping):
            if node.get("type") in ("record", "enum"):
                found[str(node["name"])] = node
            for value in node.values():
                if isinstance(value, Mapping | list):
                    look(value)

    look(schema)
    return found


def _kind(node: Node, named: Mapping[str, Mapping[str, object]]) -> Node:
    return named.get(node, node) if isinstance(node, str) else node


def _differences(
    old: Node,
    new: Node,
    where: str,
    olds: Mapping[str, Mapping[str, object]],
    news: Mapping[str, Mapping[str, object]],
    seen: tuple[str, ...] = (),
) -> Iterator[str]:
    old, new = _kind(old, olds), _kind(new, news)
    if isinstance(old, list) or isinstance(new, list):
        yield from _unions(old, new, where, olds, news, seen)
        return
    if isinstance(old, str) or isinstance(new, str):
        if old != new and new not in SCALARS.get(str(old), ()):
            yield f"{where}: was {_said(old)} and is {_said(new)}; a type never changes"
        return
    before, after = cast(Mapping[str, object], old), cast(Mapping[str, object], new)
    if before.get("type") != after.get("type"):
        yield f"{where}: was {_said(before)} and is {_said(after)}; a type never changes"
        return
    match before.get("type"):
        case "record":
            name = str(before["name"])
            if name not in seen:
                yield from _records(before, after, name, olds, news, (*seen, name))
        case "enum":
            had = cast(Sequence[str], before["symbols"])
            has = cast(Sequence[str], after["symbols"])
            if list(has[: len(had)]) != list(had):
                yield f"{where}: symbols of {before['name']} are kept, in order; new ones go last"
        case "array":
            yield from _differences(before["items"], after["items"], where, olds, news, seen)
        case _:
            for key in ("logicalType", "column"):
                if before.get(key) != after.get(key):
                    yield f"{where}: {key} was {before.get(key)} and is {after.get(key)}"


def _unions(
    old: Node,
    new: Node,
    where: str,
    olds: Mapping[str, Mapping[str, object]],
    news: Mapping[str, Mapping[str, object]],
    seen: tuple[str, ...],
) -> Iterator[str]:
    before = old if isinstance(old, list) else [old]
    after = new if isinstance(new, list) else [new]
    if len(after) < len(before):
        yield f"{where}: a branch is gone; what was written with it could not be read"
        return
    # A value that may be absent now was always there: the branches that were stay.
    offset = 1 if len(before) == 1 and len(after) == 2 and after[0] == "null" else 0
    for one, other in zip(before, after[offset:], strict=False):
        yield from _differences(one, other, where, olds, news, seen)


def _records(
    old: Mapping[str, object],
    new: Mapping[str, object],
    where: str,
    olds: Mapping[str, Mapping[str, object]],
    news: Mapping[str, Mapping[str, object]],
    seen: tuple[str, ...],
) -> Iterator[str]:
    before = {str(f["name"]): f for f in cast(Sequence[Mapping[str, object]], old["fields"])}
    after = {str(f["name"]): f for f in cast(Sequence[Mapping[str, object]], new["fields"])}
    for name in before:
        if name not in after:
            yield f"{where}.{name}: is gone; a field stays, nobody has to fill it"
        else:
            yield from _differences(
                before[name]["type"], after[name]["type"], f"{where}.{name}", olds, news, seen
            )
    for name, field in after.items():
        if name not in before and "default" not in field:
            yield f"{where}.{name}: is new and has no default; give the dataclass field one"


def _said(node: Node) -> str:
    if isinstance(node, Mapping):
        return str(node.get("name", node.get("type")))
    return str(node)


def holder(schema: Node, newest: Node) -> Callable[[object], bool]:
    """Asks whether a version can say all of a value that the newest version describes.

    A value is as Avro has it: mappings, sequences, numbers, text, bytes, None.

    Args:
        schema: The version.
        newest: The newest version.
    """
    olds, news = _named(schema), _named(newest)
    return lambda value: _holds(schema, newest, value, olds, news)


def _holds(
    schema: Node,
    newest: Node,
    value: object,
    olds: Mapping[str, Mapping[str, object]],
    news: Mapping[str, Mapping[str, object]],
) -> bool:
    schema, newest = _kind(schema, olds), _kind(newest, news)
    if isinstance(newest, list):
        if value is None:
            return isinstance(schema, list)
        inner = schema[-1] if isinstance(schema, list) else schema
        return _holds(inner, newest[-1], value, olds, news)
    if not isinstance(schema, Mapping) or not isinstance(newest, Mapping):
        return True
    match newest.get("type"):
        case "record":
            known = {
                str(f["name"]): f for f in cast(Sequence[Mapping[str, object]], schema["fields"])
            }
            body = cast(Mapping[str, object], value)
            return all(
                _holds(known[name]["type"], field["type"], body[name], olds, news)
                if name in known
                else body[name] == field.get("default")
                for field in cast(Sequence[Mapping[str, object]], newest["fields"])
                if (name := str(field["name"])) in body
            )
        case "enum":
            return value in cast(Sequence[str], schema["symbols"])
        case "array":
            return all(
                _holds(schema["items"], newest["items"], each, olds, news)
                for each in cast(Sequence[object], value)
            )
    return True

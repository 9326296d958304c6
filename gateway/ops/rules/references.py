"""Which definition of Python sources names which other, read from the text alone.

A node is `module.name`, `module.Class.name` or, for what stands outside of any definition, the
module itself. A call `x.trade_date(…)` of something whose type the text does not tell counts
as a call of every method of that name that is asked for.

Not here: running anything; what the nodes mean.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Node:
    """A definition of a source file.

    Attributes:
        name: Its dotted name.
        path: Its file.
        names: Dotted names that it names.
        attributes: Names after a dot that it reads; with `()` those that it calls.
        decorators: Last names of its decorators.
        methods: Dotted names of a class's methods, which are nodes of their own.
        fields: Names of a class's fields.
    """

    name: str
    path: Path
    names: frozenset[str]
    attributes: frozenset[str]
    decorators: frozenset[str]
    methods: frozenset[str]
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a dictionary outside of any definition: a text and the definition it names."""

    key: str
    node: str


def module_name(path: Path, root: Path) -> str:
    """The dotted name of a source file, as it is imported from a root folder."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def nodes(paths: Iterable[Path], root: Path) -> dict[str, Node]:
    """Every definition of some source files, by name."""
    found: dict[str, Node] = {}
    for path in paths:
        module = module_name(path, root)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        bound = _bound(tree, module)
        for name, node in _definitions(tree.body, module):
            found[name] = _node(name, path, node, bound)
        outside = ast.Module([each for each in tree.body if not isinstance(each, Definition)], [])
        found[module] = _node(module, path, outside, bound)
    return found


def entries(paths: Iterable[Path], root: Path) -> list[Entry]:
    """The entries `"text": function` of the dictionaries of some source files."""
    found: list[Entry] = []
    for path in paths:
        module = module_name(path, root)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        bound = _bound(tree, module)
        for node in tree.body:
            for table in ast.walk(node):
                if isinstance(table, ast.Dict):
                    found.extend(_entries(table, bound))
    return found


def _entries(table: ast.Dict, bound: Mapping[str, str]) -> Iterator[Entry]:
    for key, value in zip(table.keys, table.values, strict=True):
        match key, value:
            case ast.Constant(value=str() as text), ast.Name(id=name) if name in bound:
                yield Entry(text, bound[name])


def reached(start: Iterable[str], among: Mapping[str, Node]) -> set[str]:
    """The nodes that are named from some on, directly or by others among them; with these.

    A method is reached where its class is and something reached calls or reads a name like
    its own. A name that is also a field somewhere must be called: `order.trade_date` is none.
    """
    fields = {field for node in among.values() for field in node.fields}
    seen: set[str] = set()
    heard: set[str] = set()
    left = {name for name in start if name in among}
    while left:
        seen |= left
        heard |= {each for name in left for each in among[name].attributes}
        named = {each for name in left for each in among[name].names}
        methods = {
            method for owner in seen for method in among[owner].methods
            if says(heard, method.rpartition(".")[2], fields)
        }  # fmt: skip
        left = {name for name in named | methods if name in among} - seen
    return seen


def says(attributes: Set[str], method: str, fields: Set[str]) -> bool:
    """Whether a method may be meant where these attributes are called and read."""
    unseen = method.startswith("__")
    return unseen or f"{method}()" in attributes or (method in attributes and method not in fields)


def _bound(tree: ast.Module, module: str) -> dict[str, str]:
    """What each name of a module stands for."""
    bound = {
        node.name: f"{module}.{node.name}" for node in tree.body if isinstance(node, Definition)
    }
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str() as source, names=names, level=0):
                bound |= {each.asname or each.name: f"{source}.{each.name}" for each in names}
            case ast.Import(names=names):
                bound |= {each.asname: each.name for each in names if each.asname}
    return bound


def _definitions(body: Iterable[ast.stmt], before: str) -> Iterator[tuple[str, Definition]]:
    for node in body:
        if isinstance(node, Definition):
            yield f"{before}.{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from _definitions(node.body, f"{before}.{node.name}")


def _node(name: str, path: Path, node: Definition | ast.Module, bound: Mapping[str, str]) -> Node:
    methods: set[str] = set()
    fields: set[str] = set()
    names: set[str] = set()
    attributes: set[str] = set()
    own: list[ast.AST] = [node]
    if isinstance(node, ast.ClassDef):
        methods = {f"{name}.{each.name}" for each in node.body if isinstance(each, Definition)}
        rest = [each for each in node.body if not isinstance(each, Definition)]
        fields = {
            each.target.id for each in rest
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
        }  # fmt: skip
        own = [*rest, *node.bases, *node.decorator_list]
    for each in (inner for outer in own for inner in ast.walk(outer)):
        match each:
            case ast.Name(id=used) if used in bound:
                names.add(bound[used])
            case ast.Call(func=ast.Attribute(attr=attribute)):
                attributes.add(f"{attribute}()")
            case ast.Attribute(value=ast.Name(id=used), attr=attribute) if used in bound:
                names.add(f"{bound[used]}.{attribute}")
                attributes.add(attribute)
            case ast.Attribute(attr=attribute):
                attributes.add(attribute)
    decorators = {_last(each) for each in getattr(node, "decorator_list", ())}
    return Node(
        name, path, frozenset(names), frozenset(attributes), frozenset(decorators),
        frozenset(methods), frozenset(fields),
    )  # fmt: skip


def _last(decorator: ast.expr) -> str:
    match decorator:
        case ast.Call(func=func):
            return _last(func)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""

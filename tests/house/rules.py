"""The house rules as functions: text in, breaches out, each naming what to use instead.

A breach is one line, `file:line: what is wrong: what to do`. `test_house.py` runs the rules
over the repository and proves on planted breaches that they bite.

Not here: what ruff, mypy and the import contracts already refuse.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50

NO_CLOCK = "time enters as data: received_at, recorded_at or a Tick"
NO_SETTINGS = "settings reach the core as arguments, from shell"
NO_CHANCE = "ids are functions of what they name"
NO_FLOAT = "use integers of core.money: minor units, or a ratio of two integers"
NO_DIVISION = "use core.money: floor_div, half_up or split, so the rounding shows"

BANNED_CALLS = {
    "float": NO_FLOAT,
    "round": "use core.money.half_up: round() goes to even",
    "print": "core and desks say nothing: return an event",
    "open": "core and desks read no file: the fact comes in a message",
}
BANNED_ATTRIBUTES = {
    ("time", "time"): NO_CLOCK,
    ("time", "time_ns"): NO_CLOCK,
    ("time", "monotonic"): NO_CLOCK,
    ("datetime", "now"): NO_CLOCK,
    ("datetime", "utcnow"): NO_CLOCK,
    ("datetime", "today"): NO_CLOCK,
    ("date", "today"): NO_CLOCK,
    ("os", "environ"): NO_SETTINGS,
    ("os", "getenv"): NO_SETTINGS,
    ("uuid", "uuid4"): NO_CHANCE,
    ("np", "random"): NO_CHANCE,
    ("np", "float64"): NO_FLOAT,
    ("np", "float32"): NO_FLOAT,
}

# Built from parts, so that this file does not contain what it forbids.
UNFINISHED = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
MACHINE_PATHS = ["work", "root", "home/[a-z]+", "Users/[A-Za-z]+", "tmp/lab", "opt/wheels"]
REGISTRY_HOSTS = [
    r"py" + r"pi\.org",
    r"python" + r"hosted\.org",
    r"repo1?\.maven\." + r"(?:apache\.)?org",
    r"crates" + r"\.io",
    r"npm" + r"js\.(?:org|com)",
    r"proxy\.go" + r"lang\.org",
    r"deb\." + r"debian\.org",
    r"docker" + r"\.io",
]
# The user of the image has its home where every Linux user has.
ALLOWED_PATHS = re.compile(r"/home/gateway\b")
DRAWERS = {"utils", "util", "helpers", "common", "base", "manager", "service", "misc"}


def too_long(path: str, text: str) -> Iterator[str]:
    """Files and functions longer than the house allows."""
    lines = text.count("\n")
    if lines > MAX_FILE_LINES:
        yield f"{path}:1: {lines} lines, over {MAX_FILE_LINES}: split it by what it is about"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION_LINES:
                yield (
                    f"{path}:{node.lineno}: {node.name} has {length} lines, "
                    f"over {MAX_FUNCTION_LINES}: give a part of it a name"
                )


def without_docstring(path: str, text: str) -> Iterator[str]:
    """A module with code that does not say what it is."""
    if text.strip() and ast.get_docstring(ast.parse(text)) is None:
        yield f"{path}:1: no module docstring: say what it is and what is not here"


def code_in_a_doorway(path: str, text: str) -> Iterator[str]:
    """A room's `__init__` that holds more than its docstring."""
    if len(ast.parse(text).body) > 1:
        yield f"{path}:1: code in a room's __init__: move it to a module with a name"


def impure(path: str, text: str) -> Iterator[str]:
    """What core and desks must not do: floats, bare division, clocks, environment, chance."""
    for node in ast.walk(ast.parse(text)):
        found = _impurity(node)
        if found is not None:
            what, instead = found
            yield f"{path}:{getattr(node, 'lineno', 1)}: {what} is banned: {instead}"


def _impurity(node: ast.AST) -> tuple[str, str] | None:
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in BANNED_CALLS:
            return f"{name}()", BANNED_CALLS[name]
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            instead = BANNED_ATTRIBUTES.get((owner, name))
            return None if instead is None else (f"{owner}.{name}", instead)
        case ast.Attribute(value=ast.Attribute(attr=owner), attr=name):
            instead = BANNED_ATTRIBUTES.get((owner, name))
            return None if instead is None else (f"{owner}.{name}", instead)
        case ast.Constant(value=float() as value):
            return f"the float {value}", NO_FLOAT
        # A quotient of fractions is exact; nothing rounds.
        case ast.BinOp(left=ast.Call(func=ast.Name(id="Fraction")), op=ast.Div()):
            return None
        case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
            return "a bare /", NO_DIVISION
        case _:
            return None


def unfinished(path: str, text: str) -> Iterator[str]:
    """Marks of work that was put off."""
    word = re.compile(r"\b(" + "|".join(UNFINISHED) + r")\b")
    for number, line in enumerate(text.splitlines(), 1):
        found = word.search(line)
        if found:
            yield f"{path}:{number}: {found[0]}: finish it, or open an issue and delete the mark"


def from_this_machine(path: str, text: str) -> Iterator[str]:
    """Paths of somebody's machine and hosts of package registries."""
    paths = re.compile(r"(?<![\w.$}/-])/(?:" + "|".join(MACHINE_PATHS) + r")(?=/|\b)")
    hosts = re.compile("|".join(REGISTRY_HOSTS))
    for number, line in enumerate(text.splitlines(), 1):
        found = paths.search(ALLOWED_PATHS.sub("", line))
        if found:
            yield f"{path}:{number}: path {found[0]}: make it relative to the repository"
        found = hosts.search(line)
        if found:
            yield f"{path}:{number}: host {found[0]}: leave it to the tool's settings"


def unpinned(path: str, text: str) -> Iterator[str]:
    """Requirement lines without a version or a hash, and lines that name an index."""
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("-"):
            yield f"{path}:{number}: option {line.split()[0]}: indexes are the reader's settings"
        elif line and line[0] not in " #":
            following = lines[number] if number < len(lines) else ""
            if "==" not in line or "--hash=sha256:" not in following:
                yield f"{path}:{number}: {line.split()[0]} has no pin with hash: run make lock"


def drawer(path: str) -> Iterator[str]:
    """Modules and folders whose name says nothing."""
    for part in Path(path).with_suffix("").parts:
        if part in DRAWERS:
            yield f"{path}:1: a drawer called {part}: name it by what is in it"

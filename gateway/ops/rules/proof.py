"""Where the rules are applied, asked, tested and shown: found in the sources, not written down.

A desk applies a rule if the desk's module reaches it by name through the desks and the core. A
test proves it if the test, or a helper beside it, names it. A scenario shows it if it is a golden
scenario that the rule's source names, a story that the rulebook names, or asks a question
that the rule answers. Tests and scenarios are found where there is a checkout.

Not here: how names are followed (`references`), whether a test is any good.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.core.rule import Rule
from gateway.core.rules import RULES
from gateway.ops.rules.references import Node, entries, nodes, reached, says

ROOT = Path(__file__).resolve().parents[3]
DESKS = ("intake", "plan", "fund", "cash", "dispatch")
COMMANDS = ("headroom", "nav_error")
"""Rooms of commands that answer what-ifs with rules, on what the log has."""
PROPERTY = "given"


@dataclass(frozen=True, slots=True)
class Test:
    """A test by its file, as the checkout has it, and its name."""

    file: str
    name: str
    is_property: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """What stands behind a rule.

    Attributes:
        desks: Desks that apply it in a day.
        asks: Questions of a scenario that it answers.
        tests: Tests that name it, by file and name.
        scenarios: Names of the scenario files that show it, without `.day`.
        commands: Commands that answer with it.
    """

    desks: tuple[str, ...]
    asks: tuple[str, ...]
    tests: tuple[Test, ...]
    scenarios: tuple[str, ...]
    commands: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """The files of its tests."""
        return tuple(sorted({test.file for test in self.tests}))


def proofs(root: Path = ROOT, rules: Sequence[Rule] = RULES) -> dict[str, Proof]:
    """What stands behind each rule, by the rule's name.

    Args:
        root: The folder that holds `gateway`; a checkout's also holds `tests`.
        rules: The rules asked about.
    """
    core = nodes(_sources(root / "gateway" / "core"), root)
    by_desk, by_word = _by_desk(root, core, rules), _by_word(root, core, rules)
    tested, asked = _by_test(root, core, rules), _asked(root)
    by_command = _by_command(root, core, rules)
    found: dict[str, Proof] = {}
    for rule in rules:
        asks = by_word[rule.name]
        files = {file for file, words in asked.items() if words & set(asks)}
        files |= {
            file
            for file in asked
            for golden in rule.goldens
            if file.startswith(f"{golden}_".lower())
        }
        found[rule.name] = Proof(
            by_desk[rule.name],
            asks,
            tested[rule.name],
            tuple(sorted(files | ({*rule.stories} & set(asked)))),
            by_command[rule.name],
        )
    return found


def _sources(folder: Path, pattern: str = "**/*.py") -> list[Path]:
    return sorted(folder.glob(pattern)) if folder.is_dir() else []


def _by_desk(
    root: Path, core: Mapping[str, Node], rules: Sequence[Rule]
) -> dict[str, tuple[str, ...]]:
    among = {**core, **nodes(_sources(root / "gateway" / "desks"), root)}
    reach = {
        desk: reached((name for name in among if _in_module(name, f"gateway.desks.{desk}")), among)
        for desk in DESKS
    }
    return {rule.name: tuple(desk for desk in DESKS if rule.where in reach[desk]) for rule in rules}


def _by_command(
    root: Path, core: Mapping[str, Node], rules: Sequence[Rule]
) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {rule.name: () for rule in rules}
    for command in COMMANDS:
        own = nodes(_sources(root / "gateway" / "ops" / command), root)
        seen = reached(own, {**core, **own})
        for rule in rules:
            if rule.where in seen:
                found[rule.name] += (command.replace("_", "-"),)
    return found


def _in_module(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


def _by_word(
    root: Path, core: Mapping[str, Node], rules: Sequence[Rule]
) -> dict[str, tuple[str, ...]]:
    """Questions that each rule answers: itself, or where there is none, through another rule."""
    paths = _sources(root / "gateway" / "ops" / "scenario", "ask*.py")
    own = nodes(paths, root)
    words = entries(paths, root)
    named = _Named(core, rules)
    direct = {each.key: named.by(reached([each.node], own), own) for each in words}
    among = {**core, **own}
    through = {each.key: reached([each.node], among) for each in words}
    return {
        rule.name: tuple(sorted(word for word, names in direct.items() if rule.name in names))
        or tuple(sorted(word for word, seen in through.items() if rule.where in seen))
        for rule in rules
    }


def _by_test(
    root: Path, core: Mapping[str, Node], rules: Sequence[Rule]
) -> dict[str, tuple[Test, ...]]:
    among = nodes(_sources(root / "tests"), root)
    named = _Named(core, rules)
    beside: dict[Path, dict[str, Node]] = {}
    for name, node in among.items():
        beside.setdefault(node.path, {})[name] = node
    found: dict[str, list[Test]] = {rule.name: [] for rule in rules}
    for name, node in sorted(among.items()):
        last = name.rpartition(".")[2]
        if not last.startswith("test_") or node.methods or name.endswith(node.path.stem):
            continue
        test = Test(str(node.path.relative_to(root)), last, PROPERTY in node.decorators)
        for rule in named.by(reached([name], beside[node.path]), among):
            found[rule].append(test)
    return {rule: tuple(tests) for rule, tests in found.items()}


class _Named:
    """Tells which rules some definitions outside of the core name."""

    def __init__(self, core: Mapping[str, Node], rules: Sequence[Rule]) -> None:
        self._fields = {field for node in core.values() for field in node.fields}
        self._often = Counter(
            method.rpartition(".")[2] for node in core.values() for method in node.methods
        )
        self._functions = {rule.where: rule.name for rule in rules}
        self._methods = [rule for rule in rules if rule.where in _methods(core)]

    def by(self, seen: Iterable[str], among: Mapping[str, Node]) -> set[str]:
        """Names of the rules that are named by nodes of a set."""
        nodes_seen = [among[name] for name in seen]
        names = {each for node in nodes_seen for each in node.names}
        heard = {each for node in nodes_seen for each in node.attributes}
        found = {self._functions[each] for each in names if each in self._functions}
        for rule in self._methods:
            owner, _, method = rule.where.rpartition(".")
            # A name that several classes have is only told apart by its class.
            known = self._often[method] == 1 or owner in names
            if known and says(heard, method, self._fields):
                found.add(rule.name)
        return found


def _methods(core: Mapping[str, Node]) -> set[str]:
    return {method for node in core.values() for method in node.methods}


def _asked(root: Path) -> dict[str, set[str]]:
    """Each scenario file, without `.day`, and the questions it asks."""
    found: dict[str, set[str]] = {}
    for path in _sources(root / "tests" / "scenarios", "*.day"):
        rows = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
        found[path.stem] = {row[1] for row in rows if len(row) > 1 and row[0] == "ask"}
    return found

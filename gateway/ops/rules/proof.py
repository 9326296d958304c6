"""Where the rules are applied, asked, tested and shown: found in the sources, not written down.

A desk applies a rule if the desk's module reaches it by name through the desks and the core; a
command if its room reaches it through the rooms of commands and the core; a connector and the
laws alike. A rule with a twin is applied through it, where a desk reaches the twin. A test proves
a rule if the test, or a helper beside it, names it. A scenario shows it if it is a golden
scenario that the rule's source names, a story that the rulebook names, or asks a question
that the rule answers. Tests and scenarios are found where there is a checkout.

Not here: how names are followed (`references`), whether a test is any good.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.core.rule import Rule
from gateway.core.rules import RULES
from gateway.ops.rules.references import Node, entries, nodes, reached, says

ROOT = Path(__file__).resolve().parents[3]
DESKS = ("intake", "plan", "fund", "cash", "dispatch")
COMMANDS = (
    "book", "decide", "doctor", "explain", "headroom", "nav_error", "publish", "quarantine", "show",
)  # fmt: skip
"""Rooms of commands; those that play days or write pages are none that apply a rule."""
BEHIND_COMMANDS = (*COMMANDS, "reading")
"""Rooms that a command may reach a rule through."""
LAWS = ("laws", "breaches", "conservation")
"""How the names of the core's modules begin that hold a log against the laws."""
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
        connectors: Connectors that apply it where messages come in or go out.
        laws: Whether the laws of the gateway hold a log against it.
        twin_desks: Desks that apply its twin.
        twin_tests: Tests that hold it against its twin.
    """

    desks: tuple[str, ...]
    asks: tuple[str, ...]
    tests: tuple[Test, ...]
    scenarios: tuple[str, ...]
    commands: tuple[str, ...] = ()
    connectors: tuple[str, ...] = ()
    laws: bool = False
    twin_desks: tuple[str, ...] = ()
    twin_tests: tuple[Test, ...] = ()

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
    reach, by_word = _desk_reach(root, core), _by_word(root, core, rules)
    tested, asked = _by_test(root, core, rules), _asked(root)
    by_command = _by_command(root, core)
    by_connector, by_law = _by_connector(root, core), _by_law(core)
    compared = _compared(root, core, rules)
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
            _those(reach, rule.where),
            asks,
            tested[rule.name],
            tuple(sorted(files | ({*rule.stories} & set(asked)))),
            _those(by_command, rule.where),
            _those(by_connector, rule.where),
            rule.where in by_law,
            _those(reach, rule.twin),
            compared[rule.name],
        )
    return found


def _sources(folder: Path, pattern: str = "**/*.py") -> list[Path]:
    return sorted(folder.glob(pattern)) if folder.is_dir() else []


Reach = Mapping[str, set[str]]
"""By who applies rules: all the nodes that are reached from there."""


def _those(reach: Reach, name: str) -> tuple[str, ...]:
    """Who reaches a node, in their order."""
    return tuple(who for who, seen in reach.items() if name in seen)


def _desk_reach(root: Path, core: Mapping[str, Node]) -> Reach:
    among = {**core, **nodes(_sources(root / "gateway" / "desks"), root)}
    return {
        desk: reached((name for name in among if _in_module(name, f"gateway.desks.{desk}")), among)
        for desk in DESKS
    }


def _by_command(root: Path, core: Mapping[str, Node]) -> Reach:
    rooms = {room: nodes(_sources(root / "gateway" / "ops" / room), root)
             for room in BEHIND_COMMANDS}  # fmt: skip
    among = dict(core)
    for own in rooms.values():
        among |= own
    return {room.replace("_", "-"): reached(rooms[room], among) for room in COMMANDS}


def _by_connector(root: Path, core: Mapping[str, Node]) -> Reach:
    folder = root / "connectors"
    names = sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []
    owned = {name: nodes(_sources(folder / name), root) for name in names}
    return {name: reached(own, {**core, **own}) for name, own in owned.items() if own}


def _by_law(core: Mapping[str, Node]) -> set[str]:
    begins = tuple(f"gateway.core.{name}" for name in LAWS)
    return reached((name for name in core if name.startswith(begins)), core)


def _compared(
    root: Path, core: Mapping[str, Node], rules: Sequence[Rule]
) -> dict[str, tuple[Test, ...]]:
    """By rule, the tests that name its twin and reach it, directly or through the core."""
    found: dict[str, list[Test]] = {rule.name: [] for rule in rules}
    twins = [rule for rule in rules if rule.twin]
    for name, test, beside in _tests(root):
        named = {each for at in reached([name], beside) for each in beside[at].names}
        through = reached(named, core)
        for rule in twins:
            if rule.twin in named and rule.where in through:
                found[rule.name].append(test)
    return {rule: tuple(tests) for rule, tests in found.items()}


def _tests(root: Path) -> Iterator[tuple[str, Test, Mapping[str, Node]]]:
    """Every test by its dotted name, and what stands in its file."""
    among = nodes(_sources(root / "tests"), root)
    beside: dict[Path, dict[str, Node]] = {}
    for name, node in among.items():
        beside.setdefault(node.path, {})[name] = node
    for name, node in sorted(among.items()):
        last = name.rpartition(".")[2]
        if last.startswith("test_") and not node.methods and not name.endswith(node.path.stem):
            file = str(node.path.relative_to(root))
            yield name, Test(file, last, PROPERTY in node.decorators), beside[node.path]


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
    named = _Named(core, rules)
    found: dict[str, list[Test]] = {rule.name: [] for rule in rules}
    for name, test, beside in _tests(root):
        for rule in named.by(reached([name], beside), beside):
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

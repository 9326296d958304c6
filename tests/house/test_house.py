"""The house rules hold for every file of the repository, and each rule bites.

Not here: the rules (`rules.py`); what ruff, mypy and the import contracts already refuse.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.house import rules

ROOT = Path(__file__).resolve().parents[2]
PYTHON_ROOMS = ("gateway", "connectors", "tests")
PURE_ROOMS = ("gateway/core/", "gateway/desks/")
MAX_TARGETS = 10

Rule = Callable[[str, str], Iterator[str]]


@cache
def files() -> dict[str, str]:
    """The repository's own text files by path: what git keeps, or would keep."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    found = {}
    for name in sorted(set(listed.stdout.decode().split("\0")) - {""}):
        path = ROOT / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            found[name] = content.decode()
    return found


def modules() -> dict[str, str]:
    return {p: t for p, t in files().items() if p.endswith(".py") and p.startswith(PYTHON_ROOMS)}


def breaches(rule: Rule, chosen: dict[str, str]) -> str:
    assert chosen, "the rule looks at no file at all"
    return "\n".join(line for path, text in chosen.items() for line in rule(path, text))


def test_no_file_or_function_is_too_long() -> None:
    assert breaches(rules.too_long, modules()) == ""


def test_every_module_says_what_it_is() -> None:
    assert breaches(rules.without_docstring, modules()) == ""


def test_every_room_says_what_it_is_and_must_never_do() -> None:
    rooms = {
        path: text
        for path, text in modules().items()
        if re.fullmatch(r"gateway/(\w+/)?__init__\.py", path)
    }
    assert [path for path, text in rooms.items() if not text.strip()] == []
    listing = "gateway/connector/__init__.py"  # the kit's public names, in __all__
    doors = {path: text for path, text in rooms.items() if path != listing}
    assert breaches(rules.code_in_a_doorway, doors) == ""
    silent = [
        p for p, text in doors.items() if not re.search(r"must never|Not here:|None may", text)
    ]
    assert silent == []


def test_core_and_desks_hold_no_float_clock_environment_or_chance() -> None:
    pure = {path: text for path, text in modules().items() if path.startswith(PURE_ROOMS)}
    assert breaches(rules.impure, pure) == ""


def test_nothing_is_left_unfinished() -> None:
    assert breaches(rules.unfinished, files()) == ""


def test_no_file_knows_this_machine_or_a_registry() -> None:
    assert breaches(rules.from_this_machine, files()) == ""


def test_no_module_is_a_drawer() -> None:
    assert breaches(lambda path, _: rules.drawer(path), modules()) == ""


def test_requirements_are_pinned_with_hashes_and_name_no_index() -> None:
    pinned = {p: t for p, t in files().items() if re.fullmatch(r"requirements/\w+\.txt", p)}
    assert {"requirements/runtime.txt", "requirements/dev.txt"} <= set(pinned)
    assert breaches(rules.unpinned, pinned) == ""


def test_one_package_has_one_version_in_all_requirements() -> None:
    everything = pins("dev")
    assert pins("runtime") | pins("build") <= everything


def pins(name: str) -> set[str]:
    text = files()[f"requirements/{name}.txt"]
    return {line.rstrip(" \\") for line in text.splitlines() if line[:1].isalnum()}


def test_make_has_at_most_ten_targets_and_help_lists_each() -> None:
    makefile = files()["Makefile"]
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    listed = re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE)
    assert sorted(listed) == sorted(phony[1].split())
    assert len(listed) <= MAX_TARGETS


def test_every_release_in_the_changelog_begins_with_the_wire() -> None:
    releases = re.split(r"^## ", files()["CHANGELOG.md"], flags=re.MULTILINE)[1:]
    assert releases
    first = [re.search(r"^### (\w+)", release, re.MULTILINE) for release in releases]
    assert [section and section[1] for section in first] == ["Wire"] * len(releases)


@pytest.mark.parametrize(
    ("rule", "planted", "named"),
    [
        (rules.impure, "fee = float('1.5')", "float() is banned: use integers of core.money"),
        (rules.impure, "half = 0.5", "the float 0.5 is banned: use integers of core.money"),
        (rules.impure, "nav = assets / units", "a bare / is banned: use core.money"),
        (rules.impure, "nav /= units", "a bare / is banned: use core.money"),
        (rules.impure, "at = time.time()", "time.time is banned: time enters as data"),
        (rules.impure, "at = datetime.datetime.now()", "datetime.now is banned: time enters"),
        (rules.impure, "key = os.environ['KEY']", "os.environ is banned: settings reach"),
        (rules.too_long, "\n" * 401, "401 lines, over 400: split it"),
        (rules.too_long, "def f():\n" + "    pass\n" * 50, "f has 51 lines, over 50"),
        (rules.without_docstring, "x = 1", "no module docstring: say what it is"),
        (rules.unfinished, "# TO" + "DO later", "finish it"),
        (rules.from_this_machine, "open('/wo" + "rk/main')", "make it relative"),
        (
            rules.from_this_machine,
            "url = 'https://py" + "pi.org/x'",
            "leave it to the tool's settings",
        ),
        (rules.unpinned, "numpy>=2.0", "numpy>=2.0 has no pin with hash: run make lock"),
        (rules.unpinned, "numpy==2.0", "numpy==2.0 has no pin with hash: run make lock"),
        (rules.unpinned, "--find-links x", "indexes are the reader's settings"),
        (rules.code_in_a_doorway, '"""A room."""\nx = 1', "move it to a module"),
        (lambda path, _: rules.drawer("gateway/core/utils.py"), "", "name it by what is in it"),
    ],
)
def test_a_planted_breach_is_found_and_its_replacement_named(
    rule: Rule, planted: str, named: str
) -> None:
    found = list(rule("gateway/core/planted.py", planted))
    assert len(found) == 1
    assert named in found[0]


@pytest.mark.parametrize(
    "allowed",
    [
        "share = total // weight",
        "percent = Fraction(text) / 100",
        "at = message.recorded_at",
        "wide = np.zeros(3, np.int64)",
    ],
)
def test_exact_arithmetic_and_recorded_time_are_allowed(allowed: str) -> None:
    assert list(rules.impure("gateway/core/planted.py", allowed)) == []

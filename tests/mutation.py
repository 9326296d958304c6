"""How many changed rules the tests of the core notice: `python -m tests.mutation [MODULE …]`.

Every rule is changed in one small way at a time (a `<` for a `<=`, a plus for a minus, an
argument left out) and its tests are run; a change that no test notices is a survivor. The
work is done on a copy, in a folder that is removed; the tree is never changed. mutmut makes
and runs the changes. Properties are tested on the same examples on every run, so that a
figure can be repeated.

Not here: what the figures were and what they leave out (`docs/mutation.md`).
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
MODULES = (
    "limits", "line_limits", "nav", "liquidity", "redemption_queue", "repurchases", "cash_needs",
    "calls", "equalization", "fees", "performance_fees", "dilution", "netting", "gates",
    "expense_caps", "performance_periods", "redemption_needs", "income", "glide_path",
    "nav_correction", "cash_breaks", "eligibility", "line_eligibility", "corrections",
    "units_roll", "lineage", "breach_reports", "fee_bases", "capital_returns", "netted_notices",
    "withdrawals", "settling_days", "wire_parts",
)  # fmt: skip
"""Limits, valuation, liquidity, capital, fees, netting and orders, as modules of `gateway.core`."""
MOST_SURVIVORS = 10
"""Percent of the changes of a module that its tests may miss."""
ABOUT_THE_TEXT = frozenset({"test_rules.py"})
"""Tests that read the modules themselves, and so would notice every change of a text."""
KILLED = frozenset({1, 3})
TIMED_OUT = frozenset({-24, -9, 24, 36, 152, 255})
"""What mutmut writes down of a change: the exit of the tests, or how they were stopped."""

SETTINGS = """
[tool.pytest.ini_options]
python_classes = ["Test[A-Z]*"]
addopts = ["-p", "no:cacheprovider"]

[tool.mutmut]
source_paths = ["gateway"]
only_mutate = ["gateway/core/{module}.py"]
also_copy = ["tests", "schemas"]
pytest_add_cli_args_test_selection = {tests}
timeout_multiplier = 4.0
timeout_constant = 1.5
track_dependencies = false
"""
PROFILE = """
from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "mutation", database=None, deadline=None, derandomize=True, max_examples=40,
    phases=(Phase.explicit, Phase.generate), report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("mutation")
"""


@dataclass(frozen=True, slots=True)
class Score:
    """What became of the changes of a module."""

    module: str
    made: int
    left_out: int
    timed_out: int
    survivors: tuple[str, ...]
    seconds: int

    @property
    def counted(self) -> int:
        """Changes of what a rule does."""
        return self.made - self.left_out

    @property
    def killed(self) -> int:
        """Changes that a test noticed; a rule that no longer comes to an end is noticed."""
        return self.counted - len(self.survivors)

    @property
    def is_good_enough(self) -> bool:
        """Whether at most the tenth part survives."""
        return len(self.survivors) * 100 <= MOST_SURVIVORS * self.counted

    def row(self) -> str:
        """A row of the table in `docs/mutation.md`."""
        share = 100 * len(self.survivors) / max(1, self.counted)
        return (
            f"| `{self.module}` | {self.made} | {self.left_out} | {self.counted} | {self.killed} "
            f"| {self.timed_out} | {len(self.survivors)} | {share:.1f} % | {self.seconds} |"
        )


def tests_of(module: str) -> list[str]:
    """The files in tests/core that import a module."""
    named = f"from gateway.core.{module} import"
    return sorted(
        path.relative_to(REPOSITORY).as_posix()
        for path in (REPOSITORY / "tests" / "core").glob("test_*.py")
        if path.name not in ABOUT_THE_TEXT and named in path.read_text(encoding="utf-8")
    )


def needed_by(tests: Sequence[str]) -> list[str]:
    """Some files of tests, with the files of tests that they import names from."""
    found, waiting = set[str](), [*tests]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            named = re.findall(r"^from (tests\.\S+) import", (REPOSITORY / each).read_text(), re.M)
            waiting += [f"{name.replace('.', '/')}.py" for name in named]
    return sorted(found)


def lay_out(module: str, home: Path) -> None:
    """Copy what the tests of a module need to a folder of its own."""
    litter = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "gateway", home / "gateway", ignore=litter)
    rules = home / "gateway" / "core" / f"{module}.py"
    rules.write_text(properties_as_methods(rules.read_text(encoding="utf-8")), encoding="utf-8")
    (home / "tests" / "core").mkdir(parents=True)
    (home / "tests" / "__init__.py").touch()
    (home / "tests" / "core" / "__init__.py").touch()
    (home / "tests" / "conftest.py").write_text(PROFILE, encoding="utf-8")
    tests = tests_of(module)
    for each in needed_by(tests):
        (home / each).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / each, home / each)
    shutil.copytree(REPOSITORY / "schemas", home / "schemas")
    settings = SETTINGS.format(module=module, tests=json.dumps(tests))
    (home / "pyproject.toml").write_text(settings, encoding="utf-8")


def properties_as_methods(source: str) -> str:
    """A module whose properties are named after they are made: mutmut passes by what is decorated.

    `@property` above a method becomes `name = property(name)` below it.
    """
    lines = source.splitlines(keepends=True)
    found = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
        and [ast.unparse(each) for each in node.decorator_list] == ["property"]
    ]
    for node in sorted(found, key=lambda each: each.lineno, reverse=True):
        indent, last = " " * node.col_offset, node.end_lineno or node.lineno
        lines.insert(last, f"{indent}{node.name} = property({node.name})  # type: ignore\n")
        del lines[node.decorator_list[0].lineno - 1]
    return "".join(lines)


def functions(source: str) -> dict[str, ast.FunctionDef]:
    """The functions of a file that mutmut wrote, as made and as changed, by name."""
    return {
        node.name: node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)
    }


class _Behaviour(ast.NodeTransformer):
    """Take out of a function what it does nothing with: see `is_left_out`."""

    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        return ast.Assert(test=self.visit(node.test), msg=None)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id == "zip":
            node.keywords = []
        return self.generic_visit(node)


def is_left_out(before: ast.FunctionDef, after: ast.FunctionDef) -> bool:
    """Whether a change is one of no behaviour.

    So are the messages of assertions, and `strict` of `zip`, which asserts that columns made
    by the same function are equally long.
    """
    made, changed = (
        ast.dump(ast.Module([_Behaviour().visit(stmt) for stmt in one.body], []))
        for one in (before, after)
    )
    return made == changed and ast.dump(before.args) == ast.dump(after.args)


def read(module: str, home: Path, seconds: int) -> Score:
    """What mutmut wrote down of a module."""
    written = home / "mutants" / "gateway" / "core" / f"{module}.py"
    exits: dict[str, int] = json.loads(written.with_suffix(".py.meta").read_text(encoding="utf-8"))[
        "exit_code_by_key"
    ]
    known = functions(written.read_text(encoding="utf-8"))
    left_out, timed_out = 0, 0
    survivors: list[str] = []
    for key, end in exits.items():
        name = key.rpartition(".")[2]
        before = known[name.rpartition("__mutmut_")[0] + "__mutmut_orig"]
        if is_left_out(before, known[name]):
            left_out += 1
        elif end in TIMED_OUT:
            timed_out += 1
        elif end not in KILLED:
            survivors.append(key)
    return Score(module, len(exits), left_out, timed_out, tuple(survivors), seconds)


def changes(survivors: Sequence[str], home: Path) -> Iterator[str]:
    """What each survivor changes, as a patch."""
    for key in survivors:
        yield subprocess.run(
            [sys.executable, "-m", "mutmut", "show", key],
            cwd=home, check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip


def measure(module: str) -> Score:
    """Make every change of a module, one after the other, and print the survivors."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        home = Path(folder)
        lay_out(module, home)
        run = subprocess.run(
            [sys.executable, "-m", "mutmut", "run", "--max-children", "1"],
            cwd=home, check=False, capture_output=True, text=True,
        )  # fmt: skip
        if run.returncode != 0:
            raise SystemExit(f"mutmut could not run {module}:\n{run.stdout[-4000:]}{run.stderr}")
        score = read(module, home, round(time.monotonic() - began))
        for change in changes(score.survivors, home):
            print(change, flush=True)
    print(score.row(), flush=True)
    return score


def main(asked: Sequence[str]) -> int:
    """Measure the modules asked for, or all; 1 if too many changes of one survive."""
    unknown = sorted(set(asked) - set(MODULES))
    if unknown:
        print(f"no module {', '.join(unknown)}: the modules are {', '.join(MODULES)}")
        return 2
    scores = [measure(module) for module in asked or MODULES]
    print("\n".join(["", *(score.row() for score in scores)]))
    return int(not all(score.is_good_enough for score in scores))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

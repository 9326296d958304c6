"""How many changed constants the tests of the core notice: `python -m tests.mutation_constants`.

What mutmut does not change: the numbers and flags of a module's named constants (the days of
a notice, the share of an offer) and of the defaults of its records. Each is raised by one, or
turned round, on a copy, and the tests of its module are run.

Not here: changes of what functions do (`mutation`).
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.mutation import MODULES, lay_out, tests_of


def values(tree: ast.Module) -> Iterator[ast.expr]:
    """What the constants of a module and the defaults of its records are made of."""
    for node in tree.body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        for each in inner:
            if isinstance(each, ast.Assign | ast.AnnAssign) and each.value is not None:
                yield each.value


def changed(source: str) -> Iterator[tuple[str, str]]:
    """The line of each constant as changed, with the module that has it."""
    lines = source.splitlines(keepends=True)
    for value in values(ast.parse(source)):
        for node in ast.walk(value):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, int):
                continue
            flag = isinstance(node.value, bool)
            new = str(not node.value) if flag else str(node.value + 1)
            line, at = lines[node.lineno - 1], node.lineno - 1
            # Offsets count bytes.
            raw = line.encode()
            now = raw[: node.col_offset] + new.encode() + raw[node.end_col_offset :]
            yield (
                f"{node.lineno}: {now.decode().strip()}",
                "".join([*lines[:at], now.decode(), *lines[at + 1 :]]),
            )


def is_noticed(module: str, home: Path) -> bool:
    """Whether a test of the module fails in a copy; a copy that cannot be read fails too."""
    run = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "-x", "-q", *tests_of(module)],
        cwd=home, check=False, capture_output=True,
    )  # fmt: skip
    return run.returncode != 0


def measure(module: str) -> tuple[int, list[str]]:
    """How many constants of a module were changed, and which changes no test noticed."""
    made, survivors = 0, []
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        home = Path(folder)
        lay_out(module, home)
        rules = home / "gateway" / "core" / f"{module}.py"
        if is_noticed(module, home):
            raise SystemExit(f"the tests of {module} fail before anything is changed")
        for label, text in changed(rules.read_text(encoding="utf-8")):
            made += 1
            before = rules.read_text(encoding="utf-8")
            rules.write_text(text, encoding="utf-8")
            if not is_noticed(module, home):
                survivors.append(label)
            rules.write_text(before, encoding="utf-8")
    return made, survivors


def main(asked: Sequence[str]) -> int:
    """Measure the modules asked for, or all."""
    for module in asked or MODULES:
        made, survivors = measure(module)
        for each in survivors:
            print(f"{module}:{each}")
        print(f"| `{module}` | {made} | {made - len(survivors)} | {len(survivors)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

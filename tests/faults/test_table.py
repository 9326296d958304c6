"""The table of faults: the newest run of each, failures too, and no fault left out of the page.

Not here: the runs themselves, which are marked `faults`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import report
from tests.faults.report import Latency, Row, newest, write_down
from tests.faults.table import PAGE, page

KILLED = Row("workers", "all killed", "SIGKILL")


def faults() -> Iterator[str]:
    """The names of faults as the tests of this folder write them down."""
    for file in Path(__file__).parent.glob("test_*.py"):
        if file == Path(__file__):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Row":
                name = node.args[1]
                parts = name.values if isinstance(name, ast.JoinedStr) else [name]
                yield max((str(p.value) for p in parts if isinstance(p, ast.Constant)), key=len)


def test_the_table_shows_the_newest_run_of_each_fault_and_also_one_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "REPORT", tmp_path / "faults.json")
    write_down(KILLED.with_outcome("FAILED"))
    write_down(Row("broker", "it hangs", "SIGSTOP").with_outcome("FAILED"))
    write_down(KILLED.with_outcome("same", decided_seconds=1.25, restarts=2, caught_up_seconds=3))
    write_down(Latency("a burst", "others", 12, 33.0, 1798.4, 2000.0, 154))
    text = page(*newest())
    assert "| all killed | SIGKILL | same | 1.2 s | 3.0 s | 2 |" in text
    assert "| it hangs | SIGSTOP | FAILED |  |  | 0 |" in text
    assert "| a burst | others | 12 | 33 ms | 1,798 ms | 2,000 ms | 154 MB |" in text


def test_the_page_has_every_fault_and_no_failure() -> None:
    text = PAGE.read_text(encoding="utf-8")
    named = list(faults())
    assert len(named) >= 15
    assert [name for name in named if name not in text] == []
    assert "FAILED" not in text

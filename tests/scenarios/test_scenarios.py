"""The golden scenarios hold, and so do the examples of the documentation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.ops.rehearse import explain, rehearse, rehearse_text
from gateway.ops.scenario.reference import page

HERE = Path(__file__).resolve().parent
STORIES = sorted(HERE.glob("*.day"))
GOLDENS = [path for path in STORIES if path.stem[0] == "g" and path.stem[1:3].isdigit()]
PAGE = HERE.parents[1] / "docs" / "scenarios.md"
BLOCK = re.compile(r"^```(day|day wrong|text)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def told(path: Path, text: str) -> str:
    """Every difference of a text, as the command shows it."""
    lines: list[str] = []
    for outcome in rehearse_text(text, path.name):
        for difference in outcome.differences:
            lines.extend(explain(path.name, difference))
    return "\n".join(lines)


def examples(kind: str) -> list[str]:
    return [text for fence, text in BLOCK.findall(PAGE.read_text("utf-8")) if fence == kind]


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_golden_scenario_holds(path: Path) -> None:
    assert told(path, path.read_text("utf-8")) == ""


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_l4_golden_scenario_holds_with_other_numbers_of_partitions(path: Path) -> None:
    row = "given\n  partitions  plan=5  fund=3  cash=1"
    text = path.read_text("utf-8").replace("\ngiven\n", f"\n{row}\n")
    assert told(path, text) == ""


def test_every_golden_scenario_asked_for_is_there() -> None:
    assert [int(path.stem[1:3]) for path in GOLDENS] == list(range(1, 34))
    assert all(f"G{path.stem[1:3]} " in path.read_text("utf-8") for path in GOLDENS)


def test_a_golden_scenario_is_not_rewritten_by_an_update(tmp_path: Path) -> None:
    for golden in GOLDENS[:5]:
        copy = tmp_path / golden.name
        copy.write_text(golden.read_text("utf-8"), "utf-8")
        assert not rehearse(copy, update=True).updated, golden.name


@pytest.mark.parametrize("text", examples("day"), ids=lambda text: text.splitlines()[0][:40])
def test_example_of_the_documentation_holds(text: str) -> None:
    assert told(PAGE, text) == ""


def test_the_documented_difference_is_the_one_that_is_shown() -> None:
    (wrong,), (shown,) = examples("day wrong"), examples("text")
    assert told(Path("first.day"), wrong) == shown.rstrip("\n")


def test_the_documented_words_are_those_there_are() -> None:
    text = PAGE.read_text("utf-8")
    assert page(text) == text, "run python -m gateway.ops.scenario.reference"

"""`gateway rehearse`: differences, exit codes, JSON, rewriting."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.ops.rehearse import explain, rehearse_text, run, scenario_files
from gateway.ops.scenario.rewrite import aligned

OVER = """An exchange over the cap

given
  cap       participant  15%
  holding   p-7  total=10,000.00  alternatives=1,400.00

when
  exchange  p-7  250.00

then
  accepted  p-7  {accepted}  into=PRIVATE
"""
HOLDS, WRONG = OVER.format(accepted="100.00"), OVER.format(accepted="99.99")


def told(text: str) -> str:
    found = [each for outcome in rehearse_text(text, "x.day") for each in outcome.differences]
    return "\n".join(line for each in found for line in explain("x.day", each))


def file_of(folder: Path, text: str, name: str = "x.day") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_a_wrong_expectation_is_shown_above_what_came_out() -> None:
    assert told(HOLDS) == ""
    assert told(WRONG).splitlines() == [
        "x.day:11",
        "    expected  accepted  p-7  99.99   into=PRIVATE",
        "    got       accepted  p-7  100.00  into=PRIVATE",
        "                             ^^^^^^",
        "    amount: expected 99.99, got 100.00",
    ]


def test_a_row_nothing_answers_to_is_shown_with_what_came_out_of_its_kind() -> None:
    shown = told(HOLDS + "  accepted  p-8  1.00\n").splitlines()
    assert shown[0] == "x.day:12"
    assert "no such accepted" in shown[2]
    assert shown[3].startswith("    came out: accepted  p-7  100.00  into=PRIVATE")


def test_a_thing_that_came_out_once_cannot_be_claimed_twice() -> None:
    assert "another row has it already" in told(HOLDS + "  accepted  p-7  100.00\n")


def test_only_closes_the_list() -> None:
    assert told(HOLDS + "  only  accepted rejected\n") == ""
    shown = told(HOLDS + "  only  accepted diverted\n")
    assert "stands nowhere in this block: diverted  p-7  150.00  into=LIQUID" in shown


def test_a_wrong_answer_to_a_question_is_shown() -> None:
    text = "then\n  ask  split  10.01  by=50 50  is=5.00 5.01\n"
    assert "is: expected 5.00 5.01, got 5.01 5.00" in told(text)


def test_a_replay_that_should_differ_and_does_not_is_shown() -> None:
    assert "is: expected different, got same" in told(HOLDS + "  replay  twice  is=different\n")


def test_files_that_hold_answer_0_and_one_that_does_not_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([file_of(tmp_path, HOLDS)], update=False, as_json=False) == 0
    assert "holds" in capsys.readouterr().out
    assert run([file_of(tmp_path, WRONG)], update=False, as_json=False) == 1
    out = capsys.readouterr().out
    assert "expected  accepted  p-7  99.99 " in out
    assert "1 difference" in out


def test_directories_are_searched_for_scenario_files(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    one = file_of(tmp_path / "deep", HOLDS, "b.day")
    two = file_of(tmp_path, HOLDS, "a.day")
    file_of(tmp_path, "no scenario", "notes.txt")
    assert scenario_files([tmp_path, two]) == [two, one]


def test_json_tells_file_line_and_cells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = file_of(tmp_path, WRONG)
    assert run([path], update=False, as_json=True) == 1
    (answer,) = json.loads(capsys.readouterr().out)
    assert answer["file"] == str(path)
    assert answer["holds"] is False
    (scenario,) = answer["scenarios"]
    assert scenario["title"] == "An exchange over the cap"
    (difference,) = scenario["differences"]
    assert difference["line"] == 11
    assert difference["expected"] == ["accepted", "p-7", "99.99", "into=PRIVATE"]
    assert difference["got"] == ["accepted", "p-7", "100.00", "into=PRIVATE"]


@pytest.mark.parametrize("name", ["missing.day", "empty"])
def test_a_path_that_cannot_be_rehearsed_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"name a scenario file|no such file"):
        run([tmp_path / name], update=False, as_json=False)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.day"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"x\.day: cannot be read"):
        run([path], update=False, as_json=False)


def test_nothing_named_is_nothing_rehearsed() -> None:
    with pytest.raises(ConfigError, match="nothing to rehearse"):
        run([], update=False, as_json=False)


def test_an_update_writes_what_came_out_and_keeps_the_rest(tmp_path: Path) -> None:
    text = WRONG + (
        "  # a remark on its own\n\n"
        "  diverted  p-7  1.00  headroom=7.00  # a remark on a row\n"
        "  rejected  p-7\n"
        "  ask  headroom  1,400.00  10,000.00  15%  is=1.00\n"
    )
    path = file_of(tmp_path, text)
    assert run([path], update=True, as_json=False) == 0
    before, after = text.splitlines(), path.read_text("utf-8").splitlines()
    assert after[:10] == before[:10]
    assert after[10:] == [
        "  accepted  p-7  100.00  into=PRIVATE",
        "  # a remark on its own",
        "",
        "  diverted  p-7  150.00  headroom=100.00  # a remark on a row",
        "  ask  headroom  1,400.00  10,000.00  15%  is=100.00",
    ]


def test_a_block_that_expects_nothing_does_not_hold() -> None:
    shown = told(HOLDS[: HOLDS.index("  accepted")])
    assert shown.startswith("x.day:10\n    nothing is expected here")


def test_an_update_fills_an_empty_block_and_adds_what_only_found(tmp_path: Path) -> None:
    head = HOLDS[: HOLDS.index("  accepted")]
    path = file_of(tmp_path, head)
    run([path], update=True, as_json=False)
    filled = path.read_text("utf-8")
    assert [line.split()[0] for line in filled.splitlines()[10:]] == ["accepted", "diverted"]
    assert told(filled) == ""
    path = file_of(tmp_path, HOLDS + "  only  accepted diverted\n")
    run([path], update=True, as_json=False)
    assert [line.split()[0] for line in path.read_text("utf-8").splitlines()[10:]] == [
        "accepted",
        "diverted",
        "only",
    ]


def test_a_file_that_holds_stays_as_it_is(tmp_path: Path) -> None:
    path = file_of(tmp_path, HOLDS.replace("\n", "\n\n"))
    before = path.read_bytes()
    assert run([path], update=True, as_json=False) == 0
    assert path.read_bytes() == before


def test_neighbours_of_one_word_are_aligned() -> None:
    rows = [("nav", "A", "10.0000"), ("nav", "LONGER", "9.0000"), ("ask", "split", "1.00"),
            ("only", "nav")]  # fmt: skip
    assert aligned(rows) == [
        "nav   A       10.0000",
        "nav   LONGER  9.0000",
        "ask  split  1.00",
        "only  nav",
    ]

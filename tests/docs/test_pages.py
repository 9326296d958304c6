"""What the pages name is there: files, functions, commands, targets, decisions.

Not here: the generated pages (`test_reference`), the code in the README (`test_readme`).
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from gateway.ops.cli import app
from tests.docs.pages import ROOT, blocks, exists, links, modules, page, pages, quoted

TOPIC = re.compile(r"(in|out|gw)\.")
DOTTED = re.compile(r"[a-z_]+(\.\w+)+")
FILE = re.compile(r"[\w./-]+\.(py|md|avsc|lock|toml|yaml|txt|xml)")
# What the reader makes, or names that stand for any.
NOT_OURS = {"gateway.yaml", "commits.new"}


@pytest.mark.parametrize("name", pages())
def test_every_file_and_folder_named_is_there(name: str) -> None:
    here = (ROOT / name).parent
    named = [q for q in quoted(page(name)) if FILE.fullmatch(q) or re.fullmatch(r"[\w./-]+/", q)]
    missing = [q for q in named if q not in NOT_OURS
               and not any((place / q).exists() for place in (ROOT, here))]  # fmt: skip
    assert missing == []


@pytest.mark.parametrize("name", pages())
def test_every_link_leads_somewhere(name: str) -> None:
    assert [link for link in links(page(name)) if not ((ROOT / name).parent / link).exists()] == []


def test_every_function_on_the_walk_is_in_the_code() -> None:
    dotted = [q.removesuffix("()") for q in quoted(page("docs/architecture.md"))]
    named = [q for q in dotted
             if DOTTED.fullmatch(q) and not TOPIC.match(q) and not FILE.fullmatch(q)]  # fmt: skip
    assert len(named) > 50
    assert [q for q in named if not exists(q)] == []


def test_a_name_that_is_not_in_the_code_would_be_found() -> None:
    assert exists("seat.Seat.take")
    assert not exists("seat.Seat.forget")
    assert not exists("settlement_engine.run")


@pytest.mark.parametrize("name", pages())
def test_decisions_and_pages_name_only_functions_that_exist(name: str) -> None:
    dotted = [q.removesuffix("()") for q in quoted(page(name)) if DOTTED.fullmatch(q)]
    ours = [q for q in dotted if q.partition(".")[0] in modules() and not FILE.fullmatch(q)]
    packages = {"gateway", "connectors"}
    assert [q for q in ours if q.partition(".")[0] not in packages and not exists(q)] == []


@pytest.mark.parametrize("name", pages())
def test_every_command_named_is_a_command(name: str) -> None:
    lines = [*quoted(page(name)), *"\n".join(blocks(page(name), "")).splitlines()]
    said = [found[1] for line in lines
            if (found := re.match(r"(?:\.venv/bin/)?gateway ([a-z-]+)", line))]  # fmt: skip
    known = {command for command in app if not command.startswith("-")}
    assert {"demo", "worker", "topics"} <= known
    assert set(said) - known == set()


@pytest.mark.parametrize("name", pages())
def test_every_make_target_named_is_in_the_makefile(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", page("Makefile"), re.MULTILINE))
    lines = [*quoted(page(name)), *"\n".join(blocks(page(name), "")).splitlines()]
    said = {found[1] for line in lines if (found := re.match(r"make ([a-z-]+)", line))}
    assert said - targets == set()


def decisions() -> list[Path]:
    return sorted((ROOT / "docs" / "decisions").glob("*.md"))


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:3]) for path in decisions()]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("path", decisions(), ids=lambda path: path.stem)
def test_a_decision_says_context_choice_and_what_was_given_up(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"^\*\*(.+?)\.\*\*", text, re.MULTILINE) == [
        "Context", "Choice", "Given up",
    ]  # fmt: skip
    assert text.startswith("# ")
    assert 8 <= text.count("\n") <= 40


def test_the_decision_on_faust_names_every_setting() -> None:
    tree = ast.parse((ROOT / "gateway/shell/worker.py").read_text(encoding="utf-8"))
    conf = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "_conf")
    keys = {
        key.value
        for node in ast.walk(conf)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    }
    assert "broker" in keys
    named = set(quoted(next(path for path in decisions() if "faust-settings" in path.name)
                       .read_text(encoding="utf-8")))  # fmt: skip
    assert keys - named == set()

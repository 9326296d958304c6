"""`gateway rehearse`: plays scenario files and shows what differs from what they expect.

A scenario that does not hold is shown with its file and line, what was expected above what
came out, and a mark under every cell that differs.

Not here: the language (`gateway.ops.scenario`, `docs/scenarios.md`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from gateway.errors import ConfigError
from gateway.ops.answers import console, say_json, table
from gateway.ops.scenario.checks import Difference
from gateway.ops.scenario.parser import parse
from gateway.ops.scenario.player import Outcome, play
from gateway.ops.scenario.rewrite import rewritten

MANY = 4


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A file, what became of its scenarios, and whether its text was rewritten."""

    path: Path
    outcomes: tuple[Outcome, ...]
    updated: bool

    @property
    def differences(self) -> list[Difference]:
        """Everything that does not hold."""
        return [each for outcome in self.outcomes for each in outcome.differences]


def run(paths: Sequence[Path], *, update: bool, as_json: bool) -> int:
    """Rehearse files, and the `*.day` files of directories; 0 if all hold, 1 if not.

    Args:
        paths: Files and directories.
        update: Write what came out into the `then` blocks.
        as_json: Answer in JSON.

    Raises:
        ConfigError: A path or a row that cannot be read.
    """
    files = scenario_files(paths)
    rehearsed = [rehearse(path, update=update) for path in _watched(files, quiet=as_json)]
    if as_json:
        say_json([_as_json(each) for each in rehearsed])
    else:
        _say(rehearsed)
    return 1 if any(each.differences for each in rehearsed) else 0


def scenario_files(paths: Sequence[Path]) -> list[Path]:
    """The files meant: those named, and every `*.day` under a directory named."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(path.rglob("*.day"))
            if not inside:
                raise ConfigError(f"{path}: no *.day file in this directory; name a scenario file")
            files.extend(inside)
        elif path.is_file():
            files.append(path)
        else:
            raise ConfigError(f"{path}: no such file or directory")
    if not files:
        raise ConfigError("nothing to rehearse: name scenario files or a directory of them")
    return list(dict.fromkeys(files))


def _watched(files: Sequence[Path], *, quiet: bool) -> Iterator[Path]:
    """The files, with a progress bar if they are many and somebody is looking."""
    out = console()
    if quiet or len(files) < MANY or not out.is_terminal:
        yield from files
        return
    columns = (
        TextColumn("rehearsing"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=out, transient=True) as progress:
        task = progress.add_task("", total=len(files))
        for path in files:
            progress.update(task, description=path.name)
            yield path
            progress.advance(task)


def rehearse(path: Path, *, update: bool = False) -> Rehearsed:
    """Rehearse one file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise ConfigError(f"{path}: cannot be read ({wrong}); name a scenario file") from wrong
    outcomes = rehearse_text(text, str(path))
    updated = False
    if update:
        after = rewritten(text, outcomes)
        updated = after != text
        if updated:
            path.write_text(after, encoding="utf-8")
            outcomes = rehearse_text(after, str(path))
    return Rehearsed(path, tuple(outcomes), updated)


def rehearse_text(text: str, path: str) -> list[Outcome]:
    """Rehearse the scenarios of a text.

    Args:
        text: As it would stand in a file.
        path: What the file is called in errors and differences.
    """
    return [asyncio.run(play(scenario)) for scenario in parse(text, path)]


def explain(path: str, difference: Difference) -> list[str]:
    """A difference as lines to read, the first of them a place in the file."""
    lines = [f"{path}:{difference.line}"]
    if difference.expected:
        pairs = list(_columns(difference.expected, difference.got))
        lines.append("    expected  " + "  ".join(one for one, _, _ in pairs).rstrip())
        if difference.got:
            lines.append("    got       " + "  ".join(other for _, other, _ in pairs).rstrip())
            lines.append(("              " + "  ".join(mark for _, _, mark in pairs)).rstrip())
    lines.extend(f"    {note}" for note in difference.notes)
    return [line for line in lines if line]


def _columns(expected: Sequence[str], got: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Cells above one another, and a mark where they differ."""
    for at, cell in enumerate(expected):
        other = got[at] if at < len(got) else cell
        width = max(len(cell), len(other))
        mark = "" if cell == other else "^" * len(other)
        yield cell.ljust(width), other.ljust(width), mark.ljust(width)


def _say(rehearsed: Sequence[Rehearsed]) -> None:
    out = console()
    for each in rehearsed:
        for difference in each.differences:
            out.print("\n".join(explain(str(each.path), difference)), markup=False, soft_wrap=True)
            out.print()
    rows = [
        (each.path, len(each.outcomes), _checked(each.outcomes), _result(each))
        for each in rehearsed
    ]
    columns = ("file", "scenarios", "rows checked", "result")
    out.print(table("Rehearsed", columns, rows, right=("scenarios", "rows checked")))


def _checked(outcomes: Iterable[Outcome]) -> int:
    return sum(len(step.then) for outcome in outcomes for step in outcome.scenario.steps)


def _result(each: Rehearsed) -> str:
    count = len(each.differences)
    held = "holds" if not count else "1 difference" if count == 1 else f"{count} differences"
    return f"rewritten, {held}" if each.updated else held


def _as_json(each: Rehearsed) -> dict[str, object]:
    return {
        "file": each.path, "holds": not each.differences, "updated": each.updated,
        "scenarios": [
            {
                "title": outcome.scenario.title, "line": outcome.scenario.line,
                "differences": outcome.differences,
            }
            for outcome in each.outcomes
        ],
    }  # fmt: skip

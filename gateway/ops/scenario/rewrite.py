"""Puts what came out into the `then` blocks of a file, and aligns their cells.

Only blocks with a difference are touched; comments and blank lines stay where they are.

Not here: deciding what came out (`player`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from gateway.ops.scenario.checks import Verdict, written
from gateway.ops.scenario.parser import Step
from gateway.ops.scenario.player import Outcome

_REMARK = re.compile(r"\s\s#.*$")
Cells = tuple[str, ...]


def rewritten(text: str, outcomes: Iterable[Outcome]) -> str:
    """The text of a file with its `then` blocks as things came out."""
    lines: dict[int, list[str]] = {
        number: [line] for number, line in enumerate(text.splitlines(), 1)
    }
    for outcome in outcomes:
        for step, verdict in zip(outcome.scenario.steps, outcome.verdicts, strict=False):
            if verdict.rows or verdict.gone or verdict.more:
                _block(lines, step, verdict)
    return "\n".join(line for number in sorted(lines) for line in lines[number]) + "\n"


def _block(lines: dict[int, list[str]], step: Step, verdict: Verdict) -> None:
    rows: list[tuple[int, Cells, str]] = []
    for row in step.then:
        rows.extend((row.line, cells, "") for cells in verdict.more.get(row.line, ()))
        if row.line not in verdict.gone:
            found = _REMARK.search(lines[row.line][0])
            cells = verdict.rows.get(row.line, written(row))
            rows.append((row.line, cells, found[0] if found else ""))
    rows.extend((step.ends, cells, "") for cells in verdict.more.get(0, ()))
    for row in step.then:
        lines[row.line] = []
    texts = aligned([cells for _, cells, _ in rows])
    for (number, _, remark), text in zip(rows, texts, strict=True):
        lines[number].append(f"  {text}{remark}")


def aligned(rows: Sequence[Cells]) -> list[str]:
    """Rows as lines: words in one column, cells of neighbours of one word in columns.

    Args:
        rows: Cells, the word first. `ask` and its question are one word.
    """
    joined = [(f"{row[0]}  {row[1]}", *row[2:]) if row[0] == "ask" else row for row in rows]
    widths = {
        asks: max((len(row[0]) for row in joined if row[0].startswith("ask  ") is asks), default=0)
        for asks in (False, True)
    }
    lines: list[str] = []
    for word, group in groupby(joined, key=lambda row: row[0]):
        same = list(group)
        columns = [
            max(len(row[at]) for row in same if at < len(row))
            for at in range(max(len(row) for row in same))
        ]
        columns[0] = widths[word.startswith("ask  ")]
        for row in same:
            cells = [cell.ljust(columns[at]) for at, cell in enumerate(row)]
            lines.append("  ".join(cells).rstrip())
    return lines

"""Compares what was expected with what came out, row by row.

An expected row wants one thing that came out: one that agrees in every cell the row names,
or else the one that agrees most is shown beside it. What was found may be claimed once.

Not here: reading what came out (`observe`), printing (`rehearse`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.ops.scenario.words import Observed, Row, Word
from gateway.ops.scenario.words_out import ASK_WORDS, THEN_WORDS

SHOWN = 6
BRIEF = 3
QUESTIONS = frozenset(id(word) for word in ASK_WORDS.values())
SUMMARY = ("accepted", "diverted", "rejected", "parked", "instruction")
"""What an empty block is filled with."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An expectation that does not hold.

    Attributes:
        line: Line number in the file.
        expected: The row's cells as written, its word first.
        got: The same cells as they came out; empty if there is nothing to compare with.
        notes: What differs, a sentence each.
    """

    line: int
    expected: tuple[str, ...]
    got: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(slots=True)
class Verdict:
    """What became of a `then` block.

    Attributes:
        differences: Expectations that do not hold.
        rows: Rows whose cells came out otherwise: line number to the right cells.
        gone: Lines of rows that nothing answers to.
        more: Rows that came out beyond those expected, by the line they belong before.
    """

    differences: list[Difference] = field(default_factory=list)
    rows: dict[int, tuple[str, ...]] = field(default_factory=dict)
    gone: list[int] = field(default_factory=list)
    more: dict[int, list[tuple[str, ...]]] = field(default_factory=dict)


def is_question(row: Row) -> bool:
    """Whether a row asks a single rule."""
    return id(row.word) in QUESTIONS


def head(row: Row) -> tuple[str, ...]:
    """A row's word as it is written."""
    return ("ask", row.word.name) if is_question(row) else (row.word.name,)


def written(row: Row) -> tuple[str, ...]:
    """A row's cells as they are written, its word first."""
    cells = [f"{name}={text}" if name else text for name, text in row.cells]
    return (*head(row), *cells)


def shown(row: Row, values: Mapping[str, object]) -> tuple[str, ...]:
    """A row's cells with what came out; a cell that agrees stays as it is written."""
    cells: list[str] = []
    free = iter(_unnamed(row))
    for name, text in row.cells:
        field_name = name or next(free)
        said = text if _agrees(row, field_name, values) else _text(row.word, field_name, values)
        cells.append(f"{name}={said}" if name else said)
    return (*head(row), *cells)


def _unnamed(row: Row) -> list[str]:
    """What the cells written without a name are: each the first place not taken by then."""
    taken: set[str] = set()
    found: list[str] = []
    for name, _ in row.cells:
        place = name or next(e.name for e in row.word.in_order if e.name not in taken)
        taken.add(place)
        if not name:
            found.append(place)
    return found


def _text(word: Word, name: str, values: Mapping[str, object]) -> str:
    about = word.field(name)
    assert about is not None, name
    value = values.get(name)
    return "none" if value is None else about.kind.show(value)


def _agrees(row: Row, name: str, values: Mapping[str, object]) -> bool:
    about, value = row.word.field(name), values.get(name)
    assert about is not None, name
    if is_question(row) and not about.answer:
        return True
    return value is not None and about.kind.same(row.values[name], value)


def _wrong(row: Row, values: Mapping[str, object]) -> list[str]:
    return [name for name in row.values if not _agrees(row, name, values)]


def compare(row: Row, values: Mapping[str, object] | None, verdict: Verdict) -> None:
    """Compare a row with the one thing it is about; None if there is no such thing."""
    if values is None:
        note = f"no {row.word.name} for this came out"
        verdict.differences.append(Difference(row.line, written(row), (), (note,)))
        return
    wrong = _wrong(row, values)
    if not wrong:
        return
    notes = tuple(
        f"{name}: expected {_text(row.word, name, row.values)}, got {_text(row.word, name, values)}"
        for name in wrong
    )
    got = shown(row, values)
    verdict.rows[row.line] = tuple(cell for cell in got if not cell.endswith("=none"))
    verdict.differences.append(Difference(row.line, written(row), got, notes))


def check(rows: Sequence[Row], observed: Sequence[Observed], verdict: Verdict) -> None:
    """Compare rows about what came out, and what `only` allows, with what did come out."""
    left = list(observed)
    open_rows: list[Row] = []
    for row in rows:
        if row.word.name == "only":
            continue
        exact = [o for o in left if o.word == row.word.name and not _wrong(row, o.values)]
        if exact:
            _claim(left, exact[0])
        else:
            open_rows.append(row)
    for row in open_rows:
        near = _nearest(row, left)
        if near is None:
            _absent(row, observed, verdict)
        else:
            _claim(left, near)
            compare(row, near.values, verdict)
    for row in rows:
        if row.word.name == "only":
            _only(row, left, verdict)


def _claim(left: list[Observed], taken: Observed) -> None:
    at = next(i for i, each in enumerate(left) if each is taken)
    del left[at]


def _nearest(row: Row, left: Sequence[Observed]) -> Observed | None:
    """What agrees in most cells, the first cell among them."""
    about = row.word.in_order[0].name
    alike = [
        each
        for each in left
        if each.word == row.word.name
        and (about not in row.values or _agrees(row, about, each.values))
    ]
    return min(alike, key=lambda each: len(_wrong(row, each.values)), default=None)


def _absent(row: Row, observed: Sequence[Observed], verdict: Verdict) -> None:
    same = [each for each in observed if each.word == row.word.name]
    if same:
        came = [f"came out: {'  '.join(brief(each))}" for each in same[:SHOWN]]
        more = [f"and {len(same) - SHOWN} more"] if len(same) > SHOWN else []
        notes = (f"no such {row.word.name}, or another row has it already", *came, *more)
    else:
        notes = (f"no {row.word.name} came out",)
    verdict.gone.append(row.line)
    verdict.differences.append(Difference(row.line, written(row), (), notes))


def _only(row: Row, left: Sequence[Observed], verdict: Verdict) -> None:
    words = row.names("words")
    for each in left:
        if each.word in words:
            cells = brief(each)
            verdict.more.setdefault(row.line, []).append(cells)
            note = f"came out and stands nowhere in this block: {'  '.join(cells)}"
            verdict.differences.append(Difference(row.line, written(row), (), (note,)))


def brief(observed: Observed) -> tuple[str, ...]:
    """Something that came out as a short row: cells without names, then a few more."""
    word = THEN_WORDS[observed.word]
    cells = [word.name]
    more = 0
    for about in word.fields:
        value = observed.values.get(about.name)
        if value is None or (about.named and (more >= BRIEF or value == ())):
            continue
        text = about.kind.show(value)
        cells.append(f"{about.name}={text}" if about.named else text)
        more += about.named
    return tuple(cells)

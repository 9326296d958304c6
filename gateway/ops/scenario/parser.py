"""Reads scenario files: lines to rows, with line numbers and helpful refusals.

A line that begins in the first column is a title or one of `given`, `when`, `then`; rows
are indented. Cells stand two blanks or more apart. A scenario is a title, what is given
and any number of when/then pairs; a new title or a new `given` begins the next one.

Not here: what the rows mean.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.errors import ConfigError
from gateway.ops.scenario.words import Row, Word, nearest
from gateway.ops.scenario.words_in import GIVEN_WORDS, WHEN_WORDS
from gateway.ops.scenario.words_out import ASK_WORDS, THEN_WORDS

SECTIONS = ("given", "when", "then")
_COMMENT = re.compile(r"(^\s*|\s\s)#.*$")
_CELLS = re.compile(r"\t+|\s{2,}")
_NAMED = re.compile(r"([a-z_]+)=(.*)")


@dataclass(slots=True)
class Step:
    """A when/then pair that begins on a line; `ends` is the last line of its `then` block."""

    line: int
    when: list[Row] = field(default_factory=list)
    then: list[Row] = field(default_factory=list)
    ends: int = 0


@dataclass(slots=True)
class Scenario:
    """One scenario of a file."""

    path: str
    line: int
    title: str = ""
    given: list[Row] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


def parse(text: str, path: str) -> list[Scenario]:
    """The scenarios of a text.

    Args:
        text: Lines as they stand in the file.
        path: What the file is called in errors and differences.
    """
    found: list[Scenario] = []
    section = ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = _COMMENT.sub("", raw).rstrip()
        if not line:
            continue
        if not line[0].isspace():
            section = _heading(found, section, line, path, number)
        elif not section:
            raise ConfigError(f"{path}:{number}: a row before given, when or then")
        else:
            _add(found[-1], section, _row(section, line.strip(), path, number))
    if not found:
        raise ConfigError(f"{path}:1: nothing is written here: write given, when and then")
    for scenario in found:
        if not scenario.steps or not scenario.steps[-1].ends:
            begins = scenario.steps[-1].line if scenario.steps else scenario.line
            raise ConfigError(
                f"{path}:{begins}: nothing is expected of this: write then and its rows"
            )
    return found


def _heading(found: list[Scenario], section: str, line: str, path: str, number: int) -> str:
    """Take a title or the beginning of a block; the block that is open afterwards."""
    if line not in SECTIONS:
        if " " not in line and nearest(line, SECTIONS).startswith("the nearest"):
            raise ConfigError(f"{path}:{number}: no block {line!r}; {nearest(line, SECTIONS)}")
        if found and not section:
            found[-1].title += f" {line}"
        else:
            found.append(Scenario(path, number, line))
        return ""
    if not found or (line == "given" and (found[-1].steps or section)):
        found.append(Scenario(path, number))
    steps = found[-1].steps
    if line != "given" and (not steps or (line == "when" and steps[-1].ends)):
        steps.append(Step(number))
    if line == "then":
        if steps[-1].ends:
            raise ConfigError(f"{path}:{number}: a second then: write when in between")
        steps[-1].ends = number
    return line


def _add(scenario: Scenario, section: str, row: Row) -> None:
    match section:
        case "given":
            scenario.given.append(row)
        case "when":
            scenario.steps[-1].when.append(row)
        case _:
            scenario.steps[-1].then.append(row)
            scenario.steps[-1].ends = row.line


def _row(section: str, line: str, path: str, number: int) -> Row:
    where = f"{path}:{number}"
    cells = _CELLS.split(line)
    known: Mapping[str, Word] = {
        "given": GIVEN_WORDS, "when": WHEN_WORDS, "then": {**THEN_WORDS, "ask": ASK_HEAD},
    }[section]  # fmt: skip
    word = _known(where, f"row word in a {section} block", cells[0], known)
    if word is ASK_HEAD:
        if len(cells) < 2:
            raise ConfigError(f"{where}: ask what? known are {', '.join(ASK_WORDS)}")
        word = _known(where, "question", cells[1], ASK_WORDS)
        cells = cells[1:]
    row = Row(word, number, [])
    for cell in cells[1:]:
        _cell(row, cell, where)
    _complete(row, where)
    return row


ASK_HEAD = Word("ask", "A question to a single rule.", ())


def _known(where: str, what: str, name: str, known: Mapping[str, Word]) -> Word:
    if name in known:
        return known[name]
    first = name.split(" ")[0]
    if first in known:
        raise ConfigError(
            f"{where}: cells stand at least two blanks apart, and {name!r} holds single blanks only"
        )
    raise ConfigError(f"{where}: no {what} {name!r}; {nearest(name, known)}")


def _cell(row: Row, cell: str, where: str) -> None:
    word = row.word
    named = _NAMED.fullmatch(cell)
    if named is not None:
        name, text = named[1], named[2].strip()
    else:
        free = [each.name for each in word.in_order if each.name not in row.values]
        if not free:
            raise ConfigError(f"{where}: {word.name} has no place for {cell!r}; {_usage(word)}")
        name, text = free[0], cell
    found = word.field(name)
    if found is None:
        hint = nearest(name, [each.name for each in word.fields])
        raise ConfigError(f"{where}: {word.name} has no cell {name!r}; {hint}")
    if name in row.values:
        raise ConfigError(f"{where}: {name} is written twice")
    try:
        row.values[name] = found.kind.parse(text)
    except (ValueError, ArithmeticError) as wrong:
        raise ConfigError(f"{where}: {word.name}, {name}: {wrong}") from wrong
    row.cells.append((name if named is not None else "", text))


def _complete(row: Row, where: str) -> None:
    missing = [
        each.name
        for each in row.word.fields
        if each.usual is None and not each.answer and each.name not in row.values
    ]
    if row.word is THEN_WORDS.get(row.word.name):
        missing = [name for name in missing if name in _key(row.word)]
    if missing:
        raise ConfigError(
            f"{where}: {row.word.name} lacks {', '.join(missing)}; {_usage(row.word)}"
        )

    answers = [each.name for each in row.word.fields if each.answer]
    if answers and not row.values.keys() & set(answers):
        raise ConfigError(f"{where}: the question expects no answer: write {answers[0]}=…")


def _key(word: Word) -> list[str]:
    return [each.name for each in word.in_order[: word.key]]


def _usage(word: Word) -> str:
    cells = [each.name if not each.named else f"{each.name}=…" for each in word.fields]
    return f"its cells are {', '.join(cells)}"

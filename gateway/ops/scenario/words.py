"""The rows of a scenario: what each word is called, and which cells it has.

A row is a word and its cells. Cells without a name come in the order given here; any cell
may be written as `name=value` instead. The tables of words are data (`words_in`,
`words_out`); the parser, the checks and the documentation read the same tables.

Not here: what a row does (`world`, `publish`, `observe`, `ask`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import get_close_matches

from gateway.ops.scenario.kinds import Kind, Share

Values = dict[str, object]


@dataclass(frozen=True, slots=True)
class Field:
    """A cell of a row.

    Attributes:
        name: What it is called; the name in `name=value`.
        kind: What it can hold.
        about: What it means.
        usual: What holds if it is not written; None if it must be written.
        named: True if it is always written as `name=value`.
        answer: True for what a question is answered with.
    """

    name: str
    kind: Kind
    about: str
    usual: str | None = ""
    named: bool = True
    answer: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """A row's word with its cells; the first `key` cells say what the row is about."""

    name: str
    about: str
    fields: tuple[Field, ...]
    key: int = 1

    @property
    def in_order(self) -> tuple[Field, ...]:
        """The cells that need no name, in their order."""
        return tuple(each for each in self.fields if not each.named)

    def field(self, name: str) -> Field | None:
        """The cell of a name."""
        return next((each for each in self.fields if each.name == name), None)


def cell(name: str, kind: Kind, about: str, usual: str | None = None) -> Field:
    """A cell that needs no name."""
    return Field(name, kind, about, usual, named=False)


def answer(name: str, kind: Kind, about: str) -> Field:
    """What a question is answered with."""
    return Field(name, kind, about, answer=True)


@dataclass(slots=True)
class Row:
    """A row as it stands in a file.

    Attributes:
        word: What kind of row.
        line: Line number in the file, from 1.
        cells: Names and texts of the cells as written; the name is empty if none was.
        values: The cells' values by name.
    """

    word: Word
    line: int
    cells: list[tuple[str, str]]
    values: Values = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether a cell was written."""
        return name in self.values

    def text(self, name: str, usual: str = "") -> str:
        """A name or text."""
        found = self.values.get(name, usual)
        assert isinstance(found, str), (name, found)
        return found

    def number(self, name: str, usual: int = 0) -> int:
        """An amount, time, clock or count."""
        found = self.values.get(name, usual)
        assert isinstance(found, int), (name, found)
        return found

    def figure(self, name: str, usual: str = "0") -> Decimal:
        """Units, a NAV or a level."""
        found = self.values.get(name, Decimal(usual))
        assert isinstance(found, Decimal), (name, found)
        return found

    def day(self, name: str, usual: date) -> date:
        """A date."""
        found = self.values.get(name, usual)
        assert isinstance(found, date), (name, found)
        return found

    def share(self, name: str) -> Share:
        """A share that was written."""
        found = self.values[name]
        assert isinstance(found, Share), (name, found)
        return found

    def several(self, name: str) -> tuple[object, ...]:
        """A list; empty if it was not written."""
        found = self.values.get(name, ())
        assert isinstance(found, tuple), (name, found)
        return found

    def numbers(self, name: str) -> list[int]:
        """A list of amounts or counts."""
        return [each for each in self.several(name) if isinstance(each, int)]

    def figures(self, name: str) -> list[Decimal]:
        """A list of figures."""
        return [each for each in self.several(name) if isinstance(each, Decimal)]

    def names(self, name: str) -> list[str]:
        """A list of names."""
        return [str(each) for each in self.several(name)]


@dataclass(frozen=True, slots=True)
class Observed:
    """Something that came out, in the words of a `then` row."""

    word: str
    values: Mapping[str, object]


def by_name(words: Iterable[Word]) -> dict[str, Word]:
    """Words by their names."""
    return {word.name: word for word in words}


def nearest(wrong: str, known: Iterable[str]) -> str:
    """A hint for a word nobody knows: the nearest known one, or all of them."""
    names = list(known)
    close = get_close_matches(wrong, names, 1, 0.5)
    return f"the nearest is {close[0]!r}" if close else f"known are {', '.join(names)}"

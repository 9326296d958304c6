"""The reference part of `docs/scenarios.md`, written from the tables of words.

    python -m gateway.ops.scenario.reference           write it
    python -m gateway.ops.scenario.reference --check   exit 1 if it is not as it should be

Not here: the rest of that page, which is written by hand.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gateway.ops.scenario.kinds import ALL
from gateway.ops.scenario.words import Field, Word
from gateway.ops.scenario.words_in import GIVEN, WHEN
from gateway.ops.scenario.words_out import ASK, THEN

PAGE = Path(__file__).resolve().parents[3] / "docs" / "scenarios.md"
BEGIN, END = "<!-- words: begin -->", "<!-- words: end -->"


def reference() -> str:
    """Every kind of cell and every row with its cells, as Markdown."""
    parts = [
        "### What a cell can hold", _table(("kind", "what it is", "as in"), _kinds()),
        "### Rows of `given`", *_words(GIVEN, required=True),
        "### Rows of `when`", *_words(WHEN, required=True),
        "### Rows of `then`",
        "Cells that a row does not name are not looked at, so none has a usual value.",
        *_words(THEN, required=False),
        "### Questions: rows of `then` that begin with `ask`",
        "The answers stand in the cells marked so; those not written are not looked at.",
        *_words(ASK, required=True),
    ]  # fmt: skip
    return "\n\n".join(parts)


def _kinds() -> Iterator[tuple[str, str, str]]:
    for kind in ALL:
        yield kind.name, kind.about, f"`{kind.sample}`"


def _words(words: Iterable[Word], *, required: bool) -> Iterator[str]:
    for word in words:
        if words is WHEN and word in GIVEN:
            yield f"**`{word.name}`** As in `given`."
            continue
        yield f"**`{word.name}`** {word.about}"
        if required:
            rows = [(_name(each), _kind(each), each.about, _usual(each)) for each in word.fields]
            yield _table(("cell", "kind", "meaning", "if not written"), rows)
        else:
            short = [(_name(each), _kind(each), each.about) for each in word.fields]
            yield _table(("cell", "kind", "meaning"), short)


def _name(field: Field) -> str:
    return f"`{field.name}=`" if field.named else f"`{field.name}`"


def _kind(field: Field) -> str:
    return field.kind.about if field.kind.name == "choice" else field.kind.name


def _usual(field: Field) -> str:
    if field.answer:
        return "(answer)"
    return "must be written" if field.usual is None else field.usual


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def page(text: str) -> str:
    """The page with its reference part as it should be."""
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{reference()}\n\n{END}{after}"


def main(arguments: Sequence[str]) -> int:
    """Write or check; the exit code."""
    text = PAGE.read_text(encoding="utf-8")
    if text == page(text):
        return 0
    if "--check" in arguments:
        print(f"{PAGE.name}: is not as the tables of words say; run this without --check")
        return 1
    PAGE.write_text(page(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A table of a view, and how it is printed.

Not here: which tables a view has (`decided`, `positions`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console

from gateway.core.money import MINOR_SCALE, format_amount
from gateway.ops.answers import console, say_json, table

CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a view.

    Attributes:
        name: Its key in JSON.
        title: Its title for people.
        rows: The rows shown, as records.
        total: How many there are.
        columns: Titles of the columns; those ending in a space stand flush right.
        cells: The rows as text.
    """

    name: str
    title: str
    rows: Sequence[object]
    total: int
    columns: tuple[str, ...]
    cells: Sequence[Sequence[str]]


def say(what: str, parts: Sequence[Part], *, as_json: bool, out: Console | None = None) -> None:
    """Print a view."""
    if as_json:
        told = {p.name: {"total": p.total, "rows": list(p.rows)} for p in parts}
        say_json({"show": what, **told})
        return
    to = out or console()
    for part in parts:
        if not part.rows:
            to.print(f"{part.title}: none")
            continue
        left = part.total - len(part.rows)
        more = f"; {left:,} more, ask with --limit" if left else ""
        right = tuple(c.strip() for c in part.columns if c.endswith(" "))
        columns = tuple(c.strip() for c in part.columns)
        to.print(table(f"{part.title} ({part.total:,}{more})", columns, part.cells, right))


def amount(minor: int, currency: str = CURRENCY) -> str:
    """An amount for people; where the currency's decimals are not known, the minor units."""
    return format_amount(minor, currency) if currency in MINOR_SCALE else f"{minor:,} minor"

"""How commands answer: tables for people, JSON for programs.

Not here: what is answered.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from enum import Enum
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

WIDTH = 160


def console() -> Console:
    """Where tables go; as wide as the terminal, or wide enough where there is none."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=WIDTH, soft_wrap=False)


def plain(value: object) -> object:
    """A value as JSON knows it: records as objects, dates and enums as text, bytes as hex."""
    match value:
        case Enum():
            return plain(value.value)
        case date() | Path():
            return str(value)
        case bytes():
            return value.hex()
        case np.ndarray():
            return value.tolist()
        case np.generic():
            return value.item()
        case Mapping():
            return {str(plain(key)): plain(held) for key, held in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(held) for held in value]
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return value


def say_json(answer: object) -> None:
    """Print an answer as JSON."""
    json.dump(plain(answer), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    right: Sequence[str] = (),
) -> Table:
    """A table; the columns named in `right` are set flush right."""
    made = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns:
        flush = column in right
        # A figure broken over two lines is two figures to a hurried reader.
        made.add_column(
            column, justify="right" if flush else "left", no_wrap=flush, overflow="fold"
        )
    for row in rows:
        made.add_row(*(str(cell) for cell in row))
    return made

"""A book as people write it in YAML, read into a book change.

Everything is text until its field says what it is: `15%` is a ratio, `9,100,000.00` an amount of
the fund's currency, `18:30` a local time, `no` a truth. Every fault names file, line and field,
and all faults are told at once.

Not here: whether what is said fits the book in force (`check`), publishing (`command`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import yaml
from pydantic import (
    BaseModel,
    ValidationError,
)

from gateway.core.book import (
    BookChange,
    PartyTerms,
)
from gateway.core.vocabulary import OPERATIONS
from gateway.errors import ConfigError
from gateway.ops.book.said import (
    SaidBook,
    SaidCalendar,
    SaidFund,
    SaidHoldingLimit,
    SaidLimit,
    SaidParty,
    SaidPlan,
)
from gateway.ops.book.said_eligibility import (
    SaidAgreement,
    SaidBlackout,
    SaidClosed,
    SaidMapping,
    SaidQualification,
)
from gateway.ops.book.said_terms import (
    SaidCap,
    SaidCommitment,
    SaidFees,
    SaidGate,
    SaidGlideStep,
    SaidOffer,
    SaidSleeve,
    SaidSuspension,
    SaidSwing,
)

Loc = tuple[str | int, ...]
"""The way to a field: keys and positions."""


@dataclass(frozen=True, slots=True)
class BookFile:
    """A book file that was read: the change, and where each field stands."""

    path: Path
    change: BookChange
    node: yaml.Node

    def fault(self, loc: Loc, text: str) -> str:
        """A fault with file, line and field."""
        return f"{self.path}:{line_of(self.node, loc)}: {_said(loc)}: {text}"


def read_book(path: Path) -> BookFile:
    """Read a book file.

    Raises:
        ConfigError: It cannot be read; every fault is named.
    """
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        said = yaml.load(text, Loader=yaml.BaseLoader)
    except (OSError, UnicodeDecodeError) as wrong:
        raise ConfigError(f"{path} cannot be read: {wrong}") from wrong
    except yaml.YAMLError as wrong:
        raise ConfigError(f"{path} is not YAML: {wrong}") from wrong
    if not isinstance(said, dict) or node is None:
        fields = ", ".join(SaidBook.model_fields)
        raise ConfigError(f"{path}: a book is a mapping with {fields}")
    if twice := sorted(_twice(node)):
        raise ConfigError("; ".join(f"{path}:{line}: {key} stands twice" for line, key in twice))
    try:
        book = SaidBook.model_validate(said)
    except ValidationError as wrong:
        raise ConfigError(_told(path, node, wrong)) from wrong
    change = BookChange(
        OPERATIONS, book.batch_id, book.session,
        None if book.calendar is None else book.calendar.terms(path.parent),
        tuple(PartyTerms(name, p.role, p.receiver or name, p.dialect, p.advised_by or "")
              for name, p in book.parties.items()),
        tuple(fund.terms(name) for name, fund in book.funds.items()),
        tuple(plan.terms(name) for name, plan in book.plans.items()), book.logic,
    )  # fmt: skip
    return BookFile(path, change, node)


def line_of(node: yaml.Node, loc: Loc) -> int:
    """The line of a field, or of the nearest thing around it that is there."""
    line = node.start_mark.line + 1
    for step in loc:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == step]
            if not found:
                break
            key, node = found[0]
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _twice(node: yaml.Node) -> Iterator[tuple[int, str]]:
    """Keys that stand twice in one mapping, which YAML would let pass."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.start_mark.line + 1, str(key.value)
            seen.add(key.value)
            yield from _twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _twice(item)


def _said(loc: Loc) -> str:
    text = ""
    for step in loc:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text or "the file"


def _told(path: Path, node: yaml.Node, wrong: ValidationError) -> str:
    faults = []
    for fault in wrong.errors(include_url=False):
        loc = tuple(step for step in fault["loc"] if step != "[key]")
        faults.append(f"{path}:{line_of(node, loc)}: {_said(loc)}: {_wanted(fault)}")
    return "; ".join(faults)


def _wanted(fault: Mapping[str, object]) -> str:
    """What was expected, in our words where pydantic's are its own."""
    loc = fault["loc"]
    assert isinstance(loc, tuple)
    match fault["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            near = get_close_matches(str(loc[-1]), _fields(), 1, 0.6)
            return "no such field" + (f": did you mean {near[0]}?" if near else "")
        case "value_error":
            return str(fault["msg"]).removeprefix("Value error, ")
        case kind if str(kind).startswith("date_"):
            return f"{fault['input']!r} is not a date: write it as 2026-11-24"
        case "string_pattern_mismatch":
            return f"{fault['input']!r} is no name: letters, digits, _ . - up to 64"
    return f"{fault['msg']}, got {fault['input']!r}"


def _fields() -> list[str]:
    models: tuple[type[BaseModel], ...] = (
        SaidBook, SaidCalendar, SaidParty, SaidFund, SaidSleeve, SaidPlan, SaidLimit, SaidFees,
        SaidSwing, SaidCommitment, SaidGate, SaidCap, SaidOffer, SaidSuspension,
        SaidAgreement, SaidQualification, SaidClosed, SaidBlackout, SaidMapping, SaidGlideStep,
        SaidHoldingLimit,
    )  # fmt: skip
    return sorted({name for model in models for name in model.model_fields})

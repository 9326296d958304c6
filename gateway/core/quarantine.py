"""What is kept of a message that cannot be understood: its very bytes and where they came from.

What people then decide of it is a fact as well: one asks, another approves.

Not here: acting on it.
Law: L5.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from gateway.core.vocabulary import RejectCode


@dataclass(frozen=True, slots=True)
class Header:
    """A message header as it came."""

    key: Annotated[str, "name"]
    value: Annotated[bytes, "bytes"]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A message set aside with its bytes, its place and the reason."""

    sender: Annotated[str, "owner of the topic"]
    topic: Annotated[str, "topic it came on"]
    partition: Annotated[int, "partition"]
    offset: Annotated[int, "offset"]
    recorded_at: Annotated[int, "UTC microseconds: broker stamp"]
    codes: Annotated[tuple[RejectCode, ...], "why, in the order of RejectCode"]
    detail: Annotated[str, "what is wrong and what to do"]
    headers: Annotated[tuple[Header, ...], "headers as they came"]
    raw: Annotated[bytes, "the message's bytes"]


class Disposal(StrEnum):
    """What can be done with a message that was set aside."""

    REDRIVE = "REDRIVE"
    DISCARD = "DISCARD"


class DisposalStep(StrEnum):
    """The two pairs of eyes: one asks, another approves."""

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"


@dataclass(frozen=True, slots=True)
class DisposalDecided:
    """What a person decided of a message set aside; an approval stands beside its effect."""

    topic: Annotated[str, "topic the message came on"]
    partition: Annotated[int, "partition"]
    offset: Annotated[int, "offset"]
    digest: Annotated[bytes, "BLAKE2, 16 bytes, of the message's bytes"]
    disposal: Annotated[Disposal, "what is to be done with it"]
    step: Annotated[DisposalStep, "which pair of eyes"]
    by: Annotated[str, "who decided"]
    reason: Annotated[str, "why, in the words of whoever decided; names no participant"]
    foreseen: Annotated[str, "what intake would have answered then; empty for a discard"]

"""What is kept of a message that cannot be understood: its very bytes and where they came from.

What people then decide of it is a fact as well: one asks, another approves. So it is with a
message on which our own decision fails: two people set it aside, and what they said stands in
the journal in the place of what the desk would have decided.

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

    sender: Annotated[str, "owner of the topic: a sender, or a desk's partition as plan/3"]
    topic: Annotated[str, "topic it came on"]
    partition: Annotated[int, "partition"]
    offset: Annotated[int, "offset"]
    recorded_at: Annotated[int, "UTC microseconds: broker stamp"]
    codes: Annotated[tuple[RejectCode, ...], "why, in their order; none if our decision failed"]
    detail: Annotated[str, "what is wrong and what to do"]
    headers: Annotated[tuple[Header, ...], "headers as they came"]
    raw: Annotated[bytes, "the message's bytes"]


class Disposal(StrEnum):
    """What people can do with a message; first of all, set it aside though no desk did."""

    REDRIVE = "REDRIVE"
    DISCARD = "DISCARD"
    SET_ASIDE = "SET_ASIDE"


class DisposalStep(StrEnum):
    """The two pairs of eyes: one asks, another approves."""

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"


@dataclass(frozen=True, slots=True)
class DisposalDecided:
    """What a person decided of a message; an approval stands beside its effect."""

    topic: Annotated[str, "topic the message came on"]
    partition: Annotated[int, "partition"]
    offset: Annotated[int, "offset"]
    digest: Annotated[bytes, "BLAKE2, 16 bytes, of the message's bytes"]
    disposal: Annotated[Disposal, "what is to be done with it"]
    step: Annotated[DisposalStep, "which pair of eyes"]
    by: Annotated[str, "who decided"]
    reason: Annotated[str, "why, in the words of whoever decided; names no participant"]
    foreseen: Annotated[str, "answer, or error, that was to be expected; empty for a discard"]


@dataclass(frozen=True, slots=True)
class MessageSetAside:
    """Two people's decision on an inbox message on which the desk's own decision fails.

    It stands alone in its journal record. No desk's state knows of it.
    """

    offset: Annotated[int, "offset of the message in its inbox partition"]
    digest: Annotated[bytes, "BLAKE2, 16 bytes, of the message's bytes"]
    error: Annotated[str, "how deciding it failed; names no participant"]
    requested_by: Annotated[str, "who asked"]
    approved_by: Annotated[str, "who approved"]
    reason: Annotated[str, "why, in the words of who asked; names no participant"]

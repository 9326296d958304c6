"""What is kept of a message that cannot be understood: its very bytes and where they came from.

Not here: redriving it.
Law: L5.
"""

from __future__ import annotations

from dataclasses import dataclass
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

"""The journal's record: what one inbox message led to.

Not here: the events in it, which are framed records of their own.
Law: L3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, slots=True)
class JournalRecord:
    """The decision on one inbox message; a large one goes on in further parts."""

    offset: Annotated[int, "offset of the message in its inbox partition"]
    digest: Annotated[bytes, "BLAKE2, 16 bytes, of the message's bytes"]
    part: Annotated[int, "which part this is, from 0"]
    parts: Annotated[int, "how many parts the decision has"]
    events: Annotated[tuple[bytes, ...], "framed events, in order"]

"""The messages that close a session: each follows the data it closes, in the same partitions.

Not here: the data itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated


@dataclass(frozen=True, slots=True)
class SenderClosed:
    """A sender has sent all it had for a session, and the totals agreed."""

    sender: Annotated[str, "recordkeeper"]
    session: Annotated[date, "session"]
    batches: Annotated[int, "order messages this plan partition got"]
    lines: Annotated[int, "order lines this plan partition got"]
    amount_minor: Annotated[int, "minor units of those lines"]


@dataclass(frozen=True, slots=True)
class DeskClosed:
    """A partition of a desk has sent all it had for a session."""

    desk: Annotated[str, "plan or fund"]
    partition: Annotated[int, "which partition"]
    session: Annotated[date, "session"]
    messages: Annotated[int, "messages it sent to the receiving partition for the session"]
    amount_minor: Annotated[int, "minor units in them"]


@dataclass(frozen=True, slots=True)
class SupplementClosed:
    """A fund partition has sent all that follows from a held NAV that stands now."""

    partition: Annotated[int, "fund partition"]
    fund_id: Annotated[str, "fund"]
    session: Annotated[date, "session whose NAV was held"]
    amount_minor: Annotated[int, "minor units in the obligations just sent to this partition"]

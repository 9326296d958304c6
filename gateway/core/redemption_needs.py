"""When a fund asks its managers for money back, and for how much.

Alternatives above their band are brought back to the target, and a liquid buffer below its low
end is filled up to its own. What was asked before and is not paid yet counts as if it had come.
Inside its band a fund neither buys nor asks. This is for liquidity alone: a limit that the market
passed freezes purchases and forces no sale (`limits.review`). All amounts are minor units.

Not here: what a vehicle lets out, and what its manager answers.
Source: domain.md §2.1, §2.2, §2.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from gateway.core.cash_needs import BufferTerms, buffer_move
from gateway.core.money import Ratio, ceil_div


class AskReason(StrEnum):
    """Why money is asked back."""

    BAND = "BAND"
    BUFFER = "BUFFER"


@dataclass(frozen=True, slots=True)
class BandTerms:
    """The band alternatives are kept in, as shares of net assets; the target lies within."""

    low: Annotated[Ratio, "below it the fund buys up to its target"]
    high: Annotated[Ratio, "above it the fund asks money back down to its target"]


@dataclass(frozen=True, slots=True)
class Aims:
    """What a fund wants to hold: shares of net assets."""

    target: Ratio
    band: BandTerms | None = None
    buffer: BufferTerms | None = None


@dataclass(frozen=True, slots=True)
class Sleeves:
    """What a fund has after a session, minor units."""

    liquid_minor: int
    alternative_minor: int
    net_assets_minor: int


def to_buy(aims: Aims, have: Sleeves) -> int:
    """What a fund wants to buy of alternatives: up to the target, from what is liquid.

    Nothing inside the band; and never what the liquid buffer needs to stay at its low end.

    Source: domain.md §2.1, §2.2.
    """
    target = have.net_assets_minor * aims.target.num // aims.target.den
    if aims.band is not None:
        wide = BufferTerms(aims.band.low, aims.target, aims.band.high)
        if buffer_move(have.alternative_minor, have.net_assets_minor, wide) <= 0:
            return 0
    kept = 0
    if aims.buffer is not None:
        kept = ceil_div(have.net_assets_minor * aims.buffer.low.num, aims.buffer.low.den)
    return max(0, min(target - have.alternative_minor, have.liquid_minor - kept))


def to_ask_back(aims: Aims, have: Sleeves, open_minor: int) -> tuple[int, AskReason]:
    """What is asked back from vehicles, and why; 0 if nothing is.

    Args:
        aims: What the fund wants to hold.
        have: What it has after the session.
        open_minor: Asked before and not paid yet: it counts as liquid, not as alternative.

    Returns:
        The larger of what brings alternatives down to the target (rounded up) and what fills
        the liquid buffer up to its own (rounded up).

    Source: domain.md §2.1, §2.5.
    """
    total = have.net_assets_minor
    band = buffer = 0
    if aims.band is not None:
        wide = BufferTerms(aims.band.low, aims.target, aims.band.high)
        band = max(0, -buffer_move(have.alternative_minor - open_minor, total, wide))
    if aims.buffer is not None:
        buffer = max(0, buffer_move(have.liquid_minor + open_minor, total, aims.buffer))
    return (band, AskReason.BAND) if band >= buffer else (buffer, AskReason.BUFFER)


def ask_in_order(need_minor: int, rooms_minor: Sequence[int]) -> list[int]:
    """Ask the vehicles one after another, none for more than is left of its holding.

    Args:
        need_minor: What is to come back, >= 0.
        rooms_minor: What each holding is worth, less what was asked of it; below zero is none.

    Source: domain.md §2.5.
    """
    assert need_minor >= 0, need_minor
    asked: list[int] = []
    for room in rooms_minor:
        asked.append(min(max(0, room), need_minor))
        need_minor -= asked[-1]
    return asked

"""The share of a fund meant to be alternative, as a glide path lowers it over the years.

A target-date vintage has the path in its terms. A step holds from its day on; a day that is
no session counts from the next one. Before the first step the plain target holds.

Not here: buying up to the target (the fund desk), limits, which no path moves.
"""

from __future__ import annotations

from datetime import date

from gateway.core.book import FundTerms
from gateway.core.money import Ratio


def target_at(terms: FundTerms, session: date) -> Ratio:
    """The target in force at a session: that of the last step not after it.

    Nothing is sold when a step lowers it; purchases stop until the share is below it again.

    Source: domain.md §2.1 (private weight falling along the glide path), §6.2.
    """
    begun = [step for step in terms.glide_path if step.from_date <= session]
    return max(begun, key=lambda step: step.from_date).target if begun else terms.target

"""Who settles for plans and who sent their orders, as plan partitions say.

Not here: the book that says so (`core.book.PlanTerms`).
Source: domain.md §1.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class OfPlans(Protocol):
    """A message about plans that names their parties."""

    @property
    def plans(self) -> tuple[str, ...]:
        """Plan ids."""
        ...

    @property
    def settling_entities(self) -> tuple[str, ...]:
        """Who settles for each."""
        ...

    @property
    def recordkeepers(self) -> tuple[str, ...]:
        """Who sent the orders of each."""
        ...


def parties_of(batches: Sequence[OfPlans]) -> tuple[dict[str, str], dict[str, str]]:
    """Settling entities and submitters by plan. Source: domain.md §1.1 (dual- and tri-party)."""
    entities: dict[str, str] = {}
    submitters: dict[str, str] = {}
    for batch in batches:
        entities.update(zip(batch.plans, batch.settling_entities, strict=True))
        submitters.update(zip(batch.plans, batch.recordkeepers, strict=True))
    return entities, submitters

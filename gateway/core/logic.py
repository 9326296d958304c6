"""Levels of decision logic: how desks decide changes at a recorded point, never by a deployment.

A change in how something is decided is a new level. Every version of the gateway knows all
levels up to its own newest; the book says which one is in force from which session on. So
workers of two versions decide alike side by side, and old history decided again is decided at
the level of its time. A worker that meets a level it does not know stops that partition.

Not here: what a level changes (the desks, where they ask for it).
Laws: L4, L6.
"""

from __future__ import annotations

from gateway.errors import TooNew

FIRST = 1
"""How the first version decides."""
OWN_MONEY = 2
"""A fund moves its own liquid money up to target and limit at each strike, not only what plans
bring in that session."""
NEWEST = OWN_MONEY
"""The highest level this version knows."""


def known(level: int) -> None:
    """Refuse to decide at a level that this version does not know.

    Raises:
        TooNew: It is higher.
    """
    if level > NEWEST:
        raise TooNew(
            f"decision logic {level} is in force, this version knows {NEWEST} at most: upgrade "
            "this worker; until then its partition stands still"
        )

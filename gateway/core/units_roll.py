"""The register of a fund from one strike to the next: what opened it, and what moved it.

A fund prices the units of its register. They must be those of the strike before, more what was
subscribed and less what was redeemed since; a register that does not roll holds the NAV, and
nobody can release it: the units themselves are in doubt.

Not here: what a purchase or a sale is in units (`money.units_for`), accounts (the plan desk).
Source: domain.md §3.3. Law: L1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


def units_roll_difference(opening: int, subscribed: int, redeemed: int, closing: int) -> int:
    """Units the register has beyond opening + subscriptions - redemptions; 0 if it rolls.

    Source: domain.md §3.3.
    """
    return closing - (opening + subscribed - redeemed)


@dataclass(frozen=True, slots=True)
class UnitsRoll:
    """Units between two strikes, all scaled alike."""

    opening: Annotated[int, "units that the strike before priced, scaled"]
    subscribed: Annotated[int, "units issued since, scaled"] = 0
    redeemed: Annotated[int, "units cancelled since, scaled"] = 0

    def moved(self, subscribed: int, redeemed: int) -> UnitsRoll:
        """The roll with more units issued and cancelled."""
        return UnitsRoll(self.opening, self.subscribed + subscribed, self.redeemed + redeemed)

    def again(self) -> UnitsRoll:
        """The roll that begins at a strike, with what the one before came to."""
        return UnitsRoll(self.opening + self.subscribed - self.redeemed)

    def difference(self, closing: int) -> int:
        """Units that a register of so many has too many, or too few if negative."""
        return units_roll_difference(self.opening, self.subscribed, self.redeemed, closing)


NO_UNITS = UnitsRoll(0)

"""The forms of what a book file says of who may order what, and when.

Not here: the other entries of a book file (`said`), whether names stand (`check_eligibility`).
"""

from __future__ import annotations

from datetime import date

from gateway.core.eligibility import (
    Agreement,
    Blackout,
    ClosedPeriod,
    FundMapping,
    PlanQualification,
    Qualification,
    Side,
)
from gateway.core.vocabulary import OrderKind
from gateway.ops.book.said_kinds import Name, Said


class SaidAgreement(Said):
    """When the participation agreement with a fund is in force."""

    fund: Name
    first: date
    last: date | None = None

    def terms(self) -> Agreement:
        """The agreement."""
        return Agreement(self.fund, self.first, self.last)


class SaidQualification(Said):
    """That a plan is a qualified investor, and how long its papers are good for."""

    kind: Qualification
    as_of: date
    valid_until: date | None = None

    def terms(self) -> PlanQualification:
        """The qualification."""
        return PlanQualification(self.kind, self.as_of, self.valid_until)


class SaidClosed(Said):
    """A time in which a fund takes no purchases, or no sales."""

    side: Side
    first: date
    last: date | None = None

    def terms(self) -> ClosedPeriod:
        """The time."""
        return ClosedPeriod(self.side, self.first, self.last)


class SaidBlackout(Said):
    """A time in which participants cannot move money; of all funds if none is named."""

    first: date
    last: date
    funds: tuple[Name, ...] = ()
    stops: tuple[OrderKind, ...] = (OrderKind.EXCHANGE, OrderKind.DISTRIBUTION)

    def terms(self) -> Blackout:
        """The blackout."""
        return Blackout(self.first, self.last, self.funds, self.stops)


class SaidMapping(Said):
    """A fund takes another one's place."""

    from_fund: Name
    to_fund: Name
    first: date

    def terms(self) -> FundMapping:
        """The mapping."""
        return FundMapping(self.from_fund, self.to_fund, self.first)

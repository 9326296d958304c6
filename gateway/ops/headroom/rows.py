"""What `gateway headroom` answers with.

Not here: working it out (`lines`, `strike`), printing (`command`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from gateway.core.money import Ratio


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A limit in force on the way asked for; all money in minor units.

    Attributes:
        scope: What it is about, as PARTICIPANT or MANAGER.
        of: Whose it is: a participant's token, a plan or a fund.
        about: Vehicle, manager, asset class or issuer it counts; empty: all alternatives.
        counted_minor: What of alternatives it counts now, accepted orders among them.
        total_minor: What they are a share of.
        headroom_minor: What could still be bought if the total stayed as it is.
        new_money_minor: The largest purchase with new money that it lets through whole; None: any,
            or, of a fund's limits, not asked: money that comes in is put to work by its target.
        above_soft_cap: Whether people are warned.
        frozen: Why nothing may be bought whatever the headroom; empty if it may.
        cure_by: Day by which a passive breach must be cured.
        redeemable_minor: What can be paid out of the liquid part before the cap is passed.
        cures_minor: The smallest liquid inflow that brings it back to the cap; None: none can.
        binds: Whether it is the one that stops the next cent.
    """

    scope: str
    of: str
    limit_id: str
    about: str
    cap: Ratio
    soft_cap: Ratio | None
    counted_minor: int
    total_minor: int
    headroom_minor: int
    new_money_minor: int | None
    above_soft_cap: bool
    frozen: str
    cure_by: date | None
    redeemable_minor: int
    cures_minor: int | None
    binds: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the plan desk makes of a purchase.

    Attributes:
        diverted_minor: What goes to the plan's liquid fund.
        code: Why it is refused; NONE if it is not.
        limit_id: The limit that cut or refused it; empty if none did.
        headroom_minor: What that limit left it.
    """

    amount_minor: int
    accepted_minor: int
    diverted_minor: int
    refused_minor: int
    liquid_fund: str
    code: str
    scope: str
    limit_id: str
    headroom_minor: int


@dataclass(frozen=True, slots=True)
class Way:
    """What of a purchase fits whole, and what stops the next cent.

    Attributes:
        largest_minor: The largest purchase taken whole; None: there is no bound.
        then: What becomes of one minor unit more.
    """

    largest_minor: int | None
    then: Outcome | None


@dataclass(frozen=True, slots=True)
class Strike:
    """What the fund desk would put into private holdings at the open session's strike.

    Indices that nobody told yet stand still, and nothing else comes.

    Attributes:
        holds: Why its NAV would be held; nothing is bought then.
        tried: Whether the purchase tried is among the orders.
    """

    fund_id: str
    session: date
    tried: bool
    net_flow_minor: int
    asked_minor: int
    granted_minor: int
    limit_id: str
    headroom_minor: int
    frozen: bool
    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Headroom:
    """The whole answer; money is of `currency`."""

    currency: str
    session: date
    limits: tuple[LimitRow, ...]
    way: Way | None
    tried: Outcome | None
    strikes: tuple[Strike, ...]
    notes: tuple[str, ...]

"""What managers and markets say about value, and the NAV that is struck from it.

Not here: valuation itself (`nav`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

from gateway.core.lineage import Lineage, MarkBehind
from gateway.core.money import UnitRounding
from gateway.core.nav import HoldReason, NavStatus
from gateway.core.vocabulary import TickKind


@dataclass(frozen=True, slots=True)
class ManagerMark:
    """A manager's value of one fund's holding in a vehicle."""

    sender: Annotated[str, "manager that states it"]
    batch_id: Annotated[str, "the manager's own name of the statement"]
    vehicle_id: Annotated[str, "vehicle"]
    fund_id: Annotated[str, "fund that holds it"]
    measurement_date: Annotated[date, "date the value was measured on"]
    value_minor: Annotated[int, "value of the holding, minor units"]
    currency: Annotated[str, "ISO 4217 code"]
    recorded_at: Annotated[int, "UTC microseconds: broker stamp of the statement"]
    lineage: Annotated[Lineage, "how it came about"] = field(default_factory=Lineage)

    @property
    def behind(self) -> MarkBehind:
        """The mark as it stands behind a value."""
        return MarkBehind(self.sender, self.batch_id, self.recorded_at, self.lineage)


@dataclass(frozen=True, slots=True)
class IndexLevel:
    """A published level of an index at the close of a session."""

    sender: Annotated[str, "market data sender"]
    index_id: Annotated[str, "index"]
    session: Annotated[date, "session at whose close it stood there"]
    level: Annotated[int, "level, scaled alike on every day"]
    recorded_at: Annotated[int, "UTC microseconds: broker stamp"]


@dataclass(frozen=True, slots=True)
class SourceTick:
    """A moment of the session, passed on by one source after all that source said before it."""

    source: Annotated[str, "sender whose topic carried the tick"]
    kind: Annotated[TickKind, "which moment"]
    session: Annotated[date, "of which session"]
    at: Annotated[int, "UTC microseconds of the moment"]


@dataclass(frozen=True, slots=True)
class NavStruck:
    """A fund's NAV for a session, or the reasons why there is none."""

    fund_id: Annotated[str, "fund"]
    session: Annotated[date, "session it was struck for"]
    nav: Annotated[int, "price of the session's orders, scaled; as computed even if held"]
    unswung_nav: Annotated[int, "NAV per unit before its price was swung, scaled"]
    nav_scale: Annotated[int, "decimal places of nav"]
    unit_scale: Annotated[int, "decimal places of units"]
    currency: Annotated[str, "ISO 4217 code"]
    status: Annotated[NavStatus, "how far it may be relied on"]
    held: Annotated[bool, "true: nothing is filled at it until it is released"]
    holds: Annotated[tuple[HoldReason, ...], "why it is held or only an estimate"]
    net_assets_minor: Annotated[int, "net assets before the session's orders, minor units"]
    alternative_minor: Annotated[int, "alternatives in them, minor units"]
    accrued_minor: Annotated[int, "unpaid fees taken off them, minor units"]
    units: Annotated[int, "units outstanding before the session's orders, scaled"]
    previous_nav: Annotated[int, "NAV of the session before, scaled"]
    oldest_mark: Annotated[date | None, "measurement date of the oldest mark used"]
    opening_units: Annotated[int, "units that the strike before priced, scaled"] = 0
    subscribed_units: Annotated[int, "units issued since, scaled"] = 0
    redeemed_units: Annotated[int, "units cancelled since, scaled"] = 0
    unit_rounding: Annotated[UnitRounding, "how units are rounded"] = UnitRounding.HALF_UP

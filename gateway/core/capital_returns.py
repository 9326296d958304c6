"""Capital returned to all holders of a fund, in place of what waits at its gate.

A fund that ends its redemptions for good pays its holders alike: by the units they hold when a
session closes, whether or not they asked. No unit is cancelled; net assets fall by what is
paid. What waited lapses, and each participant's part goes to the plan's liquid option.

Not here: gates (`gates`), what desks do (`desks.plan_returns`, `desks.strike_returns`).
Source: domain.md §2.4 (tenders ended for good, replaced by return of capital). Law: L1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from gateway.core.redemption_queue import convert_queue
from gateway.core.vocabulary import I32, I64


@dataclass(frozen=True, slots=True)
class CapitalReturnPlanned:
    """Two people decided that a fund returns capital at the close of a session to come."""

    fund_id: Annotated[str, "fund"]
    session: Annotated[date, "session at whose close units count"]
    batch_id: Annotated[str, "name of the decision"]
    amount_minor: Annotated[int, "what is to be returned, minor units"]


@dataclass(frozen=True, slots=True)
class HolderUnits:
    """Units of a plan partition's plans in a fund that returns capital, as a session closes."""

    partition: Annotated[int, "plan partition that sends it"]
    planned: Annotated[CapitalReturnPlanned, "what was decided"]
    plans: Annotated[tuple[str, ...], "plan ids the columns are in the order of"]
    settling_entities: Annotated[tuple[str, ...], "who settles for each of plans"]
    units: Annotated[I64, "units held before the session's orders, scaled"]
    recordkeepers: Annotated[tuple[str, ...], "who sent the orders of each of plans"] = ()


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """One plan's part of capital returned."""

    plan_id: Annotated[str, "plan"]
    units: Annotated[int, "units held, scaled"]
    minor: Annotated[int, "its part, minor units"]


@dataclass(frozen=True, slots=True)
class CapitalReturned:
    """A fund returned capital at a strike, after the session's other payments."""

    fund_id: Annotated[str, "fund"]
    session: Annotated[date, "session"]
    batch_id: Annotated[str, "name of the decision"]
    planned_minor: Annotated[int, "what was to be returned, minor units"]
    settlement_date: Annotated[date, "day the money moves"]
    rows: Annotated[tuple[ReturnRow, ...], "by plan; together at most what is liquid"]

    @property
    def minor(self) -> int:
        """What was returned, minor units."""
        return sum(row.minor for row in self.rows)


@dataclass(frozen=True, slots=True)
class CapitalShares:
    """What the plans of one plan partition get of capital returned."""

    fund_id: Annotated[str, "fund"]
    session: Annotated[date, "session"]
    batch_id: Annotated[str, "name of the decision"]
    buys_on: Annotated[date, "session in which the plans' liquid options are bought with it"]
    rows: Annotated[tuple[ReturnRow, ...], "by plan"]


@dataclass(frozen=True, slots=True)
class CapitalShared:
    """Plans' parts of capital returned, shared among accounts by the units they held."""

    fund_id: Annotated[str, "fund"]
    session: Annotated[date, "session"]
    batch_id: Annotated[str, "name of the decision"]
    buys_on: Annotated[date, "session in which the plans' liquid options are bought with it"]
    plans: Annotated[tuple[str, ...], "plan ids the column `plan` points into"]
    liquid_funds: Annotated[tuple[str, ...], "the liquid option of each of plans"]
    plan: Annotated[I32, "index into plans"]
    participant: Annotated[I64, "keyed participant token"]
    units: Annotated[I64, "units held, scaled"]
    minor: Annotated[I64, "the account's part, minor units"]


def returned(
    planned_minor: int, liquid_minor: int, holders: Mapping[str, int]
) -> tuple[ReturnRow, ...]:
    """Plans' parts of what a fund returns: by units held, never more than is liquid.

    Args:
        planned_minor: What was decided, minor units.
        liquid_minor: What the liquid sleeve has left after the session's other payments.
        holders: Units by plan, scaled.

    Returns:
        By plan id; last cents to the largest remainders. Nothing where nobody holds units.

    Source: domain.md §2.4. Law: L1.
    """
    plans = sorted(plan for plan, units in holders.items() if units > 0)
    if not plans:
        return ()
    units = [holders[plan] for plan in plans]
    amount = max(0, min(planned_minor, liquid_minor))
    shares = convert_queue((), units, amount).shares_minor
    return tuple(
        ReturnRow(plan, held, minor) for plan, held, minor in zip(plans, units, shares, strict=True)
    )

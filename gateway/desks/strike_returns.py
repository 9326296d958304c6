"""Capital that a fund returns to its holders at a strike.

It is paid last: what requests were paid and what is owed beside comes first.

Not here: the split (`core.capital_returns`), who holds what (plan desk).
Source: domain.md §2.4. Laws: L1, L4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from gateway.core.book import FundTerms
from gateway.core.capital_returns import CapitalReturned, CapitalShares, HolderUnits, returned
from gateway.core.settlement import ObligationRow
from gateway.desks.fund_state import Fund, FundState
from gateway.desks.parties import parties_of
from gateway.desks.session_moves import following


def holders_of(state: FundState, fund_id: str, session: date) -> list[HolderUnits]:
    """What plan partitions said of a fund's holders, by partition."""
    mine = [h for h in state.holders.get(session, ()) if h.planned.fund_id == fund_id]
    return sorted(mine, key=lambda each: each.partition)


def capital_returned(
    state: FundState, fund: Fund, session: date, liquid_minor: int
) -> CapitalReturned | None:
    """What a fund returns at a strike, if that was decided.

    Args:
        state: The fund partition's state.
        fund: The fund.
        session: The session.
        liquid_minor: What the liquid sleeve has left after the session's other payments.
    """
    holders = holders_of(state, fund.terms.fund_id, session)
    if not holders:
        return None
    planned = holders[0].planned
    units = {
        plan: held
        for batch in holders
        for plan, held in zip(batch.plans, batch.units.tolist(), strict=True)
    }
    rows = returned(planned.amount_minor, liquid_minor, units)
    return CapitalReturned(
        planned.fund_id, session, planned.batch_id, planned.amount_minor,
        state.settles(fund.terms, session), rows,
    )  # fmt: skip


def shares_of(state: FundState, event: CapitalReturned) -> Iterator[tuple[int, CapitalShares]]:
    """What plan partitions are told of their plans' parts."""
    buys_on = following(state.book, state.open_session)
    for batch in holders_of(state, event.fund_id, event.session):
        rows = tuple(row for row in event.rows if row.plan_id in batch.plans and row.minor)
        if rows:
            yield (
                batch.partition,
                CapitalShares(event.fund_id, event.session, event.batch_id, buys_on, rows),
            )


def return_obligations(
    terms: FundTerms, holders: Sequence[HolderUnits], event: CapitalReturned
) -> Iterator[ObligationRow]:
    """Both sides of capital returned."""
    entities, submitters = parties_of(holders)
    about = (event.session, event.settlement_date)
    for row in event.rows:
        sides = ((entities[row.plan_id], -row.minor), (terms.custodian, row.minor))
        for party, minor in sides if row.minor else ():
            yield ObligationRow(
                party, *about, minor, terms.fund_id, row.plan_id, "RETURN_OF_CAPITAL",
                submitters[row.plan_id],
            )  # fmt: skip

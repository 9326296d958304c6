"""What follows in cash from a held NAV that stands after its session was closed here.

Its obligations come behind the session's close. What is due on a day that no later session can
settle on is issued at once, beside what was issued before; the rest waits for its day.

Not here: netting and issuing (`cash`).
Source: domain.md §3.3. Law: L1.
"""

from __future__ import annotations

from gateway.core.closing import SupplementClosed
from gateway.core.netting import releasable
from gateway.desks.cash_state import CashState, Key


def came_whole(state: CashState, closed: SupplementClosed) -> None:
    """Check that the obligations of a supplement are those that were sent (law L1)."""
    got = state.received.get((closed.session, closed.partition), 0)
    assert got == closed.amount_minor, (
        f"law L1: fund/{closed.partition} {closed.session}: obligations of {got} minor units came "
        f"for {closed.fund_id}, it sent {closed.amount_minor}"
    )


def due_at_once(state: CashState, closed: SupplementClosed) -> list[Key]:
    """The keys of open legs to issue now: none while the session itself is open here."""
    if state.session is None or closed.session >= state.session:
        return []
    next_settles = state.soonest(state.session)
    return [key for key in state.open_legs if releasable(key[2], next_settles)]

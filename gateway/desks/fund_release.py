"""What becomes of a held NAV when two people let it stand, or put another in its place.

As long as nothing later was struck the session is struck again with the NAV decided: sleeves
are valued, money goes to work, orders are filled, and parties owe. Behind a later strike only
the orders are filled and parties owe; the fund bears or keeps what the price has moved since.
What a release cannot do is break a law: a NAV at which sales take more than there is stays
held, whoever approves it.

Not here: striking (`strike`), who may decide (intake).
Source: domain.md §3.3.
"""

from __future__ import annotations

from datetime import date

from gateway.core.closing import SupplementClosed
from gateway.core.decisions import Approved, DecisionKind, NavReleased
from gateway.core.vocabulary import RejectCode
from gateway.desks.desk import Address, Decision, Send, Topology
from gateway.desks.fund_sends import fill_sends, obligation_sends, told_of
from gateway.desks.fund_state import FundState
from gateway.desks.strike import Struck, fill_held, strike_fund
from gateway.desks.telling import tell


def release(state: FundState, approved: Approved, topology: Topology) -> Decision:
    """Strike or fill a held session at the NAV decided, or say why not."""
    fund = state.funds.get(approved.subject)
    held = None if fund is None else fund.held.get(approved.session)
    if fund is None or held is None:
        return _refused(approved, f"no NAV of {approved.subject} is held for {approved.session}")
    nav = approved.value if approved.kind is DecisionKind.OVERRIDE_NAV else held.nav
    last = max(fund.navs, default=date.min)
    filled = (
        strike_fund(state, fund, approved.session, nav)
        if last < approved.session
        else fill_held(state, fund, held, nav)
    )
    if filled.nav.held:
        why = ", ".join(filled.nav.holds)
        return _refused(approved, f"{nav} cannot stand ({why}): override it with another NAV")
    released = NavReleased(
        fund.terms.fund_id, approved.session, approved.batch_id, approved.requested_by,
        approved.approved_by, held.nav, filled.nav.nav, approved.reason,
    )  # fmt: skip
    sends = _sends(state, filled, approved.session, topology)
    stands = f"the NAV of {approved.session} stands"
    told = tell(approved.batch_id, approved.session, "ACCEPTED", stands)
    also = told_of(state, filled, approved.session)
    return Decision((released, *filled.events), (*sends, told, *also))


def _sends(state: FundState, filled: Struck, session: date, topology: Topology) -> list[Send]:
    sends: list[Send] = []
    for address in topology.everywhere("plan"):
        sends.append(Send(address, filled.nav))
        sends.extend(fill_sends([filled], address)[0])
    for recordkeeper in state.book.senders("RECORDKEEPER"):
        sends.append(Send(Address("out", name=recordkeeper), filled.nav))
    for address in topology.everywhere("cash"):
        owed, amount = obligation_sends(state, [filled], session, address, topology)
        if owed:
            end = SupplementClosed(state.partition, filled.nav.fund_id, session, amount)
            sends.extend((*owed, Send(address, end)))
    return sends


def _refused(approved: Approved, detail: str) -> Decision:
    told = tell(approved.batch_id, approved.session, "REJECTED", detail, RejectCode.DECISION_STATE)
    return Decision((approved.refused(detail),), (told,))

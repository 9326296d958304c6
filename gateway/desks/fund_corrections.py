"""What a fund does when two people name the correct NAV of a session that was filled.

At once, what the difference is gets decided, a materially wrong NAV stands corrected, and
recordkeepers are told. Accounts are the plan desk's: it is asked to book the correction when a
later session opens, and its totals come before any flow of that session. Once every plan
partition has answered, the fund's units move, and what is owed to it and by it goes to cash.

A decision is taken up in the session in which it was approved, by its recorded time; one that
comes here earlier waits. So it does not matter which came first, the approval or a close.

Not here: what accounts are due (`core.nav_correction`, `plan_nav_errors`), who may decide
(intake), NAVs that were held and never filled (`fund_release`).
Source: domain.md §3.4, golden G23. Laws: L1, L4, L7.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from gateway.core.closing import SupplementClosed
from gateway.core.decisions import Approved, DecisionKind, DecisionRefused
from gateway.core.dilution import NavErrorKind, classify_error
from gateway.core.marks import NavStruck
from gateway.core.money import format_amount, format_scaled
from gateway.core.nav import NavStatus
from gateway.core.nav_correction import (
    CORRECTABLE_SESSIONS,
    NAV_ERROR,
    NAV_ERROR_FUND_SIDE,
    CorrectionTotals,
    NavCorrection,
    NavErrorBooked,
    sessions_back,
    settled,
)
from gateway.core.settlement import Obligation, ObligationRow
from gateway.core.vocabulary import RejectCode
from gateway.desks.desk import Address, Decision, Send, Topology
from gateway.desks.fund_reports import file_report
from gateway.desks.fund_sends import ROWS_PER_MESSAGE
from gateway.desks.fund_state import Fund, FundState
from gateway.desks.parties import parties_of
from gateway.desks.session_moves import following
from gateway.desks.telling import tell

FURTHEST = 10
"""Times by which a NAV can have been wrong; beyond it, what was typed is."""
SMALLEST = 1
"""Difference from which a NAV is in error, in the last decimal that the fund publishes."""


@dataclass(frozen=True, slots=True)
class TakeDecided:
    """Continue with a decision that waited for the session that is open now."""


def waits(state: FundState) -> TakeDecided | None:
    """What to go on with after a strike, if decisions wait."""
    return TakeDecided() if state.decided else None


def take_decided(state: FundState, topology: Topology) -> Decision:
    """Take up the first decision that waited for the open session."""
    for approved in state.decided:
        if _approved_in(state, approved) <= state.open_session:
            if approved.kind is DecisionKind.REPORT_FILED:
                return replace(file_report(state, approved), again=TakeDecided())
            return replace(correct(state, approved, topology), again=TakeDecided())
    return Decision()


def _approved_in(state: FundState, approved: Approved) -> date:
    """The session in which a decision was approved, by its close as an order's."""
    return state.book.sessions.trade_date(approved.approved_at)


def correct(state: FundState, approved: Approved, topology: Topology) -> Decision:
    """Take the correct NAV of a session, let it wait, or say why not."""
    if state.session is not None and _approved_in(state, approved) > state.session:
        waits_for = f"it waits until {_approved_in(state, approved)} opens here"
        told = tell(approved.batch_id, approved.session, "ACCEPTED", waits_for)
        return Decision((approved,), (told,))
    fund = state.funds.get(approved.subject)
    fault = _fault(state, fund, approved)
    if fault or fund is None:
        told = tell(
            approved.batch_id, approved.session, "REJECTED", fault, RejectCode.DECISION_STATE
        )
        return Decision((approved.refused(fault),), (told,))
    correction = _correction(state, fund, approved)
    events: list[object] = [correction]
    sends = [Send(address, correction) for address in topology.everywhere("plan")]
    detail = _words(correction, fund)
    if correction.kind is NavErrorKind.MATERIAL:
        nav = _stands(fund, correction)
        events.append(nav)
        sends += [Send(address, nav) for address in topology.everywhere("plan")]
        for name in state.book.senders("RECORDKEEPER"):
            sends.append(Send(Address("out", name=name), nav))
            why = f"{detail}: {approved.reason}"
            sends.append(tell(approved.batch_id, approved.session, "CORRECTED", why, to=name))
    sends.append(tell(approved.batch_id, approved.session, "ACCEPTED", detail))
    return Decision(tuple(events), tuple(sends))


def _effective(state: FundState, approved: Approved) -> date:
    """The session with whose opening an approval is booked, whenever it is taken up."""
    return following(state.book, max(_approved_in(state, approved), state.open_session))


def _fault(state: FundState, fund: Fund | None, approved: Approved) -> str:
    """Why a correction cannot be taken, or nothing."""
    subject, session = approved.subject, approved.session
    if fund is not None and session in fund.held:
        return f"the NAV of {subject} of {session} is held: release or override it"
    if fund is None or session not in fund.navs or state.session is None:
        return f"{subject} has no NAV of {session} that stands, or it is too long ago"
    since = sessions_back(state.book.sessions, _effective(state, approved), CORRECTABLE_SESSIONS)
    if session < since:
        return f"{session} is too long ago: NAVs are corrected back to {since}"
    if session in fund.corrections:
        before = fund.corrections[session]
        return f"the NAV of {session} was corrected with {before.batch_id}"
    if approved.value <= 0:
        return "a NAV is above zero"
    published = fund.navs[session]
    if not published <= FURTHEST * approved.value <= FURTHEST**2 * published:
        return f"that is further than {FURTHEST} times from the NAV of {session}: name it again"
    if classify_error(published, approved.value, SMALLEST) is NavErrorKind.NONE:
        return f"the NAV of {session} is that already: there is no error"
    return ""


def _correction(state: FundState, fund: Fund, approved: Approved) -> NavCorrection:
    published = fund.navs[approved.session]
    return NavCorrection(
        approved.subject, approved.session, _effective(state, approved), approved.batch_id,
        classify_error(published, approved.value, SMALLEST), published, approved.value,
        fund.terms.nav_scale, fund.terms.unit_scale, approved.requested_by,
        approved.approved_by, approved.reason, fund.terms.unit_rounding,
    )  # fmt: skip


def _stands(fund: Fund, correction: NavCorrection) -> NavStruck:
    """The NAV as it was struck, with the correct figure in its place."""
    return replace(
        fund.struck[correction.session], nav=correction.nav, unswung_nav=correction.nav,
        status=NavStatus.CORRECTED, holds=(),
    )  # fmt: skip


def _words(correction: NavCorrection, fund: Fund) -> str:
    wrong, right = (
        format_scaled(nav, correction.nav_scale) for nav in (correction.published, correction.nav)
    )
    head = f"the NAV of {correction.fund_id} of {correction.session} was {wrong}, right is {right}"
    if correction.kind is NavErrorKind.MATERIAL:
        return f"{head}: material, orders are booked again when {correction.effective} opens"
    return (
        f"{head}: not material, orders stay as they are; a loss of the fund is owed to it by "
        f"{_payer(fund)} when {correction.effective} opens"
    )


def _payer(fund: Fund) -> str:
    return fund.terms.nav_error_payer or fund.terms.custodian


def book(state: FundState, totals: CorrectionTotals, topology: Topology) -> Decision:
    """Keep what a plan partition says; once all have answered, book the correction."""
    fund = state.funds[totals.fund_id]
    every = [*fund.totals.get(totals.session, []), totals]
    if len(every) < topology.plan:
        return Decision((totals,))
    correction = fund.corrections[totals.session]
    event = _booked(state, fund, correction, every)
    rows = tuple(_obligations(state, fund, event, every))
    sends: list[Send] = []
    for address in topology.everywhere("cash"):
        mine = [row for row in rows if topology.home("cash", row.counterparty) == address]
        sends.extend(_to_cash(state, fund, event, mine, address))
    sends.append(tell(event.batch_id, event.session, "CORRECTED", _told(event, fund)))
    return Decision((totals, event), tuple(sends))


def _booked(
    state: FundState, fund: Fund, correction: NavCorrection, every: Sequence[CorrectionTotals]
) -> NavErrorBooked:
    owed = settled(correction, every)
    units = sum(each.units for each in every)
    paid_out = sum(int(each.paid_minor.sum()) for each in every)
    return NavErrorBooked(
        correction.fund_id, correction.session, state.open_session, correction.batch_id,
        correction.kind, _payer(fund), units, owed.paid_in_minor, paid_out, owed.kept_minor,
        fund.units + units, fund.liquid_minor + owed.paid_in_minor - paid_out,
    )  # fmt: skip


def _obligations(
    state: FundState, fund: Fund, event: NavErrorBooked, every: Sequence[CorrectionTotals]
) -> Iterator[ObligationRow]:
    """Both sides of what the responsible party pays in, and of what plans are paid."""
    settles = state.settles(fund.terms, event.booked)
    about = (event.session, settles)
    owed = [(event.payer, event.paid_in_minor, event.fund_id, "")]
    entities, submitters = parties_of(every)
    for each in every:
        paid = zip(each.plans, each.paid_minor.tolist(), strict=True)
        owed += [(entities[plan], -minor, plan, submitters[plan]) for plan, minor in paid]
    for party, minor, reference, submitter in owed:
        if minor:
            yield ObligationRow(
                party, *about, minor, event.fund_id, reference, NAV_ERROR, submitter
            )
            yield ObligationRow(
                fund.terms.custodian, *about, -minor, event.fund_id, reference,
                NAV_ERROR_FUND_SIDE, submitter,
            )  # fmt: skip


def _to_cash(
    state: FundState, fund: Fund, event: NavErrorBooked, rows: list[ObligationRow], to: Address
) -> Iterator[Send]:
    """The legs of a cash partition's parties, and their end; nothing if there are none."""
    currency = fund.terms.currency
    for at in range(0, len(rows), ROWS_PER_MESSAGE):
        part = tuple(rows[at : at + ROWS_PER_MESSAGE])
        yield Send(to, Obligation(state.partition, event.booked, currency, part))
    if rows:
        amount = sum(row.amount_minor for row in rows)
        end = SupplementClosed(state.partition, event.fund_id, event.booked, amount)
        yield Send(to, end)


def _told(event: NavErrorBooked, fund: Fund) -> str:
    units = format_scaled(event.units_change, fund.terms.unit_scale, grouped=True)
    money, currency = (
        [format_amount(m) for m in (event.paid_in_minor, event.paid_out_minor, event.kept_minor)],
        fund.terms.currency,
    )
    return (
        f"{event.fund_id} of {event.session}: {units} units booked; {event.payer} pays {money[0]} "
        f"{currency}, plans are paid {money[1]} {currency}, {money[2]} {currency} stay in the fund"
    )


def wait(state: FundState, event: Approved | DecisionRefused | NavCorrection) -> None:
    """A decision waits for its session, until it is taken up or refused."""
    state.decided = [each for each in state.decided if each.batch_id != event.batch_id]
    if isinstance(event, Approved):
        state.decided.append(event)


def note(state: FundState, event: NavCorrection | CorrectionTotals | NavErrorBooked) -> None:
    """How the state follows from the events of a correction."""
    fund = state.funds[event.fund_id]
    match event:
        case NavCorrection():
            fund.corrections[event.session] = event
            wait(state, event)
        case CorrectionTotals():
            fund.totals.setdefault(event.session, []).append(event)
        case NavErrorBooked():
            fund.totals.pop(event.session, None)
            fund.units, fund.liquid_minor = event.units, event.liquid_minor
            change = event.units_change
            fund.roll = fund.roll.moved(max(0, change), max(0, -change))
            fund.base_minor += event.paid_in_minor - event.paid_out_minor

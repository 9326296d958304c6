"""Money that a fund asks back from its managers' vehicles, and what their managers answer.

A notice counts from the first strike behind whose valuation cut-off it was recorded, whenever it
arrived (law L4); those of one strike are looked at in the order they were recorded. A payment is
booked at the last strike that can still move its money on its day, after the NAV, like a
distribution: the holding falls by what is paid and what the vehicle keeps of it, the liquid
sleeve rises by what is paid. What is asked follows from the fund's terms after the session's
orders, purchases, calls and payments.

Not here: how much is asked (`core.redemption_needs`), calls and distributions (`strike_capital`).
Source: domain.md §2.3-§2.5. Laws: L1, L4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from gateway.core.book import FundTerms, SleeveTerms
from gateway.core.events import SleevesBalanced, SleeveValued
from gateway.core.fund_events import CapitalMoved
from gateway.core.glide_path import target_at
from gateway.core.liquidity import is_suspended
from gateway.core.redemption_events import (
    GateNoted,
    LiquidityKind,
    LiquidityNotice,
    LiquidityNoticeRefused,
    RedemptionAnswered,
    RedemptionPaid,
    RedemptionRequested,
)
from gateway.core.redemption_needs import Sleeves, ask_in_order, to_ask_back
from gateway.core.repurchases import EARLY_DEDUCTION, largest_deduction
from gateway.core.settlement import ObligationRow
from gateway.core.vocabulary import RejectCode
from gateway.desks.fund_state import Fund, FundState, OpenRequest
from gateway.desks.session_moves import following


@dataclass(frozen=True, slots=True)
class Redemptions:
    """What a strike decides about money from vehicles."""

    refused: tuple[LiquidityNoticeRefused, ...] = ()
    gates: tuple[GateNoted, ...] = ()
    answered: tuple[RedemptionAnswered, ...] = ()
    paid: tuple[RedemptionPaid, ...] = ()
    asked: tuple[RedemptionRequested, ...] = ()

    @property
    def events(self) -> tuple[object, ...]:
        """The events of it, in the order in which state follows from them."""
        return (*self.refused, *self.gates, *self.answered, *self.paid, *self.asked)

    @property
    def paid_minor(self) -> int:
        """What is paid into the liquid sleeve."""
        return sum(each.paid_minor for each in self.paid)

    @property
    def deducted_minor(self) -> int:
        """What the vehicles keep."""
        return sum(each.deducted_minor for each in self.paid)


NO_REDEMPTIONS = Redemptions()


def redemptions_of(state: FundState, fund: Fund, session: date) -> Redemptions:
    """The managers' answers and gates that are taken, refused and booked at a strike."""
    cutoff = state.valuation_at(fund.terms, session)
    waiting = state.liquidity_notices.get(fund.terms.fund_id, ())
    new = sorted((n for n in waiting if n.recorded_at <= cutoff), key=_order)
    requests = dict(fund.requests)
    refused: list[LiquidityNoticeRefused] = []
    gates: list[GateNoted] = []
    answered: list[RedemptionAnswered] = []
    for notice in new:
        decided = _decided(state, fund, notice, requests)
        match decided:
            case LiquidityNoticeRefused():
                refused.append(decided)
            case GateNoted():
                gates.append(decided)
            case RedemptionAnswered():
                answered.append(decided)
                request = requests[decided.request_id]
                requests[decided.request_id] = replace(request, open_minor=decided.queued_minor)
    due = [*fund.redeeming, *answered]
    return Redemptions(
        tuple(refused), tuple(gates), tuple(answered), tuple(_paid(state, fund, session, due))
    )


def answers_of_strangers(state: FundState, session: date) -> list[LiquidityNoticeRefused]:
    """The notices recorded before the session's close for funds that are not here."""
    closed_at = state.book.sessions.cutoff_at(session)
    return [
        _refusal(each, RejectCode.UNKNOWN_FUND, "no such fund is in the book")
        for fund_id, notices in sorted(state.liquidity_notices.items())
        if fund_id not in state.funds
        for each in sorted(notices, key=_order)
        if each.recorded_at < closed_at
    ]


def _order(notice: LiquidityNotice) -> tuple[int, str, str]:
    return notice.recorded_at, notice.sender, notice.batch_id


def _refusal(notice: LiquidityNotice, code: RejectCode, detail: str) -> LiquidityNoticeRefused:
    return LiquidityNoticeRefused(
        notice.fund_id, notice.sender, notice.batch_id, notice.notice_date, (code,), detail
    )


def _decided(
    state: FundState, fund: Fund, notice: LiquidityNotice, requests: Mapping[str, OpenRequest]
) -> LiquidityNoticeRefused | GateNoted | RedemptionAnswered:
    managers = {sleeve.vehicle_id: sleeve.manager for sleeve in fund.terms.sleeves}
    if managers.get(notice.vehicle_id) != notice.sender:
        detail = "no holding of the fund answers to this vehicle and sender"
        return _refusal(notice, RejectCode.UNKNOWN_VEHICLE, detail)
    if notice.currency != fund.terms.currency:
        detail = f"the fund is in {fund.terms.currency}"
        return _refusal(notice, RejectCode.CURRENCY, detail)
    if notice.kind is not LiquidityKind.PAYMENT:
        return GateNoted(
            notice.fund_id, notice.vehicle_id, notice.batch_id, notice.sender, notice.notice_date,
            notice.kind, notice.cap, notice.first, notice.last,
        )  # fmt: skip
    request = requests.get(notice.request_id)
    if request is None or request.vehicle_id != notice.vehicle_id:
        detail = f"no request {notice.request_id!r} of this vehicle is open"
        return _refusal(notice, RejectCode.NOTICE, detail)
    gross = notice.paid_minor + notice.deducted_minor
    calendar = state.book.sessions
    inside = calendar.first <= notice.first <= calendar.last
    faults = {
        "EXCEEDS_REQUEST": gross + notice.queued_minor > request.open_minor,
        "DEDUCTION": notice.deducted_minor > largest_deduction(gross, EARLY_DEDUCTION),
        "CALENDAR": not inside,
        "NOT_A_BUSINESS_DAY": inside and not calendar.is_settlement_day(notice.first),
    }
    if any(faults.values()):
        named = ", ".join(fault for fault, found in faults.items() if found)
        detail = f"open of {notice.request_id} {request.open_minor} minor units: {named}"
        return _refusal(notice, RejectCode.NOTICE, detail)
    return RedemptionAnswered(
        notice.fund_id, notice.vehicle_id, notice.request_id, notice.batch_id, notice.sender,
        notice.notice_date, notice.first, notice.paid_minor, notice.deducted_minor,
        notice.queued_minor, request.open_minor - gross - notice.queued_minor,
    )  # fmt: skip


def _paid(
    state: FundState, fund: Fund, session: date, due: Sequence[RedemptionAnswered]
) -> Iterator[RedemptionPaid]:
    """Those whose money a later strike could no longer move in time."""
    after = following(state.book, session)
    now, later = state.settles(fund.terms, session), state.settles(fund.terms, after)
    for each in due:
        if each.payment_date < later and each.gross_minor:
            yield RedemptionPaid(
                each.fund_id, each.vehicle_id, session, each.request_id, each.batch_id,
                each.paid_minor, each.deducted_minor, max(now, each.payment_date),
            )  # fmt: skip


def holdings_after(
    valued: Sequence[SleeveValued], moved: Sequence[CapitalMoved], paid: Sequence[RedemptionPaid]
) -> dict[str, int]:
    """Private holdings by vehicle after the session's calls, distributions and redemptions."""
    holdings = {value.vehicle_id: value.value_minor for value in valued}
    for capital in moved:
        holdings[capital.vehicle_id] += capital.holding_minor
    for redemption in paid:
        holdings[redemption.vehicle_id] -= redemption.gross_minor
    return holdings


def gain_of(moved: Sequence[CapitalMoved], paid: Sequence[RedemptionPaid]) -> int:
    """What capital and redemptions change net assets by: interest, less deductions."""
    return sum(each.gain_minor for each in moved) - sum(each.deducted_minor for each in paid)


def with_requests(
    fund: Fund, back: Redemptions, holdings: Mapping[str, int], balanced: SleevesBalanced,
    net_assets_minor: int,
) -> Redemptions:  # fmt: skip
    """The same, with what the fund asks of its vehicles after a session.

    Args:
        fund: The fund before the session.
        back: Answers, gates and payments of the session.
        holdings: After calls, distributions and redemptions, before the purchase.
        balanced: The session's purchase and what is liquid after it.
        net_assets_minor: Net assets after the session's orders.
    """
    terms, session = fund.terms, balanced.session
    if terms.band is None and terms.buffer is None:
        return back
    at_will = [sleeve for sleeve in terms.sleeves if sleeve.calls is None]
    held = dict(holdings)
    if balanced.granted_minor:
        held[at_will[0].vehicle_id] += balanced.granted_minor
    coming = _coming(fund, back)
    open_minor = sum(coming.values())
    have = Sleeves(balanced.liquid_minor, sum(held.values()), net_assets_minor)
    need, reason = to_ask_back(terms.aims(target_at(terms, session)), have, open_minor)
    gates = fund.gates | {(gate.vehicle_id, gate.kind): gate for gate in back.gates}
    may = [sleeve for sleeve in at_will if not _is_shut(gates, sleeve, session)]
    rooms = [held[s.vehicle_id] - coming.get(s.vehicle_id, 0) for s in may]
    asked = tuple(
        RedemptionRequested(
            terms.fund_id, sleeve.vehicle_id, session,
            f"RR-{session}-{terms.fund_id}-{sleeve.vehicle_id}", sleeve.manager, reason, minor,
            held[sleeve.vehicle_id], have.liquid_minor, have.alternative_minor, net_assets_minor,
            open_minor,
        )
        for sleeve, minor in zip(may, ask_in_order(need, rooms), strict=True)
        if minor
    )  # fmt: skip
    return replace(back, asked=asked)


def _coming(fund: Fund, back: Redemptions) -> dict[str, int]:
    """What was asked and is not paid yet, by vehicle: it leaves the holding when it is."""
    requests = dict(fund.requests)
    for answer in back.answered:
        open_before = requests[answer.request_id]
        requests[answer.request_id] = replace(open_before, open_minor=answer.queued_minor)
    booked = {(each.request_id, each.batch_id) for each in back.paid}
    waits = [
        each
        for each in (*fund.redeeming, *back.answered)
        if (each.request_id, each.batch_id) not in booked
    ]
    coming: dict[str, int] = {}
    for request in requests.values():
        coming[request.vehicle_id] = coming.get(request.vehicle_id, 0) + request.open_minor
    for answer in waits:
        coming[answer.vehicle_id] = coming.get(answer.vehicle_id, 0) + answer.gross_minor
    return coming


def _is_shut(
    gates: Mapping[tuple[str, LiquidityKind], GateNoted], sleeve: SleeveTerms, session: date
) -> bool:
    """Whether a vehicle's redemptions are suspended on a day."""
    gate = gates.get((sleeve.vehicle_id, LiquidityKind.SUSPENSION))
    return gate is not None and is_suspended((gate.suspension,), session)


def redemption_obligations(
    terms: FundTerms, paid: Sequence[RedemptionPaid]
) -> Iterator[ObligationRow]:
    """Both sides of what vehicles pay."""
    managers = {sleeve.vehicle_id: sleeve.manager for sleeve in terms.sleeves}
    for each in paid:
        for party, minor in (
            (managers[each.vehicle_id], each.paid_minor), (terms.custodian, -each.paid_minor),
        ):  # fmt: skip
            if minor:
                yield ObligationRow(
                    party, each.session, each.settlement_date, minor, each.fund_id,
                    each.vehicle_id, "VEHICLE_REDEMPTION",
                )  # fmt: skip

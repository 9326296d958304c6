"""A fund's capital calls and distributions: which are in order, and when their money moves.

A notice counts from the first strike behind whose valuation cut-off it was recorded, whenever
it arrived (law L4). Notices are looked at in the order they were recorded, each against what is
unfunded after those before it. One is booked at the last strike that can still move its money
on the due date, after the NAV, like a purchase: the liquid sleeve pays the call, the holding is
worth that much more.

Not here: what makes a notice wrong (`core.calls`).
Source: domain.md §4.1; golden G24. Laws: L1, L4, L7.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from gateway.core.book import SleeveTerms
from gateway.core.calls import (
    CallCalendar,
    CallNotice,
    CapitalNotice,
    Commitment,
    DistributionNotice,
    NoticeKind,
    call_faults,
    distribution_faults,
)
from gateway.core.equalization import equalization_faults, interest_of
from gateway.core.fund_events import CapitalMoved, NoticeRefused, NoticeTaken
from gateway.core.netted_notices import NETTED, needed_minor, netted_faults
from gateway.core.sessions import DayCount
from gateway.core.settlement import ObligationRow
from gateway.core.vocabulary import RejectCode
from gateway.desks.fund_state import Fund, FundState
from gateway.desks.session_moves import following


@dataclass(frozen=True, slots=True)
class Capital:
    """What a strike decides about a fund's notices."""

    taken: tuple[NoticeTaken, ...] = ()
    refused: tuple[NoticeRefused, ...] = ()
    moved: tuple[CapitalMoved, ...] = ()

    def minor(self, kind: NoticeKind) -> int:
        """What is booked of a kind, minor units."""
        return sum(each.total_minor for each in self.moved if each.kind is kind)

    @property
    def needed_minor(self) -> int:
        """What calls take out of the liquid sleeve: the net of those that are netted."""
        calls = (each for each in self.moved if each.kind is NoticeKind.CALL)
        return sum(needed_minor(each, self.moved) for each in calls)

    @property
    def returned_minor(self) -> int:
        """What is booked into the liquid sleeve: distributions and refunds, minor units."""
        called = self.minor(NoticeKind.CALL)
        return sum(each.total_minor for each in self.moved) - called

    def unfunded_after(self, fund: Fund) -> dict[str, int]:
        """What drawdown vehicles may still call afterwards, minor units by vehicle."""
        totals = fund.commitments | {each.vehicle_id: each.commitment for each in self.moved}
        return {name: max(0, total.unfunded_minor) for name, total in totals.items()}


NO_CAPITAL = Capital()


def capital_of(state: FundState, fund: Fund, session: date) -> Capital:
    """The notices of a fund that are taken, refused and booked at a strike."""
    cutoff = state.valuation_at(fund.terms, session)
    new = sorted(
        (n for n in state.notices.get(fund.terms.fund_id, ()) if n.recorded_at <= cutoff),
        key=_order,
    )
    taken: list[NoticeTaken] = []
    refused: list[NoticeRefused] = []
    for notice in new:
        decided = _decided(state, fund, notice, [*fund.due, *taken])
        if isinstance(decided, NoticeTaken):
            taken.append(decided)
        else:
            refused.append(decided)
    return Capital(
        tuple(taken), tuple(refused), tuple(_moved(state, fund, session, [*fund.due, *taken]))
    )


def notices_of_strangers(state: FundState, session: date) -> list[NoticeRefused]:
    """The notices recorded before the session's close for funds that are not here."""
    closed_at = state.book.sessions.cutoff_at(session)
    detail = "no such fund is in the book"
    return [
        NoticeRefused(fund_id, each.sender, each.batch_id, (RejectCode.UNKNOWN_FUND,), detail)
        for fund_id, notices in sorted(state.notices.items())
        if fund_id not in state.funds
        for each in sorted(notices, key=_order)
        if each.recorded_at < closed_at
    ]


def _order(notice: CapitalNotice) -> tuple[int, str, str]:
    return notice.recorded_at, notice.sender, notice.batch_id


def _decided(
    state: FundState, fund: Fund, notice: CapitalNotice, due: Sequence[NoticeTaken]
) -> NoticeTaken | NoticeRefused:
    terms = {sleeve.vehicle_id: sleeve for sleeve in fund.terms.sleeves}.get(notice.vehicle_id)
    fault = _stranger(fund, notice, terms)
    if fault is not RejectCode.NONE:
        detail = "no holding of the fund answers to this vehicle, sender, currency and commitment"
        return NoticeRefused(fund.terms.fund_id, notice.sender, notice.batch_id, (fault,), detail)
    assert terms is not None
    assert terms.calls is not None
    before = _before(fund, notice, due)
    faults: Sequence[str]
    if notice.kind is NoticeKind.CALL:
        call = CallNotice(notice.notice_date, notice.due_date, notice.total_minor, notice.lines)
        faults = _uncovered(state, notice) or call_faults(
            call, before, state.book.sessions, which(terms.calls.calendar), terms.calls.notice_days
        )
    else:
        paid = DistributionNotice(notice.total_minor, notice.lines)
        refunds = notice.kind is NoticeKind.EQUALIZATION
        wrong = (equalization_faults if refunds else distribution_faults)(paid, before)
        faults = _uncovered(state, notice) or wrong
    faults = (*faults, *netted_faults(notice, due))
    if faults:
        detail = f"unfunded before it {before.unfunded_minor} minor units: " + ", ".join(faults)
        return NoticeRefused(
            fund.terms.fund_id, notice.sender, notice.batch_id, (RejectCode.NOTICE,), detail
        )
    return NoticeTaken(
        fund.terms.fund_id, notice.vehicle_id, notice.batch_id, notice.sender, notice.kind,
        notice.due_date, notice.total_minor, notice.lines, notice.netted_with, notice.net_minor,
    )  # fmt: skip


def _before(fund: Fund, notice: CapitalNotice, due: Sequence[NoticeTaken]) -> Commitment:
    """The totals a notice is held against: all notices that go its own way count as booked.

    So a call never leans on a distribution that is still to be paid, nor the other way round,
    and those that wait can be booked in any order.
    """
    totals = fund.commitments[notice.vehicle_id]
    for each in due:
        calls = each.kind is NoticeKind.CALL, notice.kind is NoticeKind.CALL
        if each.vehicle_id == notice.vehicle_id and calls[0] == calls[1]:
            totals = each.booked(totals)
    return totals


def _stranger(fund: Fund, notice: CapitalNotice, terms: SleeveTerms | None) -> RejectCode:
    if terms is None or terms.manager != notice.sender:
        return RejectCode.UNKNOWN_VEHICLE
    if notice.currency != fund.terms.currency:
        return RejectCode.CURRENCY
    if terms.calls is None:
        return RejectCode.NO_COMMITMENT
    return RejectCode.NONE


def _uncovered(state: FundState, notice: CapitalNotice) -> tuple[str, ...]:
    """Days outside the calendar cannot be counted."""
    calendar = state.book.sessions
    days = (notice.notice_date, notice.due_date)
    inside = all(calendar.first <= day <= calendar.last for day in days)
    return () if inside else ("CALENDAR",)


def _moved(
    state: FundState, fund: Fund, session: date, due: Sequence[NoticeTaken]
) -> Iterator[CapitalMoved]:
    """Those whose money a later strike could no longer move in time."""
    after = following(state.book, session)
    now, later = state.settles(fund.terms, session), state.settles(fund.terms, after)
    totals = dict(fund.commitments)
    for notice in due:
        if notice.due_date >= later:
            continue
        totals[notice.vehicle_id] = notice.booked(totals[notice.vehicle_id])
        yield CapitalMoved(
            notice.fund_id, notice.vehicle_id, session, notice.batch_id, notice.kind,
            notice.total_minor, max(now, notice.due_date), totals[notice.vehicle_id],
            interest_of(notice.lines), notice.netted_with, notice.net_minor,
        )  # fmt: skip


def which(calendar: CallCalendar) -> DayCount:
    """The calendar as the core counts days on it."""
    return "BANK" if calendar is CallCalendar.BANK else "EXCHANGE"


def capital_obligations(fund: Fund, moved: Sequence[CapitalMoved]) -> Iterator[ObligationRow]:
    """Both sides of calls and distributions; one leg of the net of two that are netted."""
    managers = {sleeve.vehicle_id: sleeve.manager for sleeve in fund.terms.sleeves}
    netted = {(each.vehicle_id, each.netted_with) for each in moved if each.netted_with}
    for each in moved:
        if (each.vehicle_id, each.batch_id) in netted:
            continue  # its money is in the wire of the notice that names it
        minor = each.total_minor if each.kind is NoticeKind.CALL else -each.total_minor
        reason = f"CAPITAL_{each.kind}"
        if each.netted_with:
            minor, reason = each.net_minor, NETTED
            if not minor:
                continue
        for party, amount in ((fund.terms.custodian, minor), (managers[each.vehicle_id], -minor)):
            yield ObligationRow(
                party, each.session, each.settlement_date, amount, each.fund_id, each.vehicle_id,
                reason,
            )  # fmt: skip

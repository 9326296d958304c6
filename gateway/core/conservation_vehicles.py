"""Law L1 between a fund and its managers' vehicles: notices, requests, answers, payments.

Followed a second time from what managers said and what was booked: each strike's capital and
redemptions are the notices booked with it; a request is asked once, of no more than the holding
less what was asked of it; asked = paid + deducted + waiting + lapsed; each payment is the one that
was answered, booked once; commitments move by what the notices' lines say.

Not here: who owes it (`conservation`), limits (`breaches`).
Law: L1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from gateway.core.calls import LineKind, NoticeKind
from gateway.core.conservation_strikes import say
from gateway.core.events import SleevesBalanced, SleeveValued
from gateway.core.fund_events import CapitalMoved, NoticeTaken
from gateway.core.laws import Events, Reference, Violation
from gateway.core.redemption_events import (
    RedemptionAnswered,
    RedemptionPaid,
    RedemptionRequested,
)
from gateway.core.uncalled import Uncalled

Booked = CapitalMoved | RedemptionPaid
Strike = tuple[date, str]
"""Session and fund."""


@dataclass(slots=True)
class _Vehicles:
    """One fund partition's vehicles, followed event by event."""

    booked: dict[Strike, list[Booked]]
    reference: Reference = field(default_factory=Reference)
    uncalled: Uncalled = field(default_factory=Uncalled)
    interest: dict[tuple[str, str, str], int] = field(default_factory=dict)
    valued: dict[tuple[date, str, str], int] = field(default_factory=dict)
    asked: dict[str, RedemptionRequested] = field(default_factory=dict)
    open: dict[str, int] = field(default_factory=dict)
    announced: dict[tuple[str, str], RedemptionAnswered] = field(default_factory=dict)
    bought: dict[Strike, int] = field(default_factory=dict)

    def follow(self, event: object) -> Iterator[Violation]:
        """Take an event in; what it breaks."""
        self.uncalled.adopt(self.reference.follow(event))
        self.uncalled.follow(event)
        match event:
            case SleeveValued():
                self.valued[event.session, event.fund_id, event.vehicle_id] = event.value_minor
            case NoticeTaken():
                late = (ln for ln in event.lines if ln.kind is LineKind.LATE_CLOSE_INTEREST)
                name = event.fund_id, event.vehicle_id, event.batch_id
                self.interest[name] = sum(line.amount_minor for line in late)
            case CapitalMoved():
                yield from self._moved(event)
            case SleevesBalanced():
                yield from self._balanced(event)
            case RedemptionRequested():
                yield from self._requested(event)
            case RedemptionAnswered():
                yield from self._answered(event)
            case RedemptionPaid():
                yield from self._paid(event)

    def _moved(self, moved: CapitalMoved) -> Iterator[Violation]:
        where = f"{moved.fund_id} {moved.vehicle_id} {moved.batch_id}"
        name = moved.fund_id, moved.vehicle_id, moved.batch_id
        yield from say(where, "interest", self.interest.get(name, 0), moved.interest_minor)
        want = self.uncalled.minor.get((moved.fund_id, moved.vehicle_id))
        yield from say(where, "unfunded afterwards", want, moved.commitment.unfunded_minor)

    def _balanced(self, event: SleevesBalanced) -> Iterator[Violation]:
        """The strike's sums are the notices and payments booked with it."""
        called = returned = redeemed = gain = 0
        for each in self.booked.get((event.session, event.fund_id), ()):
            if isinstance(each, RedemptionPaid):
                redeemed += each.paid_minor
                gain -= each.deducted_minor
            elif each.kind is NoticeKind.CALL:
                called += each.total_minor
                gain -= each.interest_minor
            else:
                returned += each.total_minor
                gain += each.interest_minor
        where = f"{event.fund_id} {event.session}"
        self.bought[event.session, event.fund_id] = event.granted_minor
        want = (called, returned, redeemed, gain)
        got = (event.called_minor, event.distributed_minor, event.redeemed_minor, event.gain_minor)
        yield from say(where, "called, returned, redeemed, gained by capital", want, got)

    def _requested(self, event: RedemptionRequested) -> Iterator[Violation]:
        where = event.request_id
        if event.request_id in self.asked or event.amount_minor <= 0:
            yield Violation("L1", where, f"asked again, or for {event.amount_minor} minor units")
        outstanding = self._outstanding(event.fund_id, event.vehicle_id)
        if event.amount_minor + outstanding > event.holding_minor:
            detail = f"{event.amount_minor} and {outstanding} asked of {event.holding_minor}"
            yield Violation("L1", where, f"more is asked than is held: {detail}")
        yield from say(where, "holding", self._holding(event), event.holding_minor)
        self.asked[event.request_id] = event
        self.open[event.request_id] = event.amount_minor

    def _outstanding(self, fund_id: str, vehicle_id: str) -> int:
        """What was asked of a holding and has not left it."""
        return sum(
            self.open[name]
            for name, each in self.asked.items()
            if (each.fund_id, each.vehicle_id) == (fund_id, vehicle_id)
        ) + sum(
            each.gross_minor
            for each in self.announced.values()
            if (each.fund_id, each.vehicle_id) == (fund_id, vehicle_id)
        )

    def _holding(self, event: RedemptionRequested) -> int:
        """The holding after its session, from its value and what was booked and bought."""
        minor = self.valued.get((event.session, event.fund_id, event.vehicle_id), 0)
        for each in self.booked.get((event.session, event.fund_id), ()):
            if each.vehicle_id != event.vehicle_id:
                continue
            if isinstance(each, RedemptionPaid):
                minor -= each.paid_minor + each.deducted_minor
            else:
                sign = 1 if each.kind is NoticeKind.CALL else -1
                minor += sign * (each.total_minor - each.interest_minor)
        sleeves = self.reference.book.funds[event.fund_id].sleeves
        first = next((each.vehicle_id for each in sleeves if each.calls is None), "")
        bought = self.bought.get((event.session, event.fund_id), 0)
        return minor + (bought if first == event.vehicle_id else 0)

    def _answered(self, event: RedemptionAnswered) -> Iterator[Violation]:
        where = f"{event.request_id} {event.batch_id}"
        parts = (event.paid_minor, event.deducted_minor, event.queued_minor, event.lapsed_minor)
        yield from say(where, "what was open", self.open.get(event.request_id), sum(parts))
        if min(parts) < 0:
            yield Violation("L1", where, f"an answer has a part below zero: {parts}")
        self.open[event.request_id] = event.queued_minor
        if event.gross_minor:
            self.announced[event.request_id, event.batch_id] = event

    def _paid(self, event: RedemptionPaid) -> Iterator[Violation]:
        where = f"{event.request_id} {event.batch_id}"
        answer = self.announced.pop((event.request_id, event.batch_id), None)
        want = None if answer is None else (answer.paid_minor, answer.deducted_minor)
        yield from say(where, "paid, deducted", want, (event.paid_minor, event.deducted_minor))


def vehicles(events: Events) -> Iterator[Violation]:
    """Capital and redemptions of one fund partition, followed a second time."""
    booked: dict[Strike, list[Booked]] = defaultdict(list)
    for event in events:
        if isinstance(event, CapitalMoved | RedemptionPaid):
            booked[event.session, event.fund_id].append(event)
    followed = _Vehicles(booked)
    for event in events:
        yield from followed.follow(event)

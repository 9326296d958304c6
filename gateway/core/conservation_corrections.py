"""Law L1 of wrong NAVs: accounts, fund and money of a correction add up, from the fills again.

What each plan was filled is computed again at the correct NAV, in plain integers, and held
against the sum of its accounts; what accounts are left, paid and given follows row by row; the
fund's units and money follow from the accounts of every plan partition.

Not here: units from strike to strike (`conservation_strikes`), the other legs (`conservation`).
Source: domain.md §3.4, golden G23. Laws: L1, L7.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from gateway.core.conservation_strikes import say
from gateway.core.dilution import WORTH_FIXING_MINOR, NavErrorKind, classify_error
from gateway.core.laws import Events, Violation
from gateway.core.marks import NavStruck
from gateway.core.money import half_up, value_of
from gateway.core.nav import NavStatus
from gateway.core.nav_correction import (
    NAV_ERROR,
    NAV_ERROR_FUND_SIDE,
    CorrectionFill,
    CorrectionTotals,
    NavCorrection,
    NavErrorBooked,
)
from gateway.core.orders import FillBatch
from gateway.core.requests import RequestsFilled

Owed = dict[tuple[date, str, str, str], int]
"""Minor units by session, fund, reference and reason."""

Parts = dict[tuple[str, int, date], list[int]]
"""Plan, NAV and dealing day: minor units paid and kept, units redeemed through a gate."""


@dataclass(slots=True)
class GateParts:
    """What a plan partition's requests were met with, by fund and session of the NAV they got."""

    met: dict[tuple[str, date], Parts] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
    )
    first: dict[int, date] = field(default_factory=dict)

    def follow(self, event: RequestsFilled) -> None:
        """Take in what became of requests; later parts may keep the NAV of the first."""
        rows = zip(event.request.tolist(), event.plan.tolist(), event.met_minor.tolist(),
                   event.kept_minor.tolist(), event.units.tolist(), event.nav.tolist(),
                   strict=True)  # fmt: skip
        for number, plan, met, kept, units, nav in rows:
            of = self.first.get(number, event.session)
            if event.one_nav and nav:
                self.first.setdefault(number, of)
            if met:
                sums = self.met[event.fund_id, of][event.names[plan], nav, event.session]
                for at, each in enumerate((met - kept, kept, units)):
                    sums[at] += each


def corrected_accounts(partition: int, events: Events) -> Iterator[Violation]:
    """In one plan partition: accounts differ by what their plans' fills do, and get what is due."""
    fills: dict[tuple[str, date], list[FillBatch]] = defaultdict(list)
    decided: dict[tuple[str, date], NavCorrection] = {}
    gates = GateParts()
    for event in events:
        match event:
            case FillBatch():
                fills[event.fund_id, event.trade_date].append(event)
            case RequestsFilled():
                gates.follow(event)
            case NavCorrection():
                decided[event.fund_id, event.session] = event
            case CorrectionFill():
                key = (event.fund_id, event.session)
                where = f"plan/{partition} {event.fund_id} {event.session} corrected"
                correction = decided.pop(key, None)
                if correction is None or correction.nav != event.nav:
                    yield Violation("L7", where, "orders computed again, and nobody decided it")
                    continue
                yield from _plans(where, event, correction, fills[key], gates.met[key])
                yield from _rows(where, event)


def _plans(
    where: str, event: CorrectionFill, correction: NavCorrection, fills: Sequence[FillBatch],
    met: Parts,
) -> Iterator[Violation]:  # fmt: skip
    """The accounts of each plan differ together by what its fills do at the correct NAV."""
    scale = {"nav_scale": event.nav_scale, "unit_scale": event.unit_scale}
    want: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    net = 0
    for fill in fills:
        rows = zip(fill.plans, fill.buy_minor.tolist(), fill.buy_units.tolist(),
                   fill.sell_units.tolist(), strict=True)  # fmt: skip
        for plan, bought_minor, bought, sold in rows:
            net += bought - sold
            if correction.kind is NavErrorKind.MATERIAL:
                want[plan][0] += correction.scales.units_for(bought_minor, event.nav) - bought
                paid = value_of(sold, fill.nav, **scale)
                want[plan][1] += value_of(sold, event.nav, **scale) - paid
    for (plan, nav, _), (paid_minor, kept_minor, sold) in met.items():
        net -= sold
        if correction.kind is NavErrorKind.MATERIAL:
            more = value_of(sold, event.nav, **scale) - value_of(sold, nav, **scale)
            want[plan][1] += more - half_up(more * kept_minor, paid_minor + kept_minor)
    got: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    due = zip(event.plan.tolist(), event.units_due.tolist(), event.minor_due.tolist(), strict=True)
    for at, units, minor in due:
        got[event.plans[at]][0] += units
        got[event.plans[at]][1] += minor
    yield from say(where, "units sold less taken back", net, event.net_units)
    for plan in sorted({*want, *got}):
        yield from say(f"{where} plan {plan}", "due (units, money)", want[plan], got[plan])


def _rows(where: str, event: CorrectionFill) -> Iterator[Violation]:
    """Who is due enough gets it, who is not gets nothing; never more is taken than is due."""
    rows = zip(event.units_due.tolist(), event.minor_due.tolist(), event.units.tolist(),
               event.paid_minor.tolist(), strict=True)  # fmt: skip
    for units_due, minor_due, units, paid in rows:
        got = (units, paid)
        if not _is_fixed(event, units_due, minor_due):
            yield from say(where, "booked to an account that is left (units, money)", (0, 0), got)
            continue
        least = min(units_due, 0)
        right = units_due if units_due > 0 else min(0, max(least, units))
        yield from say(where, "booked (units, money)", (right, max(0, minor_due)), got)


def _is_fixed(event: CorrectionFill, units_due: int, minor_due: int) -> bool:
    scale = {"nav_scale": event.nav_scale, "unit_scale": event.unit_scale}
    return abs(minor_due + value_of(units_due, event.nav, **scale)) >= WORTH_FIXING_MINOR


def booked_in_funds(partition: int, events: Events, plans: Sequence[Events]) -> Iterator[Violation]:
    """In one fund partition: each NAV corrected was decided, and is booked as accounts add up."""
    stood: dict[tuple[str, date], int] = {}
    decided: dict[tuple[str, date], NavCorrection] = {}
    totals: dict[tuple[str, date], list[CorrectionTotals]] = defaultdict(list)
    fills = {
        (at, each.fund_id, each.session): each
        for at, journal in enumerate(plans)
        for each in journal
        if isinstance(each, CorrectionFill)
    }
    for event in events:
        match event:
            case NavCorrection():
                key = (event.fund_id, event.session)
                where = f"fund/{partition} {event.fund_id} {event.session} corrected"
                kind = classify_error(event.published, event.nav, 1)
                yield from say(where, "NAV it takes the place of", stood.get(key), event.published)
                yield from say(where, "what the difference is", kind, event.kind)
                if key in decided:
                    yield Violation("L7", where, "corrected twice")
                decided[key] = event
            case NavStruck(status=NavStatus.CORRECTED):
                right = decided.get((event.fund_id, event.session))
                if right is None or right.nav != event.nav:
                    where = f"fund/{partition} {event.fund_id} {event.session}"
                    yield Violation("L7", where, "a NAV stands corrected, and nobody decided it")
            case NavStruck() if not event.held:
                stood[event.fund_id, event.session] = event.nav
            case CorrectionTotals():
                key = (event.fund_id, event.session)
                totals[key].append(event)
                yield from _total(event, fills.get((event.partition, *key)))
            case NavErrorBooked():
                key = (event.fund_id, event.session)
                yield from _booked(event, decided[key], totals[key])


def _total(event: CorrectionTotals, fill: CorrectionFill | None) -> Iterator[Violation]:
    """What a plan partition tells the fund is what it booked."""
    where = f"plan/{event.partition} {event.fund_id} {event.session} corrected"
    if fill is None:
        yield Violation("L1", where, "totals of a correction that was not booked")
        return
    rows = list(
        zip(fill.units_due.tolist(), fill.minor_due.tolist(), fill.units.tolist(),
            fill.paid_minor.tolist(), strict=True)
    )  # fmt: skip
    fixed = [row for row in rows if _is_fixed(fill, row[0], row[1])]
    left = [row for row in rows if not _is_fixed(fill, row[0], row[1])]
    want = (
        fill.net_units, sum(row[2] for row in rows), -sum(min(0, row[1]) for row in fixed),
        sum(row[2] - row[0] for row in fixed), sum(row[0] for row in left),
        sum(row[1] for row in left), sum(row[3] for row in rows),
    )  # fmt: skip
    got = (event.net_units, event.units, event.overpaid_minor, event.short_units, event.left_units,
           event.left_minor, int(event.paid_minor.sum()))  # fmt: skip
    yield from say(where, "totals", want, got)


def _booked(
    event: NavErrorBooked, correction: NavCorrection, totals: Sequence[CorrectionTotals]
) -> Iterator[Violation]:
    """The fund is owed what it lost by the error and does not get back, and keeps a net gain."""
    where = f"{event.fund_id} {event.session} corrected"
    scale = {"nav_scale": correction.nav_scale, "unit_scale": correction.unit_scale}
    if correction.kind is NavErrorKind.MATERIAL:
        left = sum(each.left_units for each in totals)
        short = sum(each.short_units for each in totals)
        gain = sum(each.left_minor for each in totals) + value_of(left, correction.nav, **scale)
        lost = sum(each.overpaid_minor for each in totals)
        lost += value_of(short, correction.nav, **scale)
    else:
        net = sum(each.net_units for each in totals)
        gain, lost = value_of(net, correction.published - correction.nav, **scale), 0
    paid = sum(int(each.paid_minor.sum()) for each in totals)
    want = (sum(each.units for each in totals), lost + max(0, -gain), paid, max(0, gain))
    got = (event.units_change, event.paid_in_minor, event.paid_out_minor, event.kept_minor)
    yield from say(where, "units, paid in, paid out, kept", want, got)


def add_confirmed(filled: dict[tuple[date, str, str], list[int]], plans: Sequence[Events]) -> None:
    """Add what corrections book to accounts to what recordkeepers have to be told of."""
    for events in plans:
        for event in (e for e in events if isinstance(e, CorrectionFill)):
            rows = zip(event.plan.tolist(), event.units.tolist(), event.paid_minor.tolist(),
                       strict=True)  # fmt: skip
            for at, units, paid in rows:
                sums = filled[event.session, event.plans[at], event.fund_id]
                sums[1], sums[2] = sums[1] + paid, sums[2] + units


def add_owed(want: Owed, funds: Sequence[Events], settled: set[date]) -> None:
    """Add the legs of corrections that were booked in sessions that cash has closed."""
    totals: dict[tuple[str, date], list[CorrectionTotals]] = defaultdict(list)
    for events in funds:
        for event in events:
            if isinstance(event, CorrectionTotals):
                totals[event.fund_id, event.session].append(event)
            if not isinstance(event, NavErrorBooked) or event.booked not in settled:
                continue
            owed = [(event.fund_id, event.paid_in_minor)]
            for each in totals[event.fund_id, event.session]:
                paid = zip(each.plans, each.paid_minor.tolist(), strict=True)
                owed += [(plan, -minor) for plan, minor in paid]
            for reference, minor in owed:
                about = (event.booked, event.fund_id, reference)
                want[*about, NAV_ERROR] += minor
                want[*about, NAV_ERROR_FUND_SIDE] -= minor

"""Law L2 on the fund side: no fund buys an alternative beyond its own limit or those on holdings.

What a fund held, called and committed is folded here a second time from its desk's journal, and
each purchase tested at the net assets after the day's flows.

Not here: participants and plans (`breaches`); passive breaches, which are no violation.
Law: L2.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from gateway.core.book import FundTerms
from gateway.core.calls import NoticeKind
from gateway.core.events import SleevesBalanced, SleeveValued
from gateway.core.fund_events import CapitalMoved, NoticeTaken
from gateway.core.laws import Events, Reference, Violation
from gateway.core.limits import Limit, is_within
from gateway.core.marks import NavStruck
from gateway.core.redemption_events import RedemptionPaid
from gateway.core.uncalled import Uncalled


def scope_kept(
    where: str, whose: str, alternative_minor: int, total_minor: int, limit: Limit
) -> Iterator[Violation]:
    """The violation, if any, of a purchase that left somebody above a cap.

    Args:
        where: The partition, and what was decided.
        whose: Who is held to the limit, in words.
        alternative_minor: What the limit counts, after the purchase, in minor units.
        total_minor: Of how much it is a share, in minor units.
        limit: The limit.
    """
    if not is_within(alternative_minor, total_minor, limit.cap):
        yield Violation(
            "L2", where,
            f"a purchase leaves the {whose} with {alternative_minor} of {total_minor} minor units "
            f"in alternatives, above {limit.limit_id} ({limit.cap})",
        )  # fmt: skip


def purchases_kept(where: str, events: Events) -> Iterator[Violation]:
    """What funds put into alternatives, against the fund's own limit and those on holdings.

    Args:
        where: The partition's name.
        events: A fund partition's journal.
    """
    reference = Reference()
    valued: dict[tuple[date, str], dict[str, int]] = defaultdict(dict)
    struck: dict[str, NavStruck] = {}
    moved: dict[tuple[date, str], list[CapitalMoved | RedemptionPaid]] = defaultdict(list)
    uncalled = Uncalled()
    for event in events:
        if isinstance(event, CapitalMoved | RedemptionPaid):
            moved[event.session, event.fund_id].append(event)
    for event in events:
        uncalled.adopt(reference.follow(event))
        if isinstance(event, NoticeTaken):
            uncalled.follow(event)
        match event:
            case SleeveValued():
                valued[event.session, event.fund_id][event.vehicle_id] = event.value_minor
            case NavStruck():
                struck[event.fund_id] = event
            case SleevesBalanced():
                key = (event.session, event.fund_id)
                holdings = dict(valued[key])
                assets = struck[event.fund_id].net_assets_minor
                here = f"{where}, {event.fund_id} {event.session}"
                terms = reference.book.funds[event.fund_id]
                before = sum(holdings.values())
                if terms.limit.counts_unfunded:
                    before += sum(uncalled.of(terms.fund_id, name) for name in holdings)
                if event.granted_minor and not is_within(before, assets, terms.limit.cap):
                    yield Violation(
                        "L2",
                        here,
                        f"{event.granted_minor} minor units were bought "
                        f"while {before} of {assets} was above {terms.limit.limit_id}",
                    )
                total = assets + event.net_flow_minor + event.dilution_minor
                total += _book(holdings, moved[key], uncalled)
                if event.granted_minor:
                    may = {name: uncalled.of(terms.fund_id, name) for name in holdings}
                    yield from _after(here, terms, holdings, event.granted_minor, total, may)


def _book(
    holdings: dict[str, int], moved: list[CapitalMoved | RedemptionPaid], uncalled: Uncalled
) -> int:
    """Move holdings and commitments by what is booked; what net assets gain by it."""
    gain = 0
    for each in moved:
        if isinstance(each, RedemptionPaid):
            holdings[each.vehicle_id] -= each.paid_minor + each.deducted_minor
            gain -= each.deducted_minor
            continue
        uncalled.book(each)
        sign = 1 if each.kind is NoticeKind.CALL else -1
        holdings[each.vehicle_id] += sign * (each.total_minor - each.interest_minor)
        gain -= sign * each.interest_minor
    return gain


def _after(
    here: str,
    terms: FundTerms,
    holdings: dict[str, int],
    granted: int,
    total: int,
    uncalled: dict[str, int],
) -> Iterator[Violation]:
    """Each limit that counts the holding bought, after the purchase."""
    bought = next(sleeve for sleeve in terms.sleeves if sleeve.calls is None)
    holdings[bought.vehicle_id] += granted
    under = (bought.vehicle_id, bought.manager, bought.asset_class, bought.issuer)
    for limit in (terms.limit, *(each for each in terms.limits if each.about in under)):
        alike = sum(
            holdings[sleeve.vehicle_id]
            + (uncalled[sleeve.vehicle_id] if limit.counts_unfunded else 0)
            for sleeve in terms.sleeves
            if limit.about
            in ("", sleeve.vehicle_id, sleeve.manager, sleeve.asset_class, sleeve.issuer)
        )
        yield from scope_kept(here, "fund", alike, total, limit)

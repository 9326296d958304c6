"""Whether a book change fits the gateway and the book it changes, and what it changes.

Desks fold a book change without asking, so it is asked here: every name in it must be known,
every date a session, every figure in step with the others.

Not here: reading the file (`file`), publishing (`command`).
Source: domain.md §1.1, §2.2, §8.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches

from gateway.core.book import Book, BookChange, FundTerms, PlanTerms
from gateway.core.eligibility_faults import fund_faults, plan_faults
from gateway.core.money import Ratio, format_scaled
from gateway.core.nav import strike, tolerance_breach
from gateway.ops.book.file import Loc
from gateway.ops.book.offer_check import interval_offer_faults, tender_offer_faults
from gateway.shell.gateway import Gateway

Fault = tuple[Loc, str]
SENDING = ("RECORDKEEPER", "MANAGER", "MARKET")
"""Roles whose parties send messages."""


@dataclass(slots=True)
class Standing:
    """What operations has said so far.

    Attributes:
        book: The book with every change taken, also those whose session is to come.
        taken: Digests of the changes taken, by session and batch id.
        newest: The last session that has begun.
    """

    book: Book = field(default_factory=Book)
    taken: dict[tuple[date, str], bytes] = field(default_factory=dict)
    newest: date | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a change changes; `before` is empty for what is new."""

    what: str
    name: str
    field: str
    before: str
    after: str


def faults(change: BookChange, standing: Standing, gateway: Gateway,
           dialects: Collection[str]) -> list[Fault]:  # fmt: skip
    """What is wrong with a change, each with the field it is about."""
    book = deepcopy(standing.book)
    book.note(change, date.max)
    found = list(_when(change, standing, book))
    found.extend(_parties(change, gateway, dialects))
    found.extend(_banks(change, gateway, book))
    for fund in change.funds:
        found.extend(_fund(fund, book))
    for plan in change.plans:
        found.extend(_plan(plan, book))
    return found


def _when(change: BookChange, standing: Standing, book: Book) -> Iterator[Fault]:
    if book.calendar is None:
        yield ("calendar",), "is missing: the first book change brings a calendar"
        return
    first, last = book.calendar.first, book.calendar.last
    if not first <= change.session <= last:
        yield ("session",), f"{change.session} is outside the calendar, {first} to {last}"
    elif not book.calendar.is_session(change.session):
        yield ("session",), f"{change.session} is no session: the exchange is closed"
    if standing.newest is not None and change.session <= standing.newest:
        text = f"{standing.newest} has begun: a change takes effect from a session after it"
        yield ("session",), text


def _parties(change: BookChange, gateway: Gateway, dialects: Collection[str]) -> Iterator[Fault]:
    senders = gateway.topology.senders
    receivers = {*senders, *gateway.receivers}
    for party in change.parties:
        at = ("parties", party.party_id)
        if party.role in SENDING and party.party_id not in senders:
            yield at, f"a {party.role} sends messages: add it to senders in the settings"
        if party.receiver not in receivers:
            yield (
                (*at, "receiver"),
                (
                    f"there is no topic out.{party.receiver}: add {party.receiver} to receivers in "
                    "the settings"
                ),
            )
        if party.dialect not in dialects:
            yield (*at, "dialect"), _unknown("connector", party.dialect, dialects)


def _banks(change: BookChange, gateway: Gateway, book: Book) -> Iterator[Fault]:
    """Who advises of a party's money is a party, and has a topic to write to."""
    for party in change.parties:
        at = ("parties", party.party_id, "advised_by")
        if party.advised_by and party.advised_by not in book.parties:
            yield at, _unknown("party", party.advised_by, book.parties)
        elif party.advised_by and party.advised_by not in gateway.topology.senders:
            yield at, f"{party.advised_by} sends advices: add it to senders in the settings"


def _fund(fund: FundTerms, book: Book) -> Iterator[Fault]:
    at = ("funds", fund.fund_id)
    if fund.fees is not None and fund.fees.payee not in book.parties:
        yield (*at, "fees", "payee"), _unknown("party", fund.fees.payee, book.parties)
    yield from _performance(fund, book)
    if fund.expense_cap is not None and fund.fees is None:
        yield (*at, "expense_cap"), "nobody waives: who is paid the management fee does, state one"
    if fund.custodian not in book.parties:
        yield (*at, "custodian"), _unknown("party", fund.custodian, book.parties)
    yield from (((*at, *field), text) for field, text in fund_faults(fund))
    if book.calendar is not None:
        for rule in (interval_offer_faults, tender_offer_faults):
            yield from (((*at, *field), text) for field, text in rule(fund, book.calendar))
    names = [limit.limit_id for limit in (fund.limit, *fund.limits)]
    if len(set(names)) < len(names):
        yield (*at, "limits"), "two limits have one id: breaches are reported by it"
    if fund.nav_error_payer and fund.nav_error_payer not in book.parties:
        yield (*at, "nav_error_payer"), _unknown("party", fund.nav_error_payer, book.parties)
    for number, sleeve in enumerate(fund.sleeves):
        party = book.parties.get(sleeve.manager)
        if party is None or party.role != "MANAGER":
            managers = book.senders("MANAGER")
            yield (*at, "sleeves", number, "manager"), _unknown("manager", sleeve.manager, managers)
    total = fund.liquid_minor + sum(sleeve.opening_minor for sleeve in fund.sleeves)
    nav = strike(total, fund.opening_units, fund.unit_scale, fund.nav_scale,
                 initial_nav=fund.opening_nav)  # fmt: skip
    if fund.opening_nav <= 0:
        yield (*at, "opening_nav"), "a fund opens with a NAV above zero"
    elif tolerance_breach(fund.opening_nav, nav, Ratio(0, 1), fund.tolerance) is not None:
        yield (
            (*at, "opening_nav"),
            (
                f"{format_scaled(fund.opening_nav, fund.nav_scale)} is further than the tolerance "
                f"from net assets over units, {format_scaled(nav, fund.nav_scale)}: the fund would "
                "be held at its first strike"
            ),
        )


def _performance(fund: FundTerms, book: Book) -> Iterator[Fault]:
    terms, at = fund.performance, ("funds", fund.fund_id, "performance")
    if terms is None:
        return
    if terms.payee not in book.parties:
        yield (*at, "payee"), _unknown("party", terms.payee, book.parties)
    if terms.catch_up.num * terms.rate.den < terms.rate.num * terms.catch_up.den:
        yield (*at, "catch_up"), f"{terms.catch_up} is below the rate: it would never catch up"


def _plan(plan: PlanTerms, book: Book) -> Iterator[Fault]:
    at = ("plans", plan.plan_id)
    party = book.parties.get(plan.recordkeeper)
    if party is None or party.role != "RECORDKEEPER":
        keepers = book.senders("RECORDKEEPER")
        yield (*at, "recordkeeper"), _unknown("recordkeeper", plan.recordkeeper, keepers)
    if plan.settling_entity not in book.parties:
        yield (*at, "settling_entity"), _unknown("party", plan.settling_entity, book.parties)
    for number, fund_id in enumerate(plan.funds):
        if fund_id not in book.funds:
            yield (*at, "funds", number), _unknown("fund", fund_id, book.funds)
    yield from (((*at, *field), text) for field, text in plan_faults(plan, book.funds))
    if plan.liquid_fund not in plan.funds:
        yield (*at, "liquid_fund"), f"{plan.liquid_fund} is not among the plan's funds"
    elif plan.liquid_fund in book.funds and book.funds[plan.liquid_fund].alternative:
        yield (*at, "liquid_fund"), f"{plan.liquid_fund} is alternative: name a liquid fund"


def _unknown(what: str, name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, 3, 0.3) or sorted(known)[:3]
    return f"no {what} {name}" + (f": the nearest are {', '.join(near)}" if near else "")


def differences(book: Book, change: BookChange) -> list[Difference]:
    """What a change changes in a book, field by field; what is new in one line."""
    found: list[Difference] = []
    if change.calendar is not None:
        before = book.calendar.version if book.calendar else ""
        if before != change.calendar.version:
            found.append(Difference("calendar", "US", "version", before, change.calendar.version))
    if change.logic and change.logic != book.logic:
        found.append(Difference("logic", "desks", "level", str(book.logic), str(change.logic)))
    for party in change.parties:
        found += _of("party", party.party_id, book.parties.get(party.party_id), party)
    for fund in change.funds:
        found += _of("fund", fund.fund_id, book.funds.get(fund.fund_id), fund)
    for plan in change.plans:
        found += _of("plan", plan.plan_id, book.plans.get(plan.plan_id), plan)
    return found


def _of(what: str, name: str, before: object | None, after: object) -> list[Difference]:
    if before is None:
        return [Difference(what, name, "", "", "new")]
    old, new = dict(_flat(before, "")), dict(_flat(after, ""))
    return [
        Difference(what, name, path, old.get(path, ""), new.get(path, ""))
        for path in dict.fromkeys([*old, *new])
        if old.get(path) != new.get(path)
    ]


def _flat(value: object, path: str) -> Iterator[tuple[str, str]]:
    """A record's values by their paths."""
    if isinstance(value, Ratio):
        yield path, str(value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for each in dataclasses.fields(value):
            prefix = f"{path}.{each.name}" if path else each.name
            yield from _flat(getattr(value, each.name), prefix)
    elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        for at, item in enumerate(value):
            yield from _flat(item, f"{path}[{at}]")
    elif isinstance(value, tuple):
        yield path, ", ".join(map(str, value))
    else:
        yield path, str(value)

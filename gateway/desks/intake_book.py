"""How intake takes a book change: checked against what the book names already, then spread.

A plan or fund that points at nobody would stop the desks later, so a change that names a
party or fund which neither it nor an earlier change brings is refused as a whole.

Not here: when a change holds (`core.book`), and whether operations may send it (`intake`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from gateway.core import logic
from gateway.core.book import BookChange, FundTerms, PlanTerms
from gateway.core.eligibility_faults import fund_faults, plan_faults
from gateway.core.events import BookNoted
from gateway.core.gates import gate_faults
from gateway.core.vocabulary import RejectCode
from gateway.desks.desk import Send, Topology

SHOWN = 5


@dataclass(slots=True)
class Known:
    """What the book names by now: parties, funds with whether they are alternatives, the logic."""

    parties: set[str] = field(default_factory=set)
    funds: dict[str, bool] = field(default_factory=dict)
    logic: int = logic.FIRST

    def note(self, event: BookNoted) -> None:
        """Take in what a change named."""
        self.parties.update(event.parties)
        self.funds.update(dict.fromkeys(event.liquid_funds, False))
        self.funds.update(dict.fromkeys(event.alternative_funds, True))
        self.logic = event.logic or self.logic


def noted(change: BookChange) -> BookNoted:
    """What a change names."""
    return BookNoted(
        tuple(party.party_id for party in change.parties),
        tuple(fund.fund_id for fund in change.funds if not fund.alternative),
        tuple(fund.fund_id for fund in change.funds if fund.alternative),
        change.logic,
    )


def book_faults(
    known: Known, change: BookChange, dialects: Mapping[str, object]
) -> tuple[tuple[RejectCode, ...], str]:
    """Why a change cannot be taken, or nothing.

    Args:
        known: What the book names before the change.
        change: The change.
        dialects: The connectors there are, by name.
    """
    parties = {*known.parties, *(party.party_id for party in change.parties)}
    funds = {**known.funds, **{fund.fund_id: fund.alternative for fund in change.funds}}
    faults = list(change.calendar.calendar().faults()) if change.calendar is not None else []
    faults += [
        f"party {party.party_id} speaks {party.dialect}, which no connector writes"
        for party in change.parties
        if party.dialect not in dialects
    ]
    logic.known(change.logic)
    if change.logic and change.logic < known.logic:
        faults.append(f"decision logic {change.logic} is older than {known.logic}, which holds")
    faults += [
        f"party {party.party_id}: its bank {party.advised_by} is not in the book"
        for party in change.parties
        if party.advised_by and party.advised_by not in parties
    ]
    for fund in change.funds:
        faults += _of_fund(fund, parties)
    for plan in change.plans:
        faults += _of_plan(plan, parties, funds)
    if not faults:
        return (), ""
    more = f"; and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
    return (RejectCode.BOOK_REFERENCE,), "; ".join(faults[:SHOWN]) + more


def _of_fund(fund: FundTerms, parties: set[str]) -> Iterator[str]:
    if fund.gate is not None:
        for fault in gate_faults(fund.gate):
            yield f"fund {fund.fund_id}: its gate has a fault: {fault}"
    named = [fund.custodian, *(sleeve.manager for sleeve in fund.sleeves)]
    named += [] if fund.fees is None else [fund.fees.payee]
    yield from (f"fund {fund.fund_id}: {_at(at)}: {text}" for at, text in fund_faults(fund))
    named += [fund.nav_error_payer] if fund.nav_error_payer else []
    yield from (
        f"fund {fund.fund_id}: party {party} is not in the book"
        for party in named
        if party not in parties
    )


def _of_plan(plan: PlanTerms, parties: set[str], funds: Mapping[str, bool]) -> Iterator[str]:
    for party in (plan.recordkeeper, plan.settling_entity):
        if party not in parties:
            yield f"plan {plan.plan_id}: party {party} is not in the book"
    for fund in (plan.liquid_fund, *plan.funds):
        if fund not in funds:
            yield f"plan {plan.plan_id}: fund {fund} is not in the book"
    yield from (f"plan {plan.plan_id}: {_at(at)}: {text}" for at, text in plan_faults(plan, funds))
    if funds.get(plan.liquid_fund):
        yield f"plan {plan.plan_id}: its liquid option {plan.liquid_fund} is an alternative"


def _at(field: tuple[str | int, ...]) -> str:
    return ".".join(map(str, field))


def book_sends(change: BookChange, topology: Topology) -> list[Send]:
    """A change as messages: calendar, parties and funds to everyone, plans and terms home."""
    sends: list[Send] = []
    for address in topology.everywhere("plan"):
        plans = tuple(p for p in change.plans if topology.home("plan", p.plan_id) == address)
        sends.append(Send(address, replace(change, plans=plans)))
    for address in topology.everywhere("fund"):
        funds = tuple(f for f in change.funds if topology.home("fund", f.fund_id) == address)
        sends.append(Send(address, replace(change, plans=(), funds=funds)))
    sends.extend(Send(a, replace(change, plans=())) for a in topology.everywhere("cash"))
    return sends

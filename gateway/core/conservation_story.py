"""What law L1 looks at: the day as it was written, and what fund partitions say of it, joined.

Not here: the comparisons (`conservation`, `conservation_owed`).
Law: L1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from gateway.core.book import BookChange, FundTerms
from gateway.core.capital_returns import CapitalReturned
from gateway.core.conservation_netted import capital_legs
from gateway.core.conservation_strikes import Legs, add_flows
from gateway.core.decisions import NavReleased
from gateway.core.events import (
    SleevesBalanced,
)
from gateway.core.fund_events import CapitalMoved, HeldFlowsFilled
from gateway.core.laws import Events
from gateway.core.marks import NavStruck
from gateway.core.orders import Confirmation, FlowBatch
from gateway.core.redemption_events import RedemptionPaid
from gateway.core.requests import GatePassed
from gateway.core.settlement import (
    InstructionCancellation,
    SettlementInstruction,
)


@dataclass(frozen=True, slots=True)
class Day:
    """What was written: the journals of three desks by partition, and what left the gateway."""

    plan: Sequence[Events]
    fund: Sequence[Events]
    cash: Sequence[Events]
    confirmations: Sequence[Confirmation]
    dispatched: Sequence[SettlementInstruction]
    taken_back: Sequence[InstructionCancellation] = ()


@dataclass(slots=True)
class Story:
    """What the fund partitions say, joined."""

    terms: dict[str, FundTerms] = field(default_factory=dict)
    home: dict[str, int] = field(default_factory=dict)
    flows: Legs = field(default_factory=dict)
    struck: dict[tuple[date, str], NavStruck] = field(default_factory=dict)
    stood: dict[tuple[date, str], set[int]] = field(default_factory=dict)
    balanced: dict[tuple[date, str], SleevesBalanced | HeldFlowsFilled] = field(
        default_factory=dict
    )
    released: set[tuple[date, str]] = field(default_factory=set)
    passed: list[GatePassed] = field(default_factory=list)
    returned: list[CapitalReturned] = field(default_factory=list)
    capital: dict[tuple[date, str], list[tuple[str, str, int]]] = field(default_factory=dict)


def story_of(day: Day) -> Story:
    """The fund partitions' journals, joined."""
    story = Story()
    booked: dict[tuple[date, str], list[CapitalMoved]] = {}
    for partition, events in enumerate(day.fund):
        for event in events:
            match event:
                case BookChange():
                    story.terms.update((terms.fund_id, terms) for terms in event.funds)
                    story.home.update((terms.fund_id, partition) for terms in event.funds)
                case FlowBatch():
                    add_flows(story.flows, event)
                case NavStruck():
                    story.struck[event.session, event.fund_id] = event
                    if not event.held:
                        key = (event.session, event.fund_id)
                        story.stood.setdefault(key, set()).add(event.nav)
                case SleevesBalanced() | HeldFlowsFilled():
                    story.balanced[event.session, event.fund_id] = event
                case CapitalMoved():
                    booked.setdefault((event.session, event.fund_id), []).append(event)
                case CapitalReturned():
                    story.returned.append(event)
                case GatePassed():
                    story.passed.append(event)
                case RedemptionPaid():
                    moved = (event.vehicle_id, "VEHICLE_REDEMPTION", event.paid_minor)
                    story.capital.setdefault((event.session, event.fund_id), []).append(moved)
                case NavReleased():
                    story.released.add((event.session, event.fund_id))
    for key, events_of in booked.items():
        story.capital.setdefault(key, []).extend(capital_legs(events_of))
    return story

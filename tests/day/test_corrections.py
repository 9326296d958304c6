"""Corrections undo what they go back to, once, and however they are sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.dilution import LONGEST_AS_OF
from gateway.core.orders import FlowBatch
from gateway.desks.plan_state import PlanState
from gateway.ops.scenario.observe import Observer
from gateway.ops.scenario.parser import parse
from gateway.ops.scenario.stage import Stage
from gateway.wire.topics import journal_of

PEOPLE = ("p-1", "p-2", "p-3")
HELD = Decimal("1000.0000")
GIVEN = """A property of corrections

given
  session       2026-11-23
  plan          PLAN_A  recordkeeper=RK_A
  plan          PLAN_B  recordkeeper=RK_A
  fund          FUND  nav=13.3700  assets=1,337,000,000.00  as_of=3
  fund          ALT   nav=7.7700  assets=777,000,000.00  as_of=3  alternative=yes
  fund          LIQUID
  cap           participant  100%
  cap           plan  100%
  holding       p-1  FUND  units=1,000.0000  plan=PLAN_A
  holding       p-1  ALT  units=1,000.0000  plan=PLAN_A
  holding       p-2  FUND  units=1,000.0000  plan=PLAN_A
  holding       p-2  ALT  units=1,000.0000  plan=PLAN_A
  holding       p-3  FUND  units=1,000.0000  plan=PLAN_B
  holding       p-3  ALT  units=1,000.0000  plan=PLAN_B
"""
PLAN_OF = {"p-1": "PLAN_A", "p-2": "PLAN_A", "p-3": "PLAN_B"}


@dataclass(frozen=True)
class Order:
    """A contribution, or a distribution, of one line."""

    who: str
    fund: str
    minor: int
    pays_in: bool

    @property
    def money(self) -> str:
        """As a row has it."""
        return f"{self.minor // 100}.{self.minor % 100:02d}"


ORDERS = st.lists(
    st.builds(
        Order, st.sampled_from(PEOPLE), st.sampled_from(("FUND", "ALT")),
        st.integers(1, 50_000), st.booleans(),
    ),
    min_size=1, max_size=8,
)  # fmt: skip


def sent(orders: Sequence[Order]) -> list[str]:
    """Rows that send the orders, a batch each: O0, O1, …"""
    return [
        f"  contribution  {o.who}  {o.money}  into={o.fund}  batch=O{n}  plan={PLAN_OF[o.who]}"
        if o.pays_in
        else f"  distribution  {o.who}  {o.money}  from={o.fund}  batch=O{n}"
        for n, o in enumerate(orders)
    ]


def reversed_(orders: Sequence[Order], names: Sequence[str]) -> list[str]:
    """Rows that reverse the orders, in the batches named."""
    return [
        f"  correction  {o.who}  {o.money}  REVERSAL  of=O{n}  fund={o.fund}  batch={name}"
        f"  corrects={'CONTRIBUTION' if o.pays_in else 'DISTRIBUTION'}"
        for (n, o), name in zip(enumerate(orders), names, strict=True)
    ]


@dataclass
class Played:
    """What a story came to."""

    units: dict[tuple[str, str], Decimal | None]
    flows: list[tuple[int, int]]
    refused: list[object]
    laws: list[str]


def played(*blocks: Sequence[str]) -> Played:
    """Play `when` blocks to the end of the last."""
    text = GIVEN + "".join("\nwhen\n" + "\n".join(block) + "\n" for block in blocks)
    (scenario,) = parse(text + "\nthen\n  only  quarantined\n", "corrections")

    async def all_of_it() -> Played:
        stage = Stage(scenario)
        await stage.open()
        observer = Observer(stage)
        for step in scenario.steps:
            await stage.play(step.when)
        seen = observer.look()
        laws = await stage.broken_laws()
        units = {
            (who, fund): observer.holding(who, fund, None)
            for who in PEOPLE
            for fund in ("FUND", "ALT")
        }
        refused = [each.values["code"] for each in seen if each.word == "rejected"]
        return Played(units, flows(stage), refused, laws)

    return asyncio.run(all_of_it())


def flows(stage: Stage) -> list[tuple[int, int]]:
    """What the funds were sent: minor units bought and sold, a row a plan and fund."""
    found: list[tuple[int, int]] = []
    for partition in range(stage.gateway.topology.fund):
        for record in stage.log.records(*journal_of("fund", partition)):
            for event in stage.messages.decided(record.value)[1]:
                if isinstance(event, FlowBatch):
                    rows = zip(event.buy_minor.tolist(), event.sell_minor.tolist(), strict=True)
                    found.extend(rows)
    return found


def unchanged(story: Played) -> None:
    assert set(story.units.values()) == {HELD}
    assert story.laws == []


@settings(max_examples=15, deadline=None)
@given(ORDERS)
def test_a_day_reversed_before_the_close_leaves_no_flow(orders: list[Order]) -> None:
    rows = [*sent(orders), *reversed_(orders, [f"R{n}" for n in range(len(orders))]), "  close"]
    story = played(rows)
    assert story.flows == []
    assert story.refused == []
    unchanged(story)


@settings(max_examples=15, deadline=None)
@given(ORDERS, st.sampled_from(("980.00", "1000.00", "1017.50")))
def test_a_day_reversed_after_the_fill_leaves_the_units_as_they_were(
    orders: list[Order], level: str
) -> None:
    back = reversed_(orders, [f"R{n}" for n in range(len(orders))])
    story = played([*sent(orders), "  close"], [*back, f"  level  INDEX  {level}", "  close"])
    assert story.refused == []
    unchanged(story)


@settings(max_examples=10, deadline=None)
@given(ORDERS, st.booleans())
def test_nothing_is_reversed_twice(orders: list[Order], later: bool) -> None:
    once, twice = (
        reversed_(orders, [f"{name}{n}" for n in range(len(orders))]) for name in ("R", "S")
    )
    filled = ["  close"] if later else []
    story = played([*sent(orders), *filled, *once, *twice, "  close"])
    assert story.refused == ["CORRECTED_BEFORE"] * len(orders)
    unchanged(story)


@settings(max_examples=10, deadline=None)
@given(ORDERS, st.data(), st.booleans())
def test_it_does_not_matter_in_which_batches_corrections_come(
    orders: list[Order], data: st.DataObject, later: bool
) -> None:
    some = data.draw(st.lists(st.booleans(), min_size=len(orders), max_size=len(orders)))
    apart = reversed_(orders, [f"R{n}" for n in range(len(orders))])
    chosen = [row for row, take in zip(apart, some, strict=True) if take]
    kinds = ["IN" if o.pays_in else "OUT" for o in orders]
    joint = [row for row, take in zip(reversed_(orders, kinds), some, strict=True) if take]
    filled = ["  close"] if later else []
    # One batch has one kind; its rows stand together.
    joint.sort(key=lambda row: "corrects=DISTRIBUTION" in row)
    one = played([*sent(orders), *filled, *chosen, "  close"])
    other = played([*sent(orders), *filled, *joint, "  close"])
    assert (one.units, one.laws, one.refused) == (other.units, other.laws, other.refused)
    assert sorted(one.flows) == sorted(other.flows)


def test_a_part_of_what_is_in_flight_may_be_taken_back() -> None:
    orders = [Order("p-1", "FUND", 100_00, pays_in=True)]
    less = [Order("p-1", "FUND", 40_00, pays_in=True)]
    story = played([*sent(orders), *reversed_(less, ["R"]), "  close"])
    assert story.flows == [(60_00, 0)]
    assert story.laws == []


def test_an_original_that_was_refused_is_not_corrected() -> None:
    orders = [Order("p-1", "FUND", 50_000_00, pays_in=False)]
    story = played([*sent(orders), *reversed_(orders, ["R"]), "  close"])
    assert story.refused == ["INSUFFICIENT_UNITS", "UNKNOWN_ORIGINAL"]
    unchanged(story)


def test_a_reversal_after_the_fill_needs_the_units() -> None:
    orders = [Order("p-1", "FUND", 1_000_00, pays_in=True)]
    out = "  distribution  p-1  13,600.00  from=FUND"
    story = played([*sent(orders), "  close"], [out, *reversed_(orders, ["R"]), "  close"])
    assert story.refused == ["INSUFFICIENT_UNITS"]
    assert story.laws == []


def test_a_sale_leaves_what_a_reversal_will_take() -> None:
    orders = [Order("p-1", "FUND", 1_000_00, pays_in=True)]
    out = "  distribution  p-1  13,600.00  from=FUND"
    story = played([*sent(orders), "  close"], [*reversed_(orders, ["R"]), out, "  close"])
    assert story.refused == ["INSUFFICIENT_UNITS"]
    unchanged(story)


def test_what_is_remembered_of_originals_is_bounded() -> None:
    orders = [Order("p-1", "FUND", 100_00, pays_in=True)]
    rows = [*sent(orders), *reversed_(orders, ["R"]), "  close  through=2026-12-15"]
    (scenario,) = parse(
        GIVEN + "\nwhen\n" + "\n".join(rows) + "\n\nthen\n  only  quarantined\n", "long"
    )

    async def state_of_plans() -> list[PlanState]:
        stage = Stage(scenario)
        await stage.open()
        await stage.play(scenario.steps[0].when)
        return [seat.state for seat in stage.seats if isinstance(seat.state, PlanState)]

    for state in asyncio.run(state_of_plans()):
        assert (state.originals, state.corrected) == ({}, {})
        assert {len(navs) for navs in state.navs.values()} == {LONGEST_AS_OF + 1}

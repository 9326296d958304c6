"""Random days in random orders: all laws hold, and the outcome is a function of the inputs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.events import OrdersDecided, SleevesBalanced
from gateway.core.laws import l4
from gateway.core.marks import NavStruck
from gateway.core.settlement import SettlementInstruction
from gateway.log.memory import MemoryLog
from gateway.shell.gateway import Gateway
from tests.day.market_day import gateway
from tests.laws.planted import broken, events_of
from tests.laws.random_market import PEOPLE, Market, exchanges_under_reject, markets
from tests.laws.scheduler import play
from tests.laws.streams import streams

CALM = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclass(frozen=True)
class Outcome:
    """What a day came to: by line, by fund, and the instructions."""

    lines: dict[int, tuple[int, int, int, int, int]]
    navs: list[NavStruck]
    balances: list[SleevesBalanced]
    instructions: list[SettlementInstruction]


def outcome(log: MemoryLog, home: Gateway) -> Outcome:
    lines: dict[int, tuple[int, int, int, int, int]] = {}
    for events in events_of(log, "plan", home):
        for event in events:
            if isinstance(event, OrdersDecided) and event.batch_id.startswith("B"):
                numbers = [int(number) for number in event.batch_id[1:].split(".")]
                rows = zip(event.line.tolist(), event.accepted_minor.tolist(),
                           event.diverted_minor.tolist(), event.code.tolist(),
                           event.scope.tolist(), event.headroom_minor.tolist(),
                           strict=True)  # fmt: skip
                for line, *decided in rows:
                    lines[numbers[line]] = (*decided,)
    fund = [event for events in events_of(log, "fund", home) for event in events]
    cash = [event for events in events_of(log, "cash", home) for event in events]
    navs = [e for e in fund if isinstance(e, NavStruck)]
    balances = [e for e in fund if isinstance(e, SleevesBalanced)]
    return Outcome(
        lines,
        sorted(navs, key=lambda e: (e.session, e.fund_id)),
        sorted(balances, key=lambda e: (e.session, e.fund_id)),
        [e for e in cash if isinstance(e, SettlementInstruction)],
    )


def settled(market: Market, home: Gateway, cuts: Collection[int], seed: int) -> Outcome:
    log = play(streams(market, cuts), home, seed)
    assert broken(log, home, redecide=False) == []
    return outcome(log, home)


@settings(CALM, max_examples=40)
@given(market=markets(), cuts=st.sets(st.integers(0, 14)), seed=st.integers(0, 2**32))
def test_all_laws_hold_after_any_day(market: Market, cuts: set[int], seed: int) -> None:
    home = gateway(2, 2, 1)
    log = play(streams(market, cuts), home, seed)
    assert broken(log, home, identifiers=PEOPLE) == []


def alike(one: Outcome, other: Outcome) -> None:
    assert other.lines == one.lines
    assert other.navs == one.navs
    assert other.balances == one.balances
    assert l4(one.instructions, other.instructions) == []


@settings(CALM, max_examples=15)
@given(
    market=markets(),
    cuts=st.sets(st.integers(0, 14)),
    seeds=st.tuples(*[st.integers(0, 2**32)] * 3),
)
def test_l4_partitions_interleavings_cuts_and_crashes_change_no_outcome(
    market: Market, cuts: set[int], seeds: tuple[int, int, int]
) -> None:
    usual = settled(market, gateway(1, 1, 1), (), seeds[0])
    alike(usual, settled(market, gateway(3, 2, 2), cuts, seeds[1]))
    alike(usual, settled(market, gateway(8, 3, 3), range(14), seeds[2]))


@settings(CALM, max_examples=20)
@given(
    market=exchanges_under_reject(),
    cuts=st.sets(st.integers(0, 14)),
    seeds=st.tuples(*[st.integers(0, 2**32)] * 3),
)
def test_l4_a_batch_of_n_exchanges_is_n_batches_of_one_where_the_plan_rejects(
    market: Market, cuts: set[int], seeds: tuple[int, int, int]
) -> None:
    home = gateway(1, 1, 1)
    whole = settled(market, home, (), seeds[0])
    alike(whole, settled(market, home, range(14), seeds[1]))
    alike(whole, settled(market, home, cuts, seeds[2]))

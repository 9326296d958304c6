"""What is withdrawn before a dealing day is as if it had never been asked, however it is said."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.laws import Violation
from gateway.core.requests import GatePassed, RequestsFilled, RequestsWithdrawn
from gateway.desks.plan_state import PlanState
from gateway.ops.scenario.observe import Observer
from gateway.ops.scenario.parser import parse
from gateway.ops.scenario.stage import Stage
from gateway.wire.topics import journal_of

PEOPLE = ("p-1", "p-2", "p-3")
PLAN_OF = {"p-1": "PLAN_A", "p-2": "PLAN_A", "p-3": "PLAN_B"}
GIVEN = """A property of withdrawals

given
  session       2026-11-23
  plan          PLAN_A  recordkeeper=RK_A
  plan          PLAN_B  recordkeeper=RK_A
  fund          FUND  nav=13.3700  assets=133,700.00  alternative=yes
  fund          BOND  nav=7.7700   assets=777,000.00
  fund          LIQUID
  gate          FUND  policy={policy}  withdrawal=WHILE_WAITING
  gate_cap      FUND  1%  period=DEALING_DAY  basis=NAV
  holding       p-1  FUND  units=1,000.0000  plan=PLAN_A
  holding       p-2  FUND  units=1,000.0000  plan=PLAN_A
  holding       p-3  FUND  units=1,000.0000  plan=PLAN_B
"""


@dataclass(frozen=True)
class Ask:
    """A request of one line, and what is withdrawn of it before the session closes."""

    who: str
    minor: int
    back: tuple[int, ...]
    exchanged: bool

    @property
    def rest(self) -> int:
        """What is asked of the fund, minor units; more withdrawn than asked is all of it."""
        return max(0, self.minor - sum(self.back))


def money(minor: int) -> str:
    """As a row has it."""
    return f"{minor // 100}.{minor % 100:02d}"


def asks(of: Sequence[Ask], *, withdrawing: bool) -> list[str]:
    """Rows that ask, a batch each: all and then less, or what is left of it at once."""
    rows: list[str] = []
    for n, each in enumerate(of):
        minor = each.minor if withdrawing else each.rest
        kind, into = ("exchange", "into=BOND") if each.exchanged else ("distribution", "")
        if minor:
            rows.append(f"  {kind}  {each.who}  {money(minor)}  from=FUND  {into}  batch=O{n}")
    for n, each in enumerate(of if withdrawing else ()):
        corrects = "EXCHANGE" if each.exchanged else "DISTRIBUTION"
        rows += [
            f"  correction  {each.who}  {money(back)}  WITHDRAWAL  of=O{n}  corrects={corrects}"
            f"  fund=FUND  plan={PLAN_OF[each.who]}  batch=W{n}-{at}"
            for at, back in enumerate(each.back)
        ]
    return rows


@dataclass
class Played:
    """What a story came to: gates, lines that were met, units, what waits."""

    gates: list[tuple[int, int, int, int]]
    met: list[tuple[str, int, int, int, int]]
    waiting: list[tuple[str, int, int]]
    withdrawn: int
    laws: Sequence[Violation | str]


def played(policy: str, sessions: Sequence[Sequence[str]]) -> Played:
    """Play sessions, each closed at its end."""
    whens = "".join("\nwhen\n" + "\n".join([*rows, "  close"]) + "\n" for rows in sessions)
    text = GIVEN.format(policy=policy) + whens + "\nthen\n  only  quarantined\n"
    (scenario,) = parse(text, "withdrawals")

    async def all_of_it() -> Played:
        stage = Stage(scenario)
        await stage.open()
        observer = Observer(stage)
        for step in scenario.steps:
            await stage.play(step.when)
        observer.look()
        found = Played([], [], [], 0, await stage.broken_laws())
        for desk in ("plan", "fund"):
            for at in range(stage.gateway.topology.partitions(desk)):
                state = stage.gateway.desks()[desk].initial(at)
                for record in stage.log.records(*journal_of(desk, at)):
                    for event in stage.messages.decided(record.value)[1]:
                        _note(found, event)
                        stage.gateway.desks()[desk].evolve(state, event)
                if isinstance(state, PlanState):
                    table = state.requests
                    found.waiting += [
                        (table.batches[batch], left, back)
                        for batch, left, back in zip(
                            table.batch.tolist(), table.left_minor.tolist(),
                            table.back_minor.tolist(), strict=True,
                        )
                    ]  # fmt: skip
        return found

    return asyncio.run(all_of_it())


def _note(found: Played, event: object) -> None:
    match event:
        case GatePassed():
            sums = (event.met_minor, event.paid_minor, event.units, event.room_minor)
            found.gates.append(sums)
        case RequestsFilled():
            rows = zip(event.batch.tolist(), event.met_minor.tolist(), event.left_minor.tolist(),
                       event.lapsed_minor.tolist(), event.units.tolist(), strict=True)  # fmt: skip
            found.met += [(event.names[row[0]], *row[1:]) for row in rows]
        case RequestsWithdrawn():
            found.withdrawn += int(event.withdrawn_minor.sum())


ASKS = st.lists(
    st.builds(
        Ask, st.sampled_from(PEOPLE), st.integers(1, 200_000),
        st.lists(st.integers(1, 250_000), max_size=2).map(tuple), st.booleans(),
    ),
    min_size=1, max_size=5,
)  # fmt: skip
POLICIES = st.sampled_from(("CARRY", "FIFO", "RATABLE", "RESUBMIT"))


@settings(max_examples=12, deadline=None)
@given(of=ASKS, policy=POLICIES)
def test_what_is_withdrawn_before_the_close_was_never_asked(of: list[Ask], policy: str) -> None:
    taken = played(policy, [asks(of, withdrawing=True), []])
    never = played(policy, [asks(of, withdrawing=False), []])
    assert taken.laws == never.laws == []
    assert taken.withdrawn == sum(each.minor - each.rest for each in of)
    assert (taken.gates, taken.met) == (never.gates, never.met)
    assert taken.waiting == never.waiting


@settings(max_examples=12, deadline=None)
@given(of=ASKS, policy=POLICIES, back=st.integers(1, 250_000))
def test_behind_a_dealing_day_only_what_waits_is_withdrawn(
    of: list[Ask], policy: str, back: int
) -> None:
    whole = [Ask(each.who, each.minor, (back,), each.exchanged) for each in of]
    rows = asks(whole, withdrawing=True)
    story = played(policy, [rows[: len(of)], rows[len(of) :], []])
    assert story.laws == []
    waited = {name: left for name, _, left, _, _ in story.met[: len(of)]}
    assert story.withdrawn == sum(min(left, back) for left in waited.values())
    asked = sum(each.minor for each in of)
    met, lapsed = sum(row[1] for row in story.met), sum(row[3] for row in story.met)
    assert asked == met + lapsed + story.withdrawn + sum(left for _, left, _ in story.waiting)

"""`gateway headroom` says what desks then decide, to the cent.

Not here: the rules of limits themselves (`tests/core/test_limits.py`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.events import OrdersDecided, SleevesBalanced
from gateway.core.money import format_amount
from gateway.errors import ConfigError
from gateway.ops.headroom.answer import Asked
from gateway.ops.headroom.command import headroom_of, run
from gateway.ops.headroom.rows import Headroom, LimitRow, Strike
from gateway.ops.headroom.told import sentences
from gateway.ops.reading.orders import token
from gateway.ops.reading.source import instant
from gateway.ops.scenario.parser import parse
from gateway.ops.scenario.publish import identifier
from gateway.ops.scenario.stage import Stage
from gateway.shell.reading import decisions
from tests.ops import stage as ops_stage

EXPECTED = "\nthen\n  replay  journal\n"


@dataclass
class Played:
    """A story played to where it stops, to be asked and gone on with."""

    stage: Stage

    def token(self, who: str, plan: str = "PLN-1") -> str:
        return token(self.stage.gateway.keyring.token(plan, identifier(who)))

    def asked(self, asked: Asked) -> Headroom:
        return asyncio.run(headroom_of(self.stage.log, self.stage.gateway, asked))

    def events(self, desk: str) -> list[object]:
        async def read() -> list[object]:
            return [
                event
                for partition in range(self.stage.gateway.topology.partitions(desk))
                async for decided in decisions(self.stage.log, self.stage.messages, desk, partition)
                for event in decided.events
            ]

        return asyncio.run(read())


def played(text: str) -> Played:
    (scenario,) = parse(f"A day\n{text}{EXPECTED}", "x.day")
    stage = Stage(scenario)

    async def play() -> None:
        await stage.open()
        for step in scenario.steps:
            await stage.play(step.when)

    asyncio.run(play())
    return Played(stage)


def last_order(day: Played) -> OrdersDecided:
    """The decision about the line that was received last."""
    found = [event for event in day.events("plan") if isinstance(event, OrdersDecided)]
    return max(found, key=lambda event: int(event.received_at.max()))


def last_strike(day: Played, fund: str) -> SleevesBalanced:
    return [
        event
        for event in day.events("fund")
        if isinstance(event, SleevesBalanced) and event.fund_id == fund
    ][-1]


def row(found: Headroom, scope: str) -> LimitRow:
    return next(row for row in found.limits if row.scope == scope)


# --- a participant's way in ----------------------------------------------------------------------

EIGHTY = """
given
  cap       participant  15%  soft=14%
  cap       plan  50%
  holding   p-7  total=80,000.00  alternatives=11,800.00
"""


def test_g13_an_exchange_has_200_dollars_left_and_new_money_a_little_more() -> None:
    day = played(EIGHTY)
    asked = Asked(participant=day.token("p-7"), fund="PRIVATE", sells="LIQUID")
    found = day.asked(asked)
    mine = row(found, "PARTICIPANT")
    assert (mine.counted_minor, mine.total_minor) == (11_800_00, 80_000_00)
    # 15 % of 80,000.00 is 12,000.00; with x more in the account 15 % of x more: 200 ÷ 0.85.
    assert (mine.headroom_minor, mine.new_money_minor) == (200_00, 235_29)
    assert mine.above_soft_cap
    assert mine.binds
    # 11,800.00 is 15 % of 78,666.67.
    assert (mine.redeemable_minor, mine.cures_minor) == (1_333_33, 0)
    assert found.way is not None
    assert found.way.largest_minor == 200_00
    assert found.way.then is not None
    assert (found.way.then.accepted_minor, found.way.then.diverted_minor) == (200_00, 1)
    assert found.way.then.limit_id == "PARTICIPANT_CAP"


def test_a_purchase_tried_is_told_in_words() -> None:
    day = played(EIGHTY)
    asked = Asked("PLN-1", day.token("p-7"), "PRIVATE", amount="1,000.00")
    found = day.asked(asked)
    told = "\n".join(sentences(found))
    assert "the largest purchase taken whole is 235.29" in told
    # 15 % of 81,000.00 less 11,800.00.
    assert "tried 1,000.00: 350.00 are accepted, 650.00 go to LIQUID by the limit" in told
    assert "PARTICIPANT_CAP of its participant, which leaves 350.00" in told
    assert found.strikes[0].net_flow_minor == 0
    assert found.strikes[1].net_flow_minor == 350_00


def test_a_sale_of_more_than_is_held_stops_an_exchange_before_the_limit() -> None:
    day = played("""
given
  cap       participant  99%
  holding   p-7  total=80,000.00
""")
    asked = Asked(participant=day.token("p-7"), fund="PRIVATE", sells="LIQUID")
    way = day.asked(asked).way
    assert way is not None
    assert way.then is not None
    # 95 % of a position's value may be sold by amount.
    assert (way.largest_minor, way.then.code) == (76_000_00, "INSUFFICIENT_UNITS")


def test_a_fund_that_is_no_alternative_meets_no_limit_of_participant_or_plan() -> None:
    day = played(EIGHTY)
    found = day.asked(Asked(participant=day.token("p-7"), fund="LIQUID"))
    assert {row.scope for row in found.limits} == {"FUND"}
    assert found.way is not None
    assert found.way.largest_minor is None
    assert any("does not count as alternative" in note for note in found.notes)


def test_a_purchase_without_an_agreement_has_no_way_in() -> None:
    day = played("""
given
  fund      OTHER  alternative=yes
  fund      LIQUID
  plan      PLN-1  funds=LIQUID
  holding   p-7  LIQUID  value=100.00
""")
    found = day.asked(Asked(participant=day.token("p-7"), fund="OTHER"))
    assert found.way is not None
    assert found.way.then is not None
    assert (found.way.largest_minor, found.way.then.code) == (0, "NO_AGREEMENT")
    assert not any(row.binds for row in found.limits if row.scope != "FUND")


def test_orders_in_flight_count_and_a_moment_before_them_does_not_know_them() -> None:
    day = played(EIGHTY)
    asked = Asked(participant=day.token("p-7"), fund="PRIVATE", sells="LIQUID")
    before, day = instant(day.stage.press.now), played(EIGHTY + "\nwhen\n  exchange  p-7  150.00\n")
    ways = [day.asked(each).way for each in (asked, replace(asked, known_at=before))]
    assert [way.largest_minor for way in ways if way is not None] == [50_00, 200_00]


SHARES = st.integers(0, 100).map(lambda share: f"{share}%")
POLICIES = st.sampled_from(("TRIM", "REJECT"))
CENTS = st.integers(0, 2_000_00)


@settings(max_examples=40)
@given(
    caps=st.tuples(SHARES, SHARES), policies=st.tuples(POLICIES, POLICIES),
    holdings=st.lists(st.tuples(CENTS, CENTS), min_size=1, max_size=3),
    orders=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 500_00)), max_size=3),
    exchange=st.booleans(),
)  # fmt: skip
def test_what_headroom_says_fits_is_accepted_when_sent_and_a_cent_more_is_cut(
    caps: tuple[str, str], policies: tuple[str, str], holdings: list[tuple[int, int]],
    orders: list[tuple[int, int]], exchange: bool,
) -> None:  # fmt: skip
    """Of random small books and orders, the plan desk decides what headroom foretold."""
    book = [
        "given",
        f"  cap  participant  {caps[0]}  on_excess={policies[0]}",
        f"  cap  plan  {caps[1]}  on_excess={policies[1]}",
        *(
            f"  holding  p-{at}  total={format_amount(liquid + private + 1)}"
            f"  alternatives={format_amount(private)}"
            for at, (liquid, private) in enumerate(holdings)
        ),
    ]
    told = "\nwhen\n" + "".join(
        f"  contribution  p-{who % len(holdings)}  {format_amount(amount)}  into=PRIVATE\n"
        for who, amount in orders
    )
    text = "\n".join(book) + (told if orders else "\nwhen\n")
    sells = "LIQUID" if exchange else None
    day = played(text)
    way = day.asked(Asked(participant=day.token("p-0"), fund="PRIVATE", sells=sells)).way
    assert way is not None
    most = 10**9 if way.largest_minor is None else way.largest_minor
    word = "exchange" if exchange else "contribution"
    for amount in (most, most + 1):
        if not amount:
            continue
        line = f"  {word}  p-0  {format_amount(amount)}  into=PRIVATE"
        late = "  received=2026-11-24 15:59:59 New_York\n"
        event = last_order(played(f"{text}{line}{late}"))
        accepted = int(event.accepted_minor[0])
        if amount == most or way.largest_minor is None:
            assert accepted == amount
            continue
        assert accepted < amount
        assert way.then is not None
        assert (way.then.accepted_minor, way.then.diverted_minor) == (
            accepted, int(event.diverted_minor[0])
        )  # fmt: skip
        assert way.then.headroom_minor == int(event.headroom_minor[0])


# --- a fund's way in -----------------------------------------------------------------------------

TARGET_DATE = """
given
  session       2026-11-24
  fund          FUND  nav=10.0000  assets=10,000,000.00  target=14%
  sleeve        FUND  BX_A  mark=400,000.00  measured=2026-09-30  manager=BX
  sleeve        FUND  KKR_A  mark=500,000.00  measured=2026-09-30  manager=KKR
  cap           fund  15%
  cap           manager  8%  about=BX  soft=3%
  cap           manager  6%  about=KKR
"""


def test_money_of_no_plan_shows_what_a_fund_would_buy_and_which_limit_binds() -> None:
    found = played(TARGET_DATE).asked(Asked(fund="FUND", amount="1,000,000.00"))
    # Purchases go to BX_A: its manager's limit counts, KKR's does not.
    assert [
        (r.scope, r.about, r.counted_minor, r.headroom_minor, r.binds) for r in found.limits
    ] == [
        ("FUND", "", 900_000_00, 600_000_00, False),
        ("MANAGER", "BX", 400_000_00, 400_000_00, True),
    ]
    now, then = found.strikes
    assert (now.asked_minor, now.granted_minor) == (0, 0)
    # 14 % of 11 m less 900,000.00; 8 % of 11 m less 400,000.00.
    assert (then.asked_minor, then.granted_minor, then.limit_id) == (
        640_000_00, 480_000_00, "MANAGER_BX"
    )  # fmt: skip
    assert then.tried


def test_a_passive_breach_is_told_with_its_cure() -> None:
    day = played("""
given
  session       Mon 2026-11-16
  fund          TDF  assets=200,000,000.00  target=14%  index=BONDS
  sleeve        TDF  PE_I  mark=28,000,000.00
  cap           fund  15%  cure_days=90
when
  level         BONDS  800.00
  close
""")
    found = day.asked(Asked(fund="TDF", amount="1,000,000.00"))
    mine = row(found, "FUND")
    assert mine.frozen == "above the cap since 2026-11-16"
    assert str(mine.cure_by) == "2027-02-14"
    assert mine.cures_minor == 21_066_666_67
    assert mine.redeemable_minor == 0
    assert [strike.frozen for strike in found.strikes] == [True, True]
    assert found.strikes[1].granted_minor == 0
    assert "purchases are frozen" in "\n".join(sentences(found))


def test_a_stale_mark_freezes_purchases_and_a_nav_that_would_be_held_says_why() -> None:
    stale = played("""
given
  fund          TDF  assets=1,000,000.00  target=10%
  sleeve        TDF  PE_I  mark=50,000.00  measured=2026-06-30
""")
    assert row(stale.asked(Asked(fund="TDF")), "FUND").frozen == "a mark is stale"
    short = played("""
given
  fund          TDF  assets=1,000,000.00
  sleeve        TDF  PE_I  mark=950,000.00
  holding       p-1  TDF  value=100,000.00
when
  distribution  p-1  60,000.00  from=TDF
""")
    (strike,) = short.asked(Asked(fund="TDF")).strikes
    assert strike.holds == ("LIQUIDITY",)
    assert "its NAV would be held: LIQUIDITY" in sentences(short.asked(Asked(fund="TDF")))[0]


@settings(max_examples=25)
@given(
    target=SHARES, cap=SHARES, mark=st.integers(0, 1_000_000_00),
    flows=st.lists(st.tuples(st.integers(0, 1), st.integers(1, 400_000_00)), max_size=3),
    amount=st.integers(1, 400_000_00), income=st.integers(0, 20),
)  # fmt: skip
def test_what_a_fund_buys_when_money_comes_is_what_headroom_foretold(
    target: str, cap: str, mark: int, flows: Sequence[tuple[int, int]], amount: int, income: int
) -> None:
    """With indices that stand still, the strike of the day is the one that was asked for."""
    text = f"""
given
  fund          TDF  assets=1,000,000.00  target={target}
  sleeve        TDF  PE_I  mark={format_amount(mark)}  income={income}%
  cap           fund  {cap}
  plan          PLN-1
  plan          PLN-2
when
""" + "".join(
        f"  contribution  p-{who}  {format_amount(minor)}  plan=PLN-{who + 1}\n"
        for who, minor in flows
    )
    day = played(text)
    asked = Asked("PLN-1", day.token("p-9"), "TDF", amount=format_amount(amount))
    told = day.asked(asked).strikes[1]
    order = f"  contribution  p-9  {format_amount(amount)}  plan=PLN-1\n  close\n"
    assert foretold(told) == bought(last_strike(played(text + order), "TDF"))


def foretold(strike: Strike) -> tuple[object, ...]:
    return (strike.net_flow_minor, strike.asked_minor, strike.granted_minor, strike.limit_id,
            strike.headroom_minor, strike.frozen)  # fmt: skip


def bought(event: SleevesBalanced) -> tuple[object, ...]:
    return (event.net_flow_minor, event.asked_minor, event.granted_minor, event.limit_id,
            event.headroom_minor, event.frozen)  # fmt: skip


# --- the command ---------------------------------------------------------------------------------


def test_an_archive_is_asked_like_a_broker(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = asyncio.run(ops_stage.archive(ops_stage.busy_log(), ops_stage.HOME, tmp_path / "a"))
    home = ops_stage.settings(tmp_path)
    asked = Asked(fund="TDF_2045", amount="1,000.00")
    assert run(home, asked, archive=folder, as_json=True) == 0
    said = json.loads(capsys.readouterr().out)
    assert [limit["limit_id"] for limit in said["limits"]] == ["TDF_2045-CAP"]
    assert said["session"] == "2026-11-25"
    assert run(home, Asked(plan="PLN-1"), archive=folder) == 0
    assert "Limits in force" in capsys.readouterr().out
    early = Asked(plan="PLN-1", known_at="2020-01-01T00:00")
    with pytest.raises(ConfigError, match="no plan PLN-1"):
        run(home, early, archive=folder)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (Asked(), "headroom of what"),
        (Asked(plan="PLN-1", amount="1.00"), "name the --fund"),
        (Asked(plan="PLN-1", fund="PRIVATE", amount="1.00"), "name the --participant"),
        (Asked(fund="PRIVATE", sells="LIQUID"), "name the --participant"),
        (Asked(participant="123-45-6789"), "never an identifier"),
        (Asked(participant="0" * 16), "nobody of this token"),
        (Asked(plan="PLN-9"), "no plan PLN-9"),
        (Asked(fund="NONE"), "no fund NONE"),
        (Asked(fund="PRIVATE", amount="1.234"), "--amount"),
        (Asked(fund="PRIVATE", amount="-1.00"), "more than nothing"),
        (Asked("PLN-1", "0" * 16, "PRIVATE", sells="NONE"), "--sells NONE"),
    ],
    ids=lambda each: "" if isinstance(each, str) else repr(each)[6:40],
)
def test_what_cannot_be_asked_is_refused(asked: Asked, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        played(EIGHTY).asked(asked)


# --- where features meet -------------------------------------------------------------------------

GATED = """
given
  session       Tue 2026-11-24
  fund          BDC  nav=25.0000  assets=1,000,000.00
  gate          BDC  policy=FIFO
  gate_cap      BDC  1%  period=DEALING_DAY  basis=NAV
  holding       p-1  BDC  value=100,000.00

when
  distribution  p-1  12,500.00  from=BDC
"""


def test_a_strike_counts_what_a_gate_would_let_out_before_the_close_and_after() -> None:
    day = played(GATED)
    (strike,) = day.asked(Asked(fund="BDC")).strikes
    # 1 % of 1,000,000.00 is let out of the 12,500.00 that wait at the plan.
    assert strike.net_flow_minor == -10_000_00
    assert day.asked(Asked(fund="BDC")).limits[0].total_minor == 990_000_00
    closed = played(f"{GATED}  close\n")
    assert last_strike(closed, "BDC").net_flow_minor == -10_000_00
    # What is left waits for the next session.
    (strike,) = closed.asked(Asked(fund="BDC")).strikes
    assert strike.net_flow_minor == -2_500_00


def test_a_limit_that_counts_what_may_be_called_leaves_the_room_of_the_strike() -> None:
    text = """
given
  session       Mon 2026-10-26
  fund          FUND  nav=10.0000  assets=10,000,000.00  target=20%
  sleeve        FUND  CREDIT  mark=500,000.00  measured=2026-09-30
  sleeve        FUND  PE_V  mark=300,000.00  measured=2026-09-30  commitment=900,000.00  called=300,000.00
  cap           fund  15%  counts_unfunded=yes

when
  contribution  p-1  100,000.00
"""  # noqa: E501  # a row of a story
    found = played(text).asked(Asked(fund="FUND"))
    # 15 % of 10,100,000.00, less 800,000.00 held and 600,000.00 that may be called.
    assert found.strikes[0].headroom_minor == 115_000_00
    assert last_strike(played(f"{text}  close\n"), "FUND").headroom_minor == 115_000_00
    assert row(found, "FUND").counted_minor == 1_400_000_00

"""`gateway show --as-of DATE --known-at TIME`: what held on a day, as far as it was known."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.ops.reading.orders import Asked
from gateway.ops.scenario.parser import parse
from gateway.ops.show import READS, Part
from tests.ops.bitemporal import STORIES, Story, play, story, told

TUESDAY, WEDNESDAY = date(2026, 11, 24), date(2026, 11, 25)
STRUCK = ("fund_id", "nav", "held", "status")
SUMS = ("batch_id", "trade_date", "state", "asked_minor", "accepted_minor", "rejected_minor")
HELD = ("plan_id", "fund_id", "held.units", "held.nav", "held.value_minor", "buys_unfilled_minor")
TOTALS = ("called_inside_minor", "called_outside_minor", "recallable_minor", "kept_minor",
          "unfunded_minor", "announced_minor")  # fmt: skip


# --- NAVs -------------------------------------------------------------------------------


def test_a_nav_is_held_until_its_release_was_recorded_and_stands_from_then_on() -> None:
    late, asked = story("held_nav_overridden_later"), Asked(fund="PE_ONLY", as_of=TUESDAY)
    held = [("PE_ONLY", 10_2600, True, "INDICATIVE")]
    stands = [("PE_ONLY", 10_0500, False, "OFFICIAL")]
    found = [late.rows("navs", "navs", late.known(asked, at), *STRUCK) for at in range(5)]
    assert found == [[], held, held, stands, stands]


def test_a_nav_that_stands_says_who_let_it_and_what_was_struck_first() -> None:
    late = story("held_nav_overridden_later")
    asked = Asked(fund="PE_ONLY", as_of=TUESDAY)
    (row,) = late.rows("navs", "navs", asked, "struck_nav", "released", "recorded_at")
    assert row == (10_2600, "ana and ben: decided in a scenario", late.moments[3])


def test_the_nav_of_a_day_without_a_session_is_that_of_the_session_before() -> None:
    late = story("held_nav_overridden_later")
    thanksgiving = Asked(fund="PE_ONLY", as_of=date(2026, 11, 26))
    assert late.rows("navs", "navs", thanksgiving, "session", "nav") == [("2026-11-25", 10_1000)]
    before = replace(thanksgiving, as_of=date(2026, 11, 23))
    assert late.rows("navs", "navs", before, "nav") == []


# --- orders -----------------------------------------------------------------------------


def test_a_late_order_belongs_to_its_day_once_it_was_recorded() -> None:
    day = story("closed_without_a_recordkeeper")
    asked = Asked(sender="RK_B", as_of=TUESDAY)
    timely = ("B1", "2026-11-24", "DECIDED", 500_00, 500_00, 0)
    late = ("LATE", "2026-11-24", "DECIDED", 2_300_00, 2_000_00, 300_00)
    found = [day.rows("orders", "batches", day.known(asked, at), *SUMS) for at in range(5)]
    assert found == [[], [timely], [timely], [timely, late], [timely, late]]
    refused = day.rows("rejections", "rejections", day.known(asked, 3), "name", "codes")
    assert refused == [("LATE", ["AS_OF_REQUIRED"])]
    assert day.rows("rejections", "rejections", day.known(asked, 2), "name") == []


def test_an_order_sent_after_the_close_is_no_order_of_the_day_it_was_booked_under() -> None:
    day = told("""An order that came after the close

given
  session       2026-11-24

when
  contribution  p-1  100.00  received=2026-11-24 16:30
""")
    assert day.rows("orders", "batches", Asked(as_of=TUESDAY), *SUMS) == []
    parked = [("B1", "2026-11-25", "PARKED", 100_00, 0, 0)]
    assert day.rows("orders", "batches", Asked(as_of=WEDNESDAY), *SUMS) == parked


def test_an_early_close_moves_orders_to_the_next_day_from_when_it_was_known() -> None:
    day = story("exchange_closes_in_mid_day")
    before = "2026-11-24T14:15 America/New_York"
    names = {
        (as_of, known): [
            name
            for (name,) in day.rows(
                "orders", "batches", Asked(as_of=as_of, known_at=known), "batch_id"
            )
        ]
        for as_of in (TUESDAY, WEDNESDAY)
        for known in (before, None)
    }
    assert names == {
        (TUESDAY, before): ["B1", "B2"],
        (WEDNESDAY, before): [],
        (TUESDAY, None): ["B1"],
        (WEDNESDAY, None): ["B2", "B3", "B4"],
    }


def test_the_lines_cut_on_a_day_are_those_of_its_orders() -> None:
    day = told("""A plan limit met on two days

given
  session       2026-11-24
  fund          ALT  nav=10.0000  assets=10,000,000.00  alternative=yes
  cap           plan  15%
  holding       p-1  total=10,000.00  alternatives=1,400.00

when
  contribution  p-1  200.00  into=ALT
  contribution  p-1  400.00  into=ALT  received=2026-11-24 16:30
  close

then
  replay  journal

when
  close
""")
    asked = Asked(as_of=TUESDAY)
    lines = day.rows("limits", "lines", asked, "batch_id", "trade_date", "diverted_minor")
    assert lines == [("B1", "2026-11-24", 70_00)]
    after = day.rows("limits", "lines", replace(asked, as_of=WEDNESDAY), "batch_id", "trade_date")
    assert after == [("B2", "2026-11-25")]
    assert day.rows("limits", "limits", day.known(asked, 0), "lines") == []


# --- unfunded ---------------------------------------------------------------------------


def test_unfunded_follows_what_was_booked_and_says_what_is_announced() -> None:
    calls = story("capital_call_in_the_fund")
    found = [calls.rows("unfunded", "commitments", calls.known(Asked(), at), *TOTALS)
             for at in range(5)]  # fmt: skip
    assert found == [
        [(0, 0, 0, 0, 2_000_000_00, 0)],
        [(0, 0, 0, 0, 2_000_000_00, -300_000_00)],
        [(0, 0, 0, 0, 2_000_000_00, -300_000_00)],
        [(300_000_00, 5_000_00, 0, 0, 1_700_000_00, 0)],
        [(300_000_00, 5_000_00, 120_000_00, 30_000_00, 1_820_000_00, 0)],
    ]


def test_a_call_stands_among_the_notices_until_the_day_it_is_booked() -> None:
    calls = story("capital_call_in_the_fund")
    fields = ("batch_id", "state", "due_date", "total_minor", "unfunded_effect_minor")
    call = ("N1", "TAKEN", "2026-11-10", 305_000_00, -300_000_00)
    days = {
        day: calls.rows("unfunded", "notices", Asked(as_of=day), *fields)
        for day in (date(2026, 10, 23), date(2026, 10, 26), date(2026, 11, 6), date(2026, 11, 9))
    }
    assert list(days.values()) == [[], [call], [call], []]
    before = Asked(as_of=date(2026, 11, 9))
    assert calls.rows("unfunded", "notices", calls.known(before, 2), *fields) == [call]


def test_a_notice_is_only_received_until_a_strike_looked_at_it_and_gone_if_refused() -> None:
    day = told("""A call in order and one that asks for too much

given
  session       Mon 2026-10-26
  fund          FUND  nav=10.0000  assets=10,000,000.00  target=20%
  sleeve        FUND  PE_V  mark=1,000,000.00  measured=2026-09-30  commitment=2,000,000.00

when
  notice        CALL  PE_V  inside=300,000.00  due=2026-11-10  noticed=2026-10-26
  notice        CALL  PE_V  inside=9,000,000.00  due=2026-11-10  noticed=2026-10-26

then
  replay  journal

when
  close
""")
    fields = ("batch_id", "state")
    assert day.rows("unfunded", "notices", day.known(Asked(), 1), *fields) == [
        ("N1", "RECEIVED"),
        ("N2", "RECEIVED"),
    ]
    assert day.rows("unfunded", "notices", day.known(Asked(), 2), *fields) == [("N1", "TAKEN")]
    assert day.rows("unfunded", "notices", Asked(sender="OTHER"), *fields) == []


def test_a_commitment_is_the_one_that_the_terms_of_the_day_have() -> None:
    day = told("""A fund with a commitment

given
  session       Mon 2026-10-26
  fund          FUND  nav=10.0000  assets=10,000,000.00  target=20%
  sleeve        FUND  PE_V  mark=1,000,000.00  measured=2026-09-30  commitment=2,000,000.00

when
  close
""")
    thursday = date(2026, 10, 29)
    asyncio.run(raised(day, 3_000_000_00, thursday))
    left = [
        day.rows("unfunded", "commitments", day.known(Asked(as_of=of), step), "unfunded_minor")
        for of in (date(2026, 10, 23), date(2026, 10, 28), thursday)
        for step in (1, 2)
    ]
    two, three = [(2_000_000_00,)], [(3_000_000_00,)]
    assert left == [[], [], two, two, two, three]
    assert day.rows("unfunded", "commitments", Asked(), "unfunded_minor") == two


async def raised(story: Story, commitment_minor: int, session: date) -> None:
    """Operations raises the commitment of the first sleeve there is from a session on."""
    stage = story.stage
    book = stage.world.book(session, "raised")
    fund = next(fund for fund in book.funds if fund.sleeves)
    (sleeve,) = fund.sleeves
    assert sleeve.calls is not None
    calls = replace(sleeve.calls, commitment_minor=commitment_minor)
    funds = (replace(fund, sleeves=(replace(sleeve, calls=calls),)),)
    change = replace(book, calendar=None, parties=(), plans=(), funds=funds)
    stage.press.say_bytes("operations", stage.messages.pack(change))
    await stage.pump()
    story.step_ended()


# --- instructions -----------------------------------------------------------------------


def test_an_instruction_is_in_the_state_that_was_known() -> None:
    split = story("instruction_settled_in_parts")
    asked = Asked(counterparty="RK_A", as_of=TUESDAY)
    states = [
        split.rows("instructions", "instructions", split.known(asked, at), "state", "settled_minor")
        for at in range(len(split.moments))
    ]
    plain = split.rows("instructions", "instructions", asked, "state", "settled_minor")
    assert states[0] == []
    assert states[-1] == plain
    assert len({str(each) for each in states}) > 2


def test_what_was_set_aside_is_of_no_day_and_known_since_its_stamp() -> None:
    day = told("""Bytes that nobody can read

given
  session       2026-11-24

when
  unreadable    RK_A  bytes=00ff
""")
    at = [
        day.rows("quarantine", "quarantine", day.known(Asked(), step), "topic") for step in (0, 1)
    ]
    assert at == [[], [("in.RK_A",)]]
    with pytest.raises(ConfigError, match="of no day: ask quarantine with --known-at alone"):
        day.rows("quarantine", "quarantine", Asked(as_of=TUESDAY))


# --- laws of every story ----------------------------------------------------------------


def questions(story: Story) -> list[tuple[str, Asked]]:
    """Every view, in turns plain, of the first session and of the open one."""
    days = (None, story.stage.world.session, story.stage.session)
    step = len(story.moments)
    turns = [(what, days[(step + at) % 3]) for at, what in enumerate(READS)]
    return [(what, Asked(as_of=None if what == "quarantine" else day)) for what, day in turns]


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_what_is_known_now_is_the_plain_answer_and_never_changes_afterwards(path: Path) -> None:
    answers: list[tuple[str, Asked, dict[str, Part]]] = []

    async def ask(story: Story) -> None:
        for what, asked in questions(story):
            plain = await story.parts(what, asked)
            now = story.known(asked, -1)
            answers.append((what, now, plain))
            assert await story.parts(what, now) == plain, (what, now)

    async def again() -> None:
        for scenario in parse(path.read_text("utf-8"), str(path)):
            answers.clear()
            story = await play(scenario, ask)
            for what, asked, before in answers:
                assert await story.parts(what, asked) == before, (what, asked)

    asyncio.run(again())


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_units_and_unfunded_are_those_of_the_desks(path: Path) -> None:
    async def compare() -> None:
        for scenario in parse(path.read_text("utf-8"), str(path)):
            story = await play(scenario)
            told = (await story.parts("units", Asked(), limit=1_000))["units"].rows
            shown = {(r.plan_id, r.fund_id): r.held.units for r in told if r.held.units}  # type: ignore[attr-defined]
            assert shown == omnibus(story)
            rows = (await story.parts("unfunded", Asked(), limit=1_000))["commitments"].rows
            left = {(r.fund_id, r.vehicle_id): r.unfunded_minor for r in rows}  # type: ignore[attr-defined]
            assert left == commitments(story)

    asyncio.run(compare())


def omnibus(story: Story) -> dict[tuple[str, str], int]:
    """Units by plan and fund, as plan partitions have them."""
    found: Counter[tuple[str, str]] = Counter()
    for seat in story.stage.seats:
        if seat.desk.name == "plan":
            accounts = seat.state.accounts
            plans, funds = list(seat.state.plan_slots), list(seat.state.fund_slots)
            for at, key in enumerate(accounts.unit_key.tolist()):
                plan = plans[int(accounts.plan[key >> 16])]
                found[plan, funds[key & 0xFFFF]] += int(accounts.units[at])
    return {key: units for key, units in found.items() if units}


def commitments(story: Story) -> dict[tuple[str, str], int]:
    """Unfunded commitments, as fund partitions have them."""
    return {
        (fund_id, vehicle_id): commitment.unfunded_minor
        for seat in story.stage.seats
        if seat.desk.name == "fund"
        for fund_id, fund in seat.state.funds.items()
        for vehicle_id, commitment in fund.commitments.items()
    }


# --- a NAV that was wrong ---------------------------------------------------------------


def test_units_of_an_error_day_as_known_then_and_as_known_now() -> None:
    wrong = story("nav_error_booked")
    asked = Asked(plan="PLN-1", fund="BALANCED", as_of=date(2026, 11, 23))
    then = wrong.rows("units", "accounts", wrong.known(asked, 1), "held.units")
    now = wrong.rows("units", "accounts", asked, "held.units")
    # Golden G23: 804.5052 as known then, 809.0615 as known now.
    assert sorted(then) == [(40_2253,), (804_5052,), (1_000_0000,)]
    assert sorted(now) == [(40_2253,), (809_0615,), (1_000_0000,)]


def test_a_corrected_nav_says_who_named_it_and_what_was_published() -> None:
    wrong = story("nav_error_booked")
    asked = Asked(fund="BALANCED", as_of=date(2026, 11, 23))
    fields = (*STRUCK, "struck_nav", "released")
    then = wrong.rows("navs", "navs", wrong.known(asked, 1), *fields)
    assert then == [("BALANCED", 12_43, False, "OFFICIAL", 12_43, "")]
    now = wrong.rows("navs", "navs", asked, *fields)
    assert now == [("BALANCED", 12_36, False, "CORRECTED", 12_43,
                    "ana and ben: a price of Friday was used")]  # fmt: skip


# --- cash breaks ------------------------------------------------------------------------

BREAK = ("kind", "counterparty", "expected_minor", "advised_minor", "age_days")


def test_breaks_are_open_until_what_resolves_them_was_recorded() -> None:
    cash = story("cash_advice_breaks")
    asked = Asked(as_of=WEDNESDAY)
    found = [sorted(cash.rows("breaks", "breaks", cash.known(asked, at), *BREAK))
             for at in range(4)]  # fmt: skip
    assert found[1] == [
        ("AMOUNT", "RK_A", 600_000_00, 60_000_00, 0),
        ("CURRENCY", "CUSTODIAN", -600_000_00, -600_000_00, 0),
        ("UNKNOWN", "RK_A", 0, 7_00, 0),
    ]
    assert found[2] == [("DUPLICATE", "CUSTODIAN", 0, -600_000_00, 0)]
    assert found[3] == []
    mine = cash.rows("breaks", "breaks", cash.known(Asked(counterparty="CUSTODIAN"), 1), "kind")
    assert mine == [("CURRENCY",)]


def test_a_break_grows_older_with_every_business_day() -> None:
    text = (
        "Nobody pays\n\ngiven\n  session  2026-11-24\n  bank  BANK  parties=RK_A\n\n"
        "when\n  contribution  p-1  600,000.00\n  close  through=2026-11-30\n"
        "\nthen\n  replay  journal\n"
    )
    unpaid = asyncio.run(play(parse(text, "unpaid")[0]))
    ages = [
        unpaid.rows("breaks", "breaks", Asked(as_of=day), "kind", "age_days")
        for day in (WEDNESDAY, date(2026, 11, 27), date(2026, 11, 30))
    ]
    assert ages == [[], [("MISSING", 1)], [("MISSING", 2)]]
    now = unpaid.rows("breaks", "breaks", Asked(), "kind", "age_days")
    assert now == [("MISSING", 3)]

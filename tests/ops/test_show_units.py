"""`gateway show units`: omnibus and accounts, of a day and as known at a moment."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

from gateway.ops.reading.orders import Asked
from tests.ops.bitemporal import story, told

TUESDAY, WEDNESDAY = date(2026, 11, 24), date(2026, 11, 25)
HELD = ("plan_id", "fund_id", "held.units", "held.nav", "held.value_minor", "buys_unfilled_minor")
SUMS = ("batch_id", "trade_date", "state", "asked_minor", "accepted_minor", "rejected_minor")


def test_units_of_a_release_are_of_the_held_day_and_known_from_the_release_on() -> None:
    late, asked = story("held_nav_overridden_later"), Asked(fund="PE_ONLY", as_of=TUESDAY)
    waits = [("PLN-1", "PE_ONLY", 0, 10_0000, 0, 1_000_00)]
    filled = [("PLN-1", "PE_ONLY", 99_5025, 10_0500, 1_000_00, 0)]
    found = [late.rows("units", "units", late.known(asked, at), *HELD) for at in range(5)]
    assert found == [[], waits, waits, filled, filled]
    both = late.rows("units", "units", Asked(fund="PE_ONLY", as_of=WEDNESDAY), *HELD)
    # 99.5025 and 100.0000 units at 10.1000.
    assert both == [("PLN-1", "PE_ONLY", 199_5025, 10_1000, 2_014_98, 0)]


def test_a_late_order_gets_its_units_on_the_day_it_is_as_of() -> None:
    day, asked = story("closed_without_a_recordkeeper"), Asked(sender="RK_B", as_of=TUESDAY)
    units = [day.rows("units", "units", day.known(asked, at), "held.units") for at in (2, 3, 4)]
    assert units == [[(50_0000,)], [(50_0000,)], [(250_0000,)]]


def test_stated_units_hold_from_the_day_they_were_held_on() -> None:
    day = told("""A statement of units

given
  session       2026-11-24
  holding       p-1  units=70.0000

when
  contribution  p-1  300.00
  close
""")
    monday = date(2026, 11, 23)
    asked = Asked(plan="PLN-1")
    units = {
        day_: day.rows("units", "accounts", replace(asked, as_of=day_), "held.units")
        for day_ in (monday - timedelta(days=3), monday, TUESDAY, None)
    }
    assert units == {
        monday - timedelta(days=3): [],
        monday: [(70_0000,)],
        TUESDAY: [(100_0000,)],
        None: [(100_0000,)],
    }
    assert day.rows("units", "units", Asked(session=monday), "held.units") == [(70_0000,)]


def test_units_of_accounts_are_listed_by_token_for_a_plan_or_a_participant() -> None:
    day = story("closed_without_a_recordkeeper")
    rows = day.rows("units", "accounts", Asked(plan="PLAN_B"), "participant", "held.units")
    assert sorted(units for _, units in rows if isinstance(units, int)) == [50_0000, 200_0000]
    for who, units in rows:
        one = Asked(participant=str(who))
        assert day.rows("units", "accounts", one, "participant", "held.units") == [(who, units)]
        assert day.rows("units", "units", one, "held.units", "accounts") == [(units, 1)]
    assert [who for who, _ in rows] == sorted(str(who) for who, _ in rows)
    assert set(asyncio.run(day.parts("units", Asked()))) == {"units"}
    (first,) = asyncio.run(day.parts("units", Asked(plan="PLAN_B"), limit=1))["accounts"].rows
    assert asyncio.run(day.parts("units", Asked(plan="PLAN_B"), limit=1))["accounts"].total == 2
    assert getattr(first, "participant", "") == rows[0][0]


def test_orders_can_be_asked_for_by_the_token_of_a_participant() -> None:
    day = story("closed_without_a_recordkeeper")
    (who, *_) = day.rows("orders", "exceptions", Asked(), "participant")[0]
    assert day.rows("orders", "batches", Asked(participant=str(who)), *SUMS) == [
        ("LATE", "2026-11-24", "DECIDED", 2_300_00, 2_000_00, 300_00)
    ]


def test_a_statement_that_corrects_units_counts_from_its_own_day_once_it_is_known() -> None:
    day = told("""Units stated again

given
  session       2026-11-24
  holding       p-1  units=70.0000

when
  contribution  p-1  300.00
  close

then
  replay  journal

when
  holding       p-1  units=90.0000
  close

then
  replay  journal

when
  holding       p-1  units=95.0000
  contribution  p-1  10.00
  close
""")
    monday, friday = date(2026, 11, 23), date(2026, 11, 27)
    units = {
        of: [day.rows("units", "units", day.known(Asked(as_of=of), at), "held.units")[0][0]
             for at in range(4)]
        for of in (monday, TUESDAY, WEDNESDAY, friday)
    }  # fmt: skip
    assert units == {
        monday: [70_0000, 70_0000, 70_0000, 70_0000],
        TUESDAY: [70_0000, 100_0000, 90_0000, 90_0000],
        WEDNESDAY: [70_0000, 100_0000, 90_0000, 95_0000],
        friday: [70_0000, 100_0000, 90_0000, 96_0000],
    }


def test_a_sale_that_waits_for_a_held_nav_is_told_with_the_units_that_are_still_there() -> None:
    day = told("""A sale at a NAV that is held

given
  session       2026-11-24
  fund          PE_ONLY  nav=10.0000  assets=10,000,000.00  tolerance=2%
  sleeve        PE_ONLY  PE_I  mark=10,000,000.00  measured=2026-09-30  beta=0.6
  level         PROXY  1000.00
  holding       p-1  PE_ONLY  units=70.0000

when
  mark          PE_I  10,260,000.00  measured=2026-11-24
  distribution  p-1  100.00  from=PE_ONLY
  close
""")
    fields = ("held.units", "buys_unfilled_minor", "sells_unfilled_minor")
    assert day.rows("units", "units", Asked(as_of=TUESDAY), *fields) == [(70_0000, 0, 100_00)]
    assert day.rows("units", "units", Asked(as_of=date(2026, 11, 23)), *fields) == [(70_0000, 0, 0)]

"""The demonstration's nation: the same from the same seed, realistic, and adding up.

Not here: its day through the desks (`test_nation_day`), its producer (`test_producer`).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from gateway.core.sessions import local_at, micros
from gateway.errors import ConfigError
from gateway.ops.calendars import us_calendar
from gateway.ops.demo.day import PHASES, Day, make_day
from gateway.ops.demo.folder import write_day
from gateway.ops.demo.funds import FUNDS, last_quarter, quarter_before
from gateway.ops.demo.nation import (
    NEAR_CAP_PLAN,
    RECORDKEEPERS,
    Sizes,
    make_nation,
    session_after,
)
from gateway.ops.demo.orders import LEAST, MOST, Form, day_orders

SESSION = date(2026, 11, 24)
SMALL = Sizes(plans=12, participants=300)
SEED = 4
PARTICIPANT_SCOPE, PLAN_SCOPE = 1, 2
PARTIES = {*RECORDKEEPERS, "BLACKSTONE", "KKR", "CUSTODIAN"}


@cache
def small_day(form: Form = "natural") -> Day:
    return make_day(SEED, SESSION, SMALL, form=form, batch_lines=100)


# --- the nation -------------------------------------------------------------------------


def written(day: Day, folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in write_day(day, folder)
    }


def test_the_same_seed_writes_the_same_bytes_and_another_seed_other_ones(tmp_path: Path) -> None:
    once = written(make_day(1, SESSION, SMALL), tmp_path / "once")
    again = written(make_day(1, SESSION, SMALL), tmp_path / "again")
    other = written(make_day(2, SESSION, SMALL), tmp_path / "other")
    assert once == again
    assert once.keys() == other.keys()
    assert once["orders/RK_NORTH.jsonl"] != other["orders/RK_NORTH.jsonl"]
    assert {name.split("/")[0] for name in once} == set(PHASES)


def test_plans_have_the_sizes_of_zipf_and_every_recordkeeper_some_of_them() -> None:
    nation = make_nation(SEED, SESSION)
    members = np.diff(nation.first)
    assert members.sum() == 20_000
    assert all(larger >= smaller for larger, smaller in pairwise(members.tolist()))
    assert members.min() >= 3
    for rank in (2, 4, 10, 50):
        assert abs(int(members[0]) - int(members[rank - 1]) * rank) < members[0] // 10 + 4 * rank
    plans = [nation.owner.count(owner) for owner in range(3)]
    assert plans == [100, 60, 40]


def test_balances_and_payroll_are_such_as_real_plans_have() -> None:
    nation = make_nation(SEED, SESSION)
    balances = nation.values().sum(axis=1)
    assert 30_000_00 < np.median(balances) < 46_000_00
    assert 100_000_00 < balances.mean() < 190_000_00
    orders = day_orders(nation)
    payroll = orders.payroll
    assert payroll.amount_minor.min() >= LEAST == 50_00
    assert payroll.amount_minor.max() <= MOST == 1_500_00
    assert 100_00 < np.median(payroll.amount_minor) < 250_00
    paid = len(np.unique(payroll.participant))
    assert 0.65 < paid / 20_000 < 0.75
    assert set(payroll.source.tolist()) == {0, 1, 2, 4, 9}


def test_a_fund_opens_with_the_units_its_participants_hold_and_assets_to_the_cent() -> None:
    day = small_day()
    held = dict(zip(FUNDS, day.nation.fund_units(), strict=True))
    for fund in day.book[0].funds:
        assert fund.opening_units == held[fund.fund_id] > 0
        assets = fund.liquid_minor + sum(sleeve.opening_minor for sleeve in fund.sleeves)
        assert abs(assets * 10**6 - fund.opening_units * fund.opening_nav) <= 10**6 // 2


def test_nobody_begins_above_a_limit() -> None:
    nation = make_nation(SEED, SESSION)
    values = nation.values()
    private, total = values[:, 3] + values[:, 4], values.sum(axis=1)
    assert (private * 100 <= total * 15).all()
    assert (private[nation.near_cap()] * 1_000 > total[nation.near_cap()] * 140).mean() > 0.9
    plan_private = np.bincount(nation.plan, private).astype(np.int64)
    plan_total = np.bincount(nation.plan, total).astype(np.int64)
    assert (plan_private * 100 <= plan_total * 10).all()
    assert plan_private[NEAR_CAP_PLAN] * 1_000 > plan_total[NEAR_CAP_PLAN] * 99


def test_a_nation_of_twenty_thousand_is_made_within_two_seconds() -> None:
    us_calendar(SESSION.year - 1, SESSION.year + 1)
    begun = time.process_time()
    make_day(SEED, SESSION)
    assert time.process_time() - begun < 2


def test_a_large_book_comes_in_several_messages_and_the_first_one_has_the_funds() -> None:
    day = make_day(SEED, SESSION, Sizes(2_500, 50_000))
    assert [len(change.plans) for change in day.book] == [1_000, 1_000, 500]
    assert [len(change.funds) for change in day.book] == [6, 0, 0]
    assert day.book[0].calendar is not None


def test_a_date_that_is_no_session_and_sizes_without_a_story_are_refused() -> None:
    with pytest.raises(ConfigError, match="2026-11-26 is no exchange session"):
        make_nation(SEED, date(2026, 11, 26))
    with pytest.raises(ConfigError, match="ask for 10 to 99999 plans"):
        Sizes(5, 20)


@pytest.mark.parametrize(
    ("now", "session"),
    [
        (datetime(2026, 11, 24, 14, 0, tzinfo=UTC), date(2026, 11, 24)),
        (datetime(2026, 11, 24, 22, 30, tzinfo=UTC), date(2026, 11, 24)),
        (datetime(2026, 11, 24, 22, 31, tzinfo=UTC), date(2026, 11, 25)),
        (datetime(2026, 11, 25, 4, 0, tzinfo=UTC), date(2026, 11, 25)),
        (datetime(2026, 11, 26, 15, 0, tzinfo=UTC), date(2026, 11, 27)),
        (datetime(2026, 11, 28, 15, 0, tzinfo=UTC), date(2026, 11, 30)),
    ],
)
def test_the_session_to_play_still_has_an_hour_to_its_valuation_cut_off(
    now: datetime, session: date
) -> None:
    assert session_after(us_calendar(2026, 2026), micros(now)) == session


@pytest.mark.parametrize("session", [date(2026, 1, 2), date(2026, 4, 30), SESSION])
def test_managers_have_reported_a_quarter_a_month_after_its_end(session: date) -> None:
    reported = last_quarter(session)
    assert 30 <= (session - reported).days <= 122
    assert (reported.month, reported.day) in {(3, 31), (6, 30), (9, 30), (12, 31)}
    assert 90 <= (reported - quarter_before(session)).days <= 92


# --- what is published ------------------------------------------------------------------


@pytest.mark.parametrize("form", ["natural", "columnar"])
def test_every_control_total_equals_its_lines_but_for_one_cent(form: Form) -> None:
    off: list[int] = []
    for sender in RECORDKEEPERS:
        for schema, body in small_day(form).messages("orders", sender):
            if "control_count" not in body:
                assert schema == ""
                continue
            amounts = amounts_of(body)
            assert body["control_count"] == len(amounts)
            declared = body["control_amount_minor"]
            assert isinstance(declared, int)
            off.append(sum(amounts) - declared)
    assert sorted(set(off)) == [0, 1]
    assert sum(off) == 1


def amounts_of(body: Mapping[str, object]) -> list[int]:
    if isinstance(columns := body.get("amounts_minor"), list):
        return columns
    lines = body["lines"]
    assert isinstance(lines, list)
    return [line["amount_minor"] for line in lines]


@pytest.mark.parametrize("form", ["natural", "columnar"])
def test_a_days_totals_are_those_of_the_batches_that_can_be_taken(form: Form) -> None:
    day = small_day(form)
    for sender in RECORDKEEPERS:
        taken: dict[object, list[int]] = {}
        for _, body in day.messages("orders", sender):
            if body.get("control_amount_minor") == sum(
                amounts_of(body) if "session" in body else []
            ):
                taken[body["batch_id"]] = amounts_of(body)
        totals = day.totals[sender]
        assert totals.batches == len(taken)
        assert totals.lines == sum(map(len, taken.values()))
        assert totals.amount_minor == sum(map(sum, taken.values()))


def test_some_orders_come_after_the_close_and_the_others_on_the_day() -> None:
    day = small_day()
    close = local_at(SESSION, 16 * 60, "America/New_York")
    orders = day_orders(day.nation)
    for lines in (orders.payroll, orders.exchanges):
        assert lines.received_at.min() > close - 6 * 3_600_000_000
        assert lines.received_at.max() < close + 2 * 3_600_000_000
    late = orders.payroll.plan[orders.payroll.received_at >= close]
    assert 0 < len(late) < len(orders.payroll.plan) // 5

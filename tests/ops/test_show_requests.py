"""`gateway show requests`: what went through gates, and what waits, now and as known then."""

from __future__ import annotations

from datetime import date

from gateway.ops.reading.orders import Asked
from tests.ops.bitemporal import story

MONDAY, TUESDAY = date(2026, 3, 30), date(2026, 3, 31)
GATE = ("session", "room_minor", "bound_by", "asked_minor", "met_minor", "queued_minor")
WAITS = ("plan_id", "fund_id", "requests", "asked_minor", "left_minor", "since")


def test_gates_and_what_waits_after_each_dealing_day() -> None:
    day = story("gated_exchange_in_the_fund")
    waiting = [
        day.rows("requests", "waiting", day.known(Asked(), at), *WAITS) for at in (1, 2, 3)
    ]  # fmt: skip
    left = [50_000_00, 50_000_00, 2_500_00]
    assert waiting == [
        [("PLN-1", "CREDIT", 2, 100_000_00, minor, str(MONDAY))] for minor in left
    ]  # fmt: skip
    gates = day.rows("requests", "gates", Asked(as_of=MONDAY), *GATE)
    assert gates == [(str(MONDAY), 50_000_00, "QUARTER_CAP", 100_000_00, 50_000_00, 50_000_00)]
    assert day.rows("requests", "gates", Asked(fund="BOND"), "session") == []


def test_what_waits_by_participant() -> None:
    day = story("gated_exchange_in_the_fund")
    rows = day.rows("requests", "waiting", Asked(plan="PLN-1"), "participant", "left_minor")
    assert sorted(left for _, left in rows if isinstance(left, int)) == [1_000_00, 1_500_00]
    (who, left), *_ = rows
    one = Asked(participant=str(who))
    assert day.rows("requests", "waiting", one, "left_minor") == [(left,)]
    assert day.rows("requests", "waiting", Asked(sender="RK_X"), "left_minor") == []


def test_units_of_a_day_before_the_gate_let_them_out() -> None:
    day = story("gated_exchange_in_the_fund")
    units = [
        day.rows("units", "units", Asked(fund="CREDIT", as_of=as_of), "held.units")
        for as_of in (date(2026, 3, 27), MONDAY, None)
    ]
    assert units == [[(30_000_0000,)], [(25_000_0000,)], [(20_250_0000,)]]


def test_what_was_withdrawn_by_session_plan_and_fund() -> None:
    day = story("request_withdrawn_before_the_dealing_day")
    columns = ("session", "lines", "withdrawn_minor", "noted_minor")
    assert day.rows("requests", "withdrawn", Asked(), *columns) == [
        ("2026-02-25", 2, 60_000_00, 0),
        ("2026-02-27", 1, 5_000_00, 0),
        ("2026-03-02", 1, 3_000_00, 0),
    ]
    asked = Asked(fund="BDC", as_of=date(2026, 2, 27))
    assert day.rows("requests", "withdrawn", asked, "withdrawn_minor") == [(5_000_00,)]
    assert day.rows("requests", "withdrawn", Asked(fund="BOND"), "withdrawn_minor") == []
    assert day.rows("requests", "withdrawn", Asked(sender="RK_X"), "withdrawn_minor") == []

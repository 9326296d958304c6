"""A wire's parts by submitter and trade date: together they are the wire, to the cent."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.wire_parts import WirePart, wire_parts

FIRST = date(2026, 11, 24)
DAY = timedelta(days=1)
LEGS = st.lists(
    st.tuples(
        st.sampled_from(("RK_A", "RK_B", "")), st.integers(0, 2).map(lambda n: FIRST + n * DAY),
        st.integers(-(10**9), 10**9),
    ),
    max_size=12,
)  # fmt: skip


def test_two_recordkeepers_find_their_own_money_in_one_wire_of_a_bank() -> None:
    legs = [("RK_B", FIRST, 50_00), ("RK_A", FIRST, 100_00), ("RK_A", FIRST, -30_00)]
    assert wire_parts(legs) == (
        WirePart("RK_A", FIRST, 100_00, 30_00),
        WirePart("RK_B", FIRST, 50_00, 0),
    )
    assert [part.amount_minor for part in wire_parts(legs)] == [70_00, 50_00]


def test_legs_that_cancel_out_keep_their_part() -> None:
    assert wire_parts([("RK_A", FIRST, 5_00), ("RK_A", FIRST, -5_00)]) == (
        WirePart("RK_A", FIRST, 5_00, 5_00),
    )


@given(LEGS)
def test_parts_add_up_to_the_wire_in_whatever_order_legs_come(
    legs: list[tuple[str, date, int]],
) -> None:
    parts = wire_parts(legs)
    assert sum(part.amount_minor for part in parts) == sum(minor for *_, minor in legs)
    keys = [(part.submitter, part.trade_date) for part in parts]
    assert keys == sorted({(who, day) for who, day, _ in legs})
    assert wire_parts(sorted(legs)) == wire_parts(reversed(legs)) == parts
    for who, day in keys:
        mine = [minor for one, other, minor in legs if (one, other) == (who, day)]
        (part,) = [each for each in parts if (each.submitter, each.trade_date) == (who, day)]
        assert part.gross_in_minor == sum(minor for minor in mine if minor > 0)
        assert part.gross_out_minor == -sum(minor for minor in mine if minor < 0)

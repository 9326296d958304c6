"""Capital returned to all holders of a fund, by the units they hold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.capital_returns import ReturnRow, returned


def test_holders_are_paid_by_units_whether_they_asked_or_not() -> None:
    rows = returned(9_500_00, 10_000_00, {"B": 11_000, "A": 8_000, "C": 0})
    assert rows == (ReturnRow("A", 8_000, 4_000_00), ReturnRow("B", 11_000, 5_500_00))


def test_no_more_is_returned_than_is_liquid_and_nothing_to_nobody() -> None:
    assert returned(9_500_00, 19_00, {"A": 8, "B": 11}) == (
        ReturnRow("A", 8, 8_00), ReturnRow("B", 11, 11_00),
    )  # fmt: skip
    assert [row.minor for row in returned(9_500_00, -1, {"A": 8})] == [0]
    assert returned(9_500_00, 1_00, {}) == returned(9_500_00, 1_00, {"A": 0}) == ()


def test_the_smallest_unit_is_a_holding() -> None:
    assert returned(5, 5, {"A": 1}) == (ReturnRow("A", 1, 5),)


@given(
    st.integers(0, 10**12), st.integers(-10, 10**12),
    st.dictionaries(st.sampled_from("ABCDEF"), st.integers(0, 10**12)),
)  # fmt: skip
def test_parts_add_up_and_are_within_a_cent_of_their_units(
    planned: int, liquid: int, holders: dict[str, int]
) -> None:
    rows = returned(planned, liquid, holders)
    amount, whole = max(0, min(planned, liquid)), sum(holders.values())
    assert sum(row.minor for row in rows) == (amount if whole else 0)
    for row in rows:
        assert abs(row.minor * whole - amount * row.units) < whole

"""Figures of fixed-width files: the point is implied, and blank is not zero."""

from __future__ import annotations

import pytest

from gateway.core.money import format_scaled, parse_implied


@pytest.mark.parametrize(
    ("digits", "scaled"), [("000012345", 12345), ("000000000", 0), ("999999999", 999999999)]
)
def test_digits_are_read_in_units_of_the_last_decimal(digits: str, scaled: int) -> None:
    assert parse_implied(digits) == scaled


def test_nine_digits_of_picture_9_7_v99_are_123_dollars_45() -> None:
    scaled = parse_implied("000012345")
    assert scaled is not None
    assert format_scaled(scaled, 2) == "123.45"


@pytest.mark.parametrize("blank", ["", "         "])
def test_a_blank_field_states_nothing(blank: str) -> None:
    assert parse_implied(blank) is None


@pytest.mark.parametrize("digits", ["12.45", "-00012345", " 00012345", "00001234A", "+1", "१२३"])
def test_anything_but_digits_is_refused(digits: str) -> None:
    with pytest.raises(ValueError, match="is not a field of digits"):
        parse_implied(digits)


def test_more_than_64_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="64 bits"):
        parse_implied("9" * 19)

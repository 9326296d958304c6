"""Check digits: the vectors of the trade, and every slip they are made to catch."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.identifiers import IdentifierKind, check_digits, is_valid

CUSIP, ISIN, LEI, ABA = IdentifierKind
ALPHABETS = {
    CUSIP: (string.digits + string.ascii_uppercase + "*@#", 8),
    LEI: (string.digits + string.ascii_uppercase, 18),
    ABA: (string.digits, 8),
}


@pytest.mark.parametrize(
    ("kind", "base", "check"),
    [
        (CUSIP, "03783310", "0"),
        (CUSIP, "38259P50", "8"),
        (CUSIP, "68389X10", "5"),
        (ISIN, "US037833100", "5"),
        (ISIN, "GB000263494", "6"),
        (ISIN, "AU0000XVGZA", "3"),
        (LEI, "5493001KJTIIGC8Y1R", "12"),
        (LEI, "TEST00ALTSGATEWAY0", "70"),
        (ABA, "02100002", "1"),
        (ABA, "01100001", "5"),
    ],
)
def test_a_base_takes_the_check_digits_it_has_in_the_trade(
    kind: IdentifierKind, base: str, check: str
) -> None:
    assert check_digits(kind, base) == check
    assert is_valid(kind, base + check)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (LEI, "5493001KJTIIGC8Y1R17"),
        (CUSIP, "037833101"),
        (ISIN, "US0378331006"),
        (ABA, "021000022"),
        (CUSIP, "03783310"),
        (CUSIP, "0378331000"),
        (CUSIP, "037833l00"),
        (ISIN, "0S0378331005"),
        (ISIN, "us0378331005"),
        (LEI, "5493001kjtiigc8y1r12"),
        (ABA, "02100002A"),
        (ABA, "²21000021"),
        (ABA, " 21000021"),
        (ABA, "021000021\n"),
        (LEI, ""),
        (ABA, "1"),
    ],
)
def test_an_identifier_that_was_mistyped_cut_off_or_written_otherwise_is_not_valid(
    kind: IdentifierKind, text: str
) -> None:
    assert not is_valid(kind, text)


@pytest.mark.parametrize(
    ("base", "check"),
    [("0*000000", "1"), ("0@000000", "9"), ("0#000000", "7"),
     ("*0000000", "1"), ("@0000000", "0"), ("#0000000", "9")],
)  # fmt: skip
def test_the_three_signs_of_a_cusip_stand_for_36_37_and_38(base: str, check: str) -> None:
    # In a second place they are doubled: the digits of 72, 74 and 76 add up to 9, 11 and 13.
    assert check_digits(CUSIP, base) == check


@pytest.mark.parametrize("kind", list(IdentifierKind))
def test_a_base_of_another_length_is_refused_with_its_kind(kind: IdentifierKind) -> None:
    with pytest.raises(ValueError, match=f"check digits of a {kind}"):
        check_digits(kind, "0")


@st.composite
def bases(draw: st.DrawFn) -> tuple[IdentifierKind, str]:
    kind = draw(st.sampled_from([CUSIP, LEI, ABA, ISIN]))
    if kind is ISIN:
        country = draw(st.text(string.ascii_uppercase, min_size=2, max_size=2))
        rest = string.digits + string.ascii_uppercase
        return kind, country + draw(st.text(rest, min_size=9, max_size=9))
    alphabet, length = ALPHABETS[kind]
    return kind, draw(st.text(alphabet, min_size=length, max_size=length))


@given(base=bases())
def test_check_digits_complete_any_base_and_no_others_do(base: tuple[IdentifierKind, str]) -> None:
    kind, body = base
    check = check_digits(kind, body)
    assert is_valid(kind, body + check)
    width = len(check)
    others = [f"{n:0{width}d}" for n in range(10**width) if f"{n:0{width}d}" != check]
    assert not any(is_valid(kind, body + other) for other in others)


@given(base=bases(), place=st.integers(0, 17), by=st.integers(1, 9))
def test_one_wrong_digit_is_always_found(
    base: tuple[IdentifierKind, str], place: int, by: int
) -> None:
    kind, body = base
    place %= len(body)
    if not body[place].isdigit():
        return
    wrong = body[:place] + str((int(body[place]) + by) % 10) + body[place + 1 :]
    assert not is_valid(kind, wrong + check_digits(kind, body))


@given(digits=st.text(string.digits, min_size=8, max_size=8), place=st.integers(0, 6))
def test_two_neighbours_changed_about_in_a_routing_number_are_found(
    digits: str, place: int
) -> None:
    left, right = digits[place], digits[place + 1]
    swapped = digits[:place] + right + left + digits[place + 2 :]
    # A difference of five escapes the weights 3, 7, 1; the rest do not.
    differ = (int(left) - int(right)) % 5 != 0
    assert is_valid(ABA, swapped + check_digits(ABA, digits)) is not differ

"""Check digits of the identifiers that arrive with orders, notices and wires.

An identifier that fails its own check was mistyped or cut off; that is found at the door,
before anything is keyed on it. Identifiers are compared as they are written in the trade:
upper case, without blanks or dashes. Many private funds have none of these: they go by the
issuer and its own number, which has no check digit.

Not here: who an identifier belongs to, and participants' numbers (law L8).
Source: domain.md §7.2.
"""

from __future__ import annotations

import re
from enum import StrEnum

CUSIP_SPECIALS = {"*": 36, "@": 37, "#": 38}
ABA_WEIGHTS = (3, 7, 1)
LEI_MODULUS = 97
LUHN_MODULUS = 10

_CUSIP_BASE = re.compile(r"[0-9A-Z*@#]{8}")
_ISIN_BASE = re.compile(r"[A-Z]{2}[0-9A-Z]{9}")
_LEI_BASE = re.compile(r"[0-9A-Z]{18}")
_ABA_BASE = re.compile(r"[0-9]{8}")


class IdentifierKind(StrEnum):
    """Identifiers that check themselves."""

    CUSIP = "CUSIP"
    ISIN = "ISIN"
    LEI = "LEI"
    ABA = "ABA"


_BASES = {
    IdentifierKind.CUSIP: _CUSIP_BASE,
    IdentifierKind.ISIN: _ISIN_BASE,
    IdentifierKind.LEI: _LEI_BASE,
    IdentifierKind.ABA: _ABA_BASE,
}
_CHECK_LENGTH = {kind: 2 if kind is IdentifierKind.LEI else 1 for kind in IdentifierKind}


def check_digits(kind: IdentifierKind, base: str) -> str:
    """The check digits that complete an identifier: two for a LEI, else one.

    Args:
        kind: What it is.
        base: The identifier without its check digits.

    Raises:
        ValueError: The base has another length or other characters than such an identifier.

    Source: domain.md §7.2 (CUSIP `03783310` takes 0, ISIN `US037833100` takes 5).
    """
    if _BASES[kind].fullmatch(base) is None:
        raise ValueError(f"{base!r} is not what stands before the check digits of a {kind}")
    match kind:
        case IdentifierKind.CUSIP:
            return str(_cusip_digit(base))
        case IdentifierKind.ISIN:
            return str(_luhn_digit(_digits(base)))
        case IdentifierKind.LEI:
            # 98 less the remainder of the base with two zeros, by ISO 7064 MOD 97-10.
            return f"{LEI_MODULUS + 1 - int(_digits(base) + '00') % LEI_MODULUS:02d}"
        case IdentifierKind.ABA:
            return str(-_aba_sum(base) % LUHN_MODULUS)


def is_valid(kind: IdentifierKind, text: str) -> bool:
    """Whether an identifier has the right length and characters, and passes its own check.

    Source: domain.md §7.2.
    """
    cut = len(text) - _CHECK_LENGTH[kind]
    base, check = text[: max(cut, 0)], text[max(cut, 0) :]
    return _BASES[kind].fullmatch(base) is not None and check == check_digits(kind, base)


def _digits(text: str) -> str:
    """Letters as numbers, A = 10 to Z = 35, written out."""
    return "".join(str(int(character, 36)) for character in text)


def _cusip_digit(base: str) -> int:
    """Every second character doubled, all digits added, the complement to ten."""
    total = 0
    for place, character in enumerate(base):
        special = CUSIP_SPECIALS.get(character)
        value = int(character, 36) if special is None else special
        value *= 1 + place % 2
        total += value // 10 + value % 10
    return -total % LUHN_MODULUS


def _luhn_digit(digits: str) -> int:
    """Every second digit from the right doubled, all digits added, the complement to ten."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 - place % 2)
        total += value // 10 + value % 10
    return -total % LUHN_MODULUS


def _aba_sum(digits: str) -> int:
    """The weighted sum of a routing number; a multiple of ten once the ninth digit is there."""
    weights = ABA_WEIGHTS * 3
    return sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=False))

"""Where the gateway and the reference come to something else, and why the reference does not.

Not here: either of the two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TypeVar

from tests.reference.answer import Answer

K = TypeVar("K")


def differences(right: Answer, gateway: Answer) -> list[str]:
    """A sentence for each difference, with the reference's reasoning under it."""
    found: list[str] = []
    for number in sorted({*right.lines, *gateway.lines}):
        here, there = right.lines.get(number), gateway.lines.get(number)
        if here != there:
            found.append(_told(f"line {number}", here, there, right.words.get(f"line {number}")))
    found += _unlike("NAV", right.navs, gateway.navs, right)
    found += _unlike("balance", right.balances, gateway.balances, right)
    found += _unlike("fill", right.fills, gateway.fills, right)
    for key in sorted({*right.shares, *gateway.shares}):
        share, other = right.shares.get(key), gateway.shares.get(key)
        if share != other:
            found.append(_told(f"share {_name(key)}", share, other, right.words.get(key[:3])))
    found += _unlike("units held of", right.held_units, gateway.held_units, right)
    owed, also = Counter(right.owed), Counter(gateway.owed)
    found += [f"owed by the reference alone: {each}" for each in (owed - also).elements()]
    found += [f"owed by the gateway alone: {each}" for each in (also - owed).elements()]
    found += _unlike("instruction", right.wires, gateway.wires, right)
    return found


def _unlike(
    what: str, right: Mapping[K, object], gateway: Mapping[K, object], told: Answer
) -> Iterator[str]:
    for key in sorted({*right, *gateway}, key=str):
        here, there = right.get(key), gateway.get(key)
        if here != there:
            yield _told(f"{what} {_name(key)}", here, there, told.words.get(key))


def _name(key: object) -> str:
    return " ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _told(about: str, right: object, gateway: object, words: list[str] | None) -> str:
    reasons = "".join(f"\n      {text}" for text in words or ())
    return f"{about}:\n    reference {right}\n    gateway   {gateway}{reasons}"

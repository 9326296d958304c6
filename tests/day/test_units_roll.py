"""A register whose units do not roll holds the NAV, and nobody can release it."""

from __future__ import annotations

import pytest

from gateway.core.units_roll import UnitsRoll
from gateway.ops.rehearse import rehearse_text

DAYS = """A unit turns up in the register that no order brought

given
  session       2026-11-24
  fund          FUND  nav=10.0000  units=1,000,000.000  unit_scale=3

when
  contribution  p-1  100.00
  close

then
  nav  FUND  10.0000  held=no

when
  close

then
  nav  FUND  held=yes  holds=UNITS_ROLL  opening_units=1,000,000.001  subscribed=10.000

when
  decide  RELEASE_NAV  FUND  session=2026-11-25

then
  answer  D1  REJECTED  codes=DECISION_STATE  says=cannot stand (UNITS_ROLL)
"""


def one_more(roll: UnitsRoll) -> UnitsRoll:
    return UnitsRoll(roll.opening + roll.subscribed - roll.redeemed + 1)


def test_units_that_no_order_brought_hold_the_nav_for_good(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(UnitsRoll, "again", one_more)
    (outcome,) = rehearse_text(DAYS, "x.day")
    assert [each for verdict in outcome.verdicts for each in verdict.differences] == []
    assert any("units the roll opens with" in str(law) for law in outcome.laws)

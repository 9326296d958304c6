"""`gateway headroom` where a strike is about more than orders: gates, and what may be called.

Not here: the ways in of participants (`test_headroom`).
"""

from __future__ import annotations

from gateway.ops.headroom.answer import Asked
from tests.ops.test_headroom import last_strike, played, row

GATED = """
given
  session       Tue 2026-11-24
  fund          BDC  nav=25.0000  assets=1,000,000.00
  gate          BDC  policy=FIFO
  gate_cap      BDC  1%  period=DEALING_DAY  basis=NAV
  holding       p-1  BDC  value=100,000.00

when
  distribution  p-1  12,500.00  from=BDC
"""


def test_a_strike_counts_what_a_gate_would_let_out_before_the_close_and_after() -> None:
    day = played(GATED)
    (strike,) = day.asked(Asked(fund="BDC")).strikes
    # 1 % of 1,000,000.00 is let out of the 12,500.00 that wait at the plan.
    assert strike.net_flow_minor == -10_000_00
    assert day.asked(Asked(fund="BDC")).limits[0].total_minor == 990_000_00
    closed = played(f"{GATED}  close\n")
    assert last_strike(closed, "BDC").net_flow_minor == -10_000_00
    # What is left waits for the next session.
    (strike,) = closed.asked(Asked(fund="BDC")).strikes
    assert strike.net_flow_minor == -2_500_00


def test_a_limit_that_counts_what_may_be_called_leaves_the_room_of_the_strike() -> None:
    text = """
given
  session       Mon 2026-10-26
  fund          FUND  nav=10.0000  assets=10,000,000.00  target=20%
  sleeve        FUND  CREDIT  mark=500,000.00  measured=2026-09-30
  sleeve        FUND  PE_V  mark=300,000.00  measured=2026-09-30  commitment=900,000.00  called=300,000.00
  cap           fund  15%  counts_unfunded=yes

when
  contribution  p-1  100,000.00
"""  # noqa: E501  # a row of a story
    found = played(text).asked(Asked(fund="FUND"))
    # 15 % of 10,100,000.00, less 800,000.00 held and 600,000.00 that may be called.
    assert found.strikes[0].headroom_minor == 115_000_00
    assert last_strike(played(f"{text}  close\n"), "FUND").headroom_minor == 115_000_00
    assert row(found, "FUND").counted_minor == 1_400_000_00

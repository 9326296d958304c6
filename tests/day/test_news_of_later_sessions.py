"""News of a later session changes nothing that orders of the open one are held against (law L4)."""

from __future__ import annotations

from datetime import date

from gateway.core.events import SessionAnnounced
from gateway.core.marks import NavStruck
from gateway.core.nav import NavStatus
from gateway.desks.desk import fold
from gateway.desks.plan_state import PlanState
from tests.ops.test_headroom import Played, played

OVERRIDDEN = """
given
  session       2026-11-24
  partitions    plan=1
  fund          PE_ONLY  nav=10.0000  assets=10,000,000.00  tolerance=2%
  sleeve        PE_ONLY  PE_I  mark=10,000,000.00  measured=2026-09-30  beta=0.6
  level         PROXY  1000.00
  holding       p-1  PE_ONLY  value=1,000.00

when
  level         PROXY  1004.00
  mark          PE_I  10,260,000.00  measured=2026-11-24
  contribution  p-1  100.00
  close

when
  # The contribution is filled on Wednesday: 100.00 / 8.00 = 12.5 units, still valued at 10.00.
  decide        OVERRIDE_NAV  PE_ONLY  session=2026-11-24  nav=8.0000
"""
WRONG = """
given
  session       Tue 2026-11-24
  partitions    plan=1
  fund          FUND  nav=10.0000  assets=1,000,000.00  as_of=2
  holding       p-1  FUND  value=1,000.00

when
  close

when
  decide        CORRECT_NAV  FUND  session=2026-11-24  nav=9.9000
"""


def plan_of(day: Played) -> PlanState:
    desk = day.stage.gateway.desks()["plan"]
    state: PlanState = fold(desk, desk.initial(0), day.events("plan"))
    return state


def test_a_session_announced_early_does_not_value_accounts_again() -> None:
    day = played(OVERRIDDEN)
    desk, state = day.stage.gateway.desks()["plan"], plan_of(day)
    assert state.session == date(2026, 11, 25)
    before = state.accounts.total.tolist()
    desk.evolve(state, SessionAnnounced(date(2026, 11, 27)))
    assert state.accounts.total.tolist() == before == [1_100_00]


def test_a_corrected_nav_is_adopted_with_its_correction_and_not_before() -> None:
    day = played(WRONG)
    heard = [event for event in day.events("plan") if isinstance(event, NavStruck)]
    assert heard[-1].status is NavStatus.CORRECTED
    tuesday = plan_of(day).navs["FUND"]
    assert tuesday[date(2026, 11, 24)] == 10_0000
    wednesday = plan_of(played(f"{WRONG}  close\n"))
    assert wednesday.navs["FUND"][date(2026, 11, 24)] == 9_9000

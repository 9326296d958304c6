"""Rows of scenarios that no golden uses, each in a day of its own."""

from __future__ import annotations

import pytest

from gateway.errors import ConfigError
from gateway.ops.rehearse import explain, rehearse_text


def told(text: str) -> str:
    found = [each for outcome in rehearse_text(text, "x.day") for each in outcome.differences]
    return "\n".join(line for each in found for line in explain("x.day", each))


def test_a_day_of_mourning_is_no_session() -> None:
    assert told("""
given
  session       Tue 2026-12-08
  closed        Wed 2026-12-09
when
  contribution  p-1  100.00  received=2026-12-08 16:30 New_York
  close
then
  accepted      p-1  100.00  trade_date=Thu 2026-12-10
  ask  settlement_date  2026-12-08  is=2026-12-10
""") == ""  # fmt: skip


def test_a_closure_announced_two_days_ahead_moves_the_trade_date() -> None:
    assert told("""
given
  session       Tue 2026-12-08
when
  closed        Thu 2026-12-10  from=2026-12-09
  close         through=2026-12-09
  contribution  p-1  100.00
then
  answer        change-1  ACCEPTED
  accepted      p-1  100.00  trade_date=Fri 2026-12-11
""") == ""  # fmt: skip


def test_an_early_close_moves_the_cut_off() -> None:
    assert told("""
given
  session       2026-12-08
  early_close   2026-12-08  13:00
when
  contribution  p-1  1.00  received=2026-12-08 12:59:59
  contribution  p-2  1.00  received=2026-12-08 13:00
then
  accepted      p-1
  parked        p-2  trade_date=2026-12-09
  ask  cut_off  2026-12-08  is=2026-12-08 13:00:00 New_York
""") == ""  # fmt: skip


def test_banks_shut_on_an_open_session_delay_settlement_alone() -> None:
    assert told("""
given
  session  2026-12-08
  closed   2026-12-09  bank
then
  ask  trade_date  2026-12-08 17:00 New_York  is=2026-12-09  settles=2026-12-10
  ask  trade_date  2026-12-08 15:00 New_York  is=2026-12-08  settles=2026-12-10
""") == ""  # fmt: skip


def test_a_cap_that_changes_holds_from_the_next_session() -> None:
    assert told("""
given
  cap       participant  15%
  holding   p-7  total=10,000.00  alternatives=1,400.00
when
  cap       participant  20%
  exchange  p-7  250.00
  close
  exchange  p-7  250.00
then
  answer    change-1  ACCEPTED
  accepted  p-7  100.00  trade_date=2026-11-24
  diverted  p-7  150.00  trade_date=2026-11-24
  accepted  p-7  250.00  trade_date=2026-11-25
""") == ""  # fmt: skip


def test_a_change_for_a_session_that_has_begun_is_refused() -> None:
    assert told("""
when
  cap     participant  20%  from=2026-11-24
then
  answer  change-1  REJECTED  codes=SESSION_CLOSED
""") == ""  # fmt: skip


def test_bytes_nobody_understands_are_set_aside() -> None:
    assert told("""
when
  unreadable   RK_A  07 72 75 62
  unreadable   RK_A  -
then
  quarantined  RK_A  codes=SCHEMA
  quarantined  RK_A  codes=SCHEMA
  only         quarantined
""") == ""  # fmt: skip


def test_a_sender_cannot_speak_for_a_plan_of_another() -> None:
    assert told("""
given
  plan          PLN-1  recordkeeper=RK_A
  plan          PLN-2  recordkeeper=RK_B
when
  contribution  p-1  100.00  sender=RK_B
  contribution  p-1  100.00  plan=PLN-9
  contribution  p-1  100.00  plan=PLN-1  into=NOWHERE
  contribution  p-1  100.00  currency=EUR
then
  rejected      p-1  100.00  code=NOT_THE_RECORDKEEPER
  rejected      p-1  100.00  code=UNKNOWN_PLAN  plan=PLN-9
  rejected      p-1  100.00  code=UNKNOWN_FUND
  rejected      p-1  100.00  code=CURRENCY
  only          rejected accepted
""") == ""  # fmt: skip


def test_an_index_nobody_publishes_holds_the_nav() -> None:
    assert told("""
when
  no_level      INDEX
  contribution  p-1  100.00
  close
then
  nav           FUND  held=yes  holds=PROXY_MISSING
  only          instruction confirmed
""") == ""  # fmt: skip


def test_a_level_recorded_after_the_valuation_cut_off_does_not_count() -> None:
    assert told("""
given
  fund   FUND  valuation_cut_off=18:00
when
  level  INDEX  1100.00  recorded=2026-11-24 18:00:00.000001
  close
then
  nav    FUND  holds=PROXY_MISSING
""") == ""  # fmt: skip


def test_a_mark_from_the_future_or_of_a_stranger_is_refused() -> None:
    assert told("""
given
  fund    TDF  assets=1,000,000.00
  sleeve  TDF  PE_I  mark=100,000.00  manager=KKR
when
  mark    PE_I   1.00  recorded=2026-11-24 12:00  measured=2026-11-25
  mark    OTHER  1.00  recorded=2026-11-24 12:00  sender=KKR
  close
then
  answer  S1  REJECTED  codes=MARK_FROM_THE_FUTURE
  answer  S2  REJECTED  codes=UNKNOWN_VEHICLE  sender=KKR
""") == ""  # fmt: skip


def test_an_instruction_lives_until_it_is_settled() -> None:
    text = """
when
  contribution  p-1  100.00
  close
  acknowledge   RK_A       ACKNOWLEDGED
  acknowledge   RK_A       SETTLED
  acknowledge   CUSTODIAN  FAILED  settlement_date=2026-11-25
then
  instruction   RK_A       pays      100.00  state=SETTLED
  instruction   CUSTODIAN  receives  100.00  state=FAILED
"""
    assert told(text) == ""


def test_orders_beyond_what_is_held_are_refused() -> None:
    assert told("""
given
  holding       p-1  FUND  units=10.0000
when
  distribution  p-1  95.01
  distribution  p-1  95.00
  distribution  p-1  0.01
then
  rejected      p-1  95.01  code=INSUFFICIENT_UNITS
  accepted      p-1  95.00  from=FUND
  rejected      p-1  0.01    code=INSUFFICIENT_UNITS
""") == ""  # fmt: skip


def test_a_plan_cap_binds_across_participants() -> None:
    assert told("""
given
  cap       plan  10%
  holding   p-1  total=50,000.00
  holding   p-2  total=50,000.00  alternatives=9,000.00
when
  exchange  p-1  2,000.00
then
  accepted  p-1  1,000.00
  diverted  p-1  1,000.00  limit=PLAN_CAP  headroom=1,000.00
""") == ""  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("when\n  repeat  B9\nthen\n", "x.day:2: no batch B9 was sent"),
        ("when\n  unreadable  RK_X  00\nthen\n", "x.day:2: no sender RK_X; there are operations"),
        ("when\n  unreadable  RK_A  zz\nthen\n", "x.day:2: non-hexadecimal number"),
        ("when\n  close\n  close  2026-11-24\nthen\n", "x.day:3: 2026-11-24 is closed; open is"),
        ("when\n  acknowledge  RK_A  SETTLED\nthen\n", "x.day:2: RK_A has no such instruction"),
        ("when\n  contribution  p  1.00  batch=B\n  contribution  q  1.00  batch=B  "
         "received=2026-11-24 16:00\nthen\n", "x.day:2: contributions of batch B differ"),
        ("given\n  session  Sat 2026-11-21\nthen\n", "2026-11-21 is not a session"),
        ("given\n  sleeve  X  PE  mark=1.00\nthen\n", "x.day:2: sleeve of X, but no such fund"),
        ("given\n  early_close  2026-11-28  13:00\nthen\n",
         "x.day:2: the calendar cannot be as given: 2026-11-28 has an early close but is no"),
        ("given\n  plan  P  liquid=Y\nthen\n", "x.day:2: plan of Y, but no such fund is given; "
         "there are FUND, PRIVATE, LIQUID"),
        ("given\n  cap  plan  1%  plan=Y\nthen\n", "x.day:2: cap of Y, but no such plan is given"),
        ("given\n  holding  p  Y  units=1\nthen\n", "x.day:2: holding of Y, but no such fund"),
        ("when\n  plan  P  funds=Y\nthen\n", "x.day:2: plan of Y, but no such fund"),
        ("given\n  plan  P  recordkeeper=market\nthen\n", "x.day: market has two parts to play"),
        ("given\n  fund  X  assets=1.00\n  sleeve  X  PE  mark=2.00\nthen\n",
         "the sleeves of X are worth more than it is"),
        ("given\n  cap  plan  1%  from=2026-11-25\nthen\n", "x.day:2: from= is for `when`"),
        ("given\n  holding  p  LIQUID  units=1.00001\nthen\n", "has more than 4 decimals"),
        ("given\n  fund  X\nwhen\n  exchange  p  1.00\nthen\n", "no fund is alternative: name one"),
        ("given\n  fund  X  nav=10  unit_scale=1\nthen\n", "got 10 and 1"),
        ("given\n  fund  X  nav=0.00\nthen\n", "a NAV is above zero"),
        ("given\n  partitions  plan=0\nthen\n", "partitions, plan: 0 is not from 1 to 64"),
        ("then\n  only  navs\n", "x.day:2: no row word 'navs'; the nearest is 'nav'"),
        ("then\n  holding  p  FUND  as_recorded=2\n", "as_recorded=2: blocks so far are 1 to 1"),
        ("then\n  ask  split  1.00  by=0 0  is=1.00\n", "x.day:2: ask split has no answer"),
        ("then\n  ask  roll_forward  1.00  beta=1  proxy=1 2 3  flows=1.00  is=1.00\n",
         "2 moves of the proxy need as many flows, got 1"),
        ("then\n  ask  trade_date  2050-01-01 10:00  is=2050-01-01\n",
         "x.day:2: ask trade_date has no answer"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_played_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        told(text)
    assert said in str(wrong.value)


def test_a_participant_nobody_knows_holds_nothing() -> None:
    assert "no holding for this came out" in told("then\n  holding  p  FUND  units=0\n")


def test_an_order_received_in_an_earlier_session_asks_for_an_as_of() -> None:
    assert told("""
given
  session       2026-11-24
when
  close
  contribution  p-1  1.00  received=2026-11-24 15:00
then
  rejected      p-1  1.00  code=AS_OF_REQUIRED
""") == ""  # fmt: skip


def test_a_closure_announced_the_day_before_moves_the_session_itself() -> None:
    assert told("""
given
  session       Tue 2026-12-08
when
  closed        Wed 2026-12-09  from=2026-12-09
  close         through=2026-12-08
  contribution  p-1  100.00
  close         through=2026-12-10
then
  answer        change-1  ACCEPTED
  accepted      p-1  100.00  trade_date=Thu 2026-12-10
  instruction   RK_A  pays  100.00  settlement_date=2026-12-11
""") == ""  # fmt: skip


def test_l4_a_statement_of_units_counts_from_the_session_after_its_own() -> None:
    assert told("""
given
  holding       p-7  FUND  units=100.0000
when
  contribution  p-7  10.00
  close
  holding       p-7  FUND  units=140.0000
  close
then
  holding       p-7  FUND  units=140.0000
  replay        from_zero
  replay        by_sender
  replay        one_by_one
""") == ""  # fmt: skip

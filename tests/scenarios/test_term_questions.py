"""Questions about terms that no golden asks, and those that have no answer."""

from __future__ import annotations

import pytest

from gateway.errors import ConfigError
from gateway.ops.rehearse import explain, rehearse_text


def told(text: str) -> str:
    found = [each for outcome in rehearse_text(text, "x.day") for each in outcome.differences]
    return "\n".join(line for each in found for line in explain("x.day", each))


def test_a_buffer_is_kept_in_its_band() -> None:
    assert told("""
then
  # 5 % of 10 m are 500,000.
  ask  buffer  250,000.00  10,000,000.00  band=3% 5% 8%  is=250,000.00
  ask  buffer  300,000.00  10,000,000.00  band=3% 5% 8%  is=0.00
  ask  buffer  900,000.00  10,000,000.00  band=3% 5% 8%  is=-400,000.00
""") == ""  # fmt: skip


def test_identifiers_check_themselves() -> None:
    assert told("""
then
  ask  identifier    LEI   5493001KJTIIGC8Y1R12  is=yes
  ask  identifier    LEI   5493001KJTIIGC8Y1R17  is=no
  ask  identifier    ABA   021000021             is=yes
  ask  check_digits  CUSIP  03783310             is=0
  ask  check_digits  ISIN   US037833100          is=5
  ask  check_digits  LEI    TEST00ALTSGATEWAY0   is=70
""") == ""  # fmt: skip


def test_a_month_cap_stands_alone_and_so_does_a_quarter_cap() -> None:
    assert told("""
then
  ask  gate_room  month_nav=100.00    month_cap=2%    paid=0.50         is=1.50
  ask  gate_room  quarter_nav=100.00  quarter_cap=5%  paid_before=3.00  paid=0.50  is=1.50
""") == ""  # fmt: skip


def test_a_forecast_counts_the_days_it_is_asked_for_on_the_calendar_named() -> None:
    assert told("""
then
  ask  forecast  5.00  2026-11-10  calls=6.00  due=2026-11-11  calendar=EXCHANGE  shortfall=1.00
  ask  forecast  5.00  2026-11-10  calls=6.00  due=2026-11-11  short_on=2026-11-12
  ask  forecast  5.00  2026-11-10  calls=4.00  due=2026-11-12  days=1  left=1.00
  ask  call_alarm  2026-11-13  2026-11-09  calendar=BANK  is=DUE_SOON
  ask  call_alarm  2026-11-13  2026-11-09  calendar=EXCHANGE  is=NONE
""") == ""  # fmt: skip


def test_a_partial_catch_up_and_a_hurdle_on_the_mark() -> None:
    terms = "rate=12.5%  hurdle=5%  kind=HARD  base=HIGH_WATER_MARK"
    assert told(f"""
then
  ask  performance_fee  105.50  start=100.00  rate=12.5%  hurdle=5%  catch_up=50%  is=0.25
  # Gain 9.50: 12.5 % of 9.50 - 5.525.
  ask  performance_fee  120.00  start=104.00  loss=6.50  {terms}  is=0.4969
""") == ""  # fmt: skip


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("repurchase_offer  1  tendered=9  outstanding=10  offer=5%  extra=3%  is=1",
         "3/100 of the units is more than the 2/100 that may be added"),
        ("repurchase_offer  9  tendered=8  outstanding=10  offer=5%  is=1",
         "more than all that is tendered"),
        ("buffer  1.00  2.00  band=3% 5%  is=0.00", "a band is low, target and high, got 2"),
        ("tranches  1 2  navs=1.00  pricing=ONE_NAV  is=1.00", "2 parts need as many NAVs, got 1"),
        ("gate  1.00  asks=1.00  held=1 2  policy=RATABLE  is=1.00", "1 requests need as many"),
        ("recapture  1.00  2027-01-04  waived=1.00  waived_on=-  is=1.00",
         "1 waivers need as many days, got 0"),
        ("forecast  1.00  2026-11-18  calls=1.00  left=0.00", "1 calls need as many days, got 0"),
        ("transmission  2026-11-23 15:58  2026-11-23 15:57  as_of=no", "before it was received"),
        ("check_digits  ABA  0210  is=1", "'0210' is not what stands before the check digits"),
        ("unfunded  1.00  inside=2.00  is=0.00", "a call takes more than is unfunded"),
    ],
)  # fmt: skip
def test_a_question_without_an_answer_says_why(question: str, said: str) -> None:
    with pytest.raises(ConfigError, match="has no answer") as wrong:
        told(f"then\n  ask  {question}\n")
    assert said in str(wrong.value)

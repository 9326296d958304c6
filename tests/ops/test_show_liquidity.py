"""`gateway show liquidity`: what funds can pay, and what was asked of their vehicles."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from gateway.ops.reading.orders import Asked
from gateway.ops.show import say
from tests.ops.bitemporal import story

MEANS = ("session", "liquid_minor", "calls_minor", "left_minor", "first_short")
REQUESTS = ("request_id", "asked_minor", "waiting_minor", "announced_minor")


def test_calls_of_ten_business_days_are_laid_against_the_liquid_sleeve() -> None:
    alarm = story("call_alarm_before_the_due_date")
    asked = Asked(fund="FUND", as_of=date(2026, 11, 6))
    assert alarm.rows("liquidity", "funds", asked, *MEANS) == [
        ("2026-11-06", 1_000_000_00, 1_300_000_00, -300_000_00, "2026-11-12")
    ]
    # Ten bank days after 26 October end on 9 November: nothing is due until then.
    early = Asked(fund="FUND", as_of=date(2026, 10, 26))
    assert alarm.rows("liquidity", "funds", early, *MEANS) == [
        ("2026-10-26", 1_000_000_00, 0, 1_000_000_00, None)
    ]


def test_what_can_be_paid_before_the_hard_cap_follows_from_what_is_held_after_the_session() -> None:
    band = story("fund_back_into_its_band")
    fields = ("alternative_minor", "net_assets_minor", "capacity_minor", "requested_minor")
    asked = Asked(fund="FUND", as_of=date(2026, 10, 26))
    # 2,000,000 of 10,000,000 under 25 %: 10,000,000 - 2,000,000 / 25 % = 2,000,000.
    assert band.rows("liquidity", "funds", asked, *fields) == [
        (2_000_000_00, 10_000_000_00, 2_000_000_00, 500_000_00)
    ]
    paid = Asked(fund="FUND", as_of=date(2026, 10, 28))
    assert band.rows("liquidity", "funds", paid, *fields) == [
        (1_600_000_00, 9_992_000_00, 3_592_000_00, 100_000_00)
    ]


def test_requests_say_what_waits_until_all_is_answered() -> None:
    band = story("fund_back_into_its_band")
    name = "RR-2026-10-26-FUND-CREDIT"
    found = [
        band.rows("liquidity", "requests", Asked(fund="FUND", as_of=date(2026, 10, day)), *REQUESTS)
        for day in (26, 28, 30)
    ]
    assert found == [
        [(name, 500_000_00, 500_000_00, 0)], [(name, 500_000_00, 100_000_00, 0)], [],
    ]  # fmt: skip


def test_gates_stand_until_others_replace_them(capsys: pytest.CaptureFixture[str]) -> None:
    gated = story("redemption_from_a_gated_vehicle")
    fields = ("vehicle_id", "kind", "cap", "first", "last")
    assert gated.rows("liquidity", "gates", Asked(), *fields) == [
        ("CREDIT", "CAP", "1/20", "2026-10-27", None),
        ("CREDIT", "SUSPENSION", "", "2026-10-28", "2026-10-29"),
    ]
    say("liquidity", list(asyncio.run(gated.parts("liquidity", Asked())).values()), as_json=True)
    assert '"capacity_minor"' in capsys.readouterr().out


def test_a_view_of_a_fund_that_is_not_there_is_empty() -> None:
    assert (
        story("call_alarm_before_the_due_date").rows(
            "liquidity", "funds", Asked(fund="NOBODYS"), *MEANS
        )
        == []
    )

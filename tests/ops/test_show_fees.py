"""`gateway show fees`, `gateway show disclosures`: what fees came to, what is told of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gateway.ops.reading.orders import Asked
from tests.ops.bitemporal import Story, story, told

FUND = Asked(fund="FUND")
DAY = ("session", "management_minor", "waived_minor", "recaptured_minor", "charged_minor")
OWED = ("paid_minor", "owed_minor")


def ledger(day: Story, asked: Asked, *fields: str) -> list[tuple[object, ...]]:
    return day.rows("fees", "fees", asked, *fields)


def test_the_ledger_has_what_was_accrued_waived_taken_back_and_paid() -> None:
    day = story("expense_cap_in_the_fund")
    assert ledger(day, FUND, *DAY, *OWED)[:4] == [
        ("2026-12-30", 150_68, 32_88, 0, 117_80, 0, 117_80),
        ("2026-12-31", 150_69, 32_87, 0, 117_82, 0, 235_62),
        ("2027-01-04", 602_73, 131_50, 0, 471_23, 235_62, 471_23),
        ("2027-01-05", 150_67, 0, 13_69, 164_36, 0, 635_59),
    ]
    # All that was waived was taken back in the end.
    totals = day.rows("fees", "totals", FUND, "waived_minor", "recaptured_minor", "charged_minor")
    assert totals == [(197_25, 197_25, 3_314_61)]


def test_the_ledger_has_what_crystallised() -> None:
    day = story("performance_fee_in_the_fund")
    fields = ("session", "first", "performance_minor", "crystallized_minor", "owed_minor")
    rows = [row for row in ledger(day, FUND, *fields) if row[2] or row[3]]
    assert rows == [
        ("2026-12-14", "2026-12-12", 37_500_00, 0, 37_500_00),
        ("2026-12-18", "2026-12-18", -37_500_00, 0, 0),
        ("2026-12-30", "2026-12-30", 150_000_00, 150_000_00, 0),
    ]


def test_the_ledger_ends_with_the_day_asked_for_and_knows_what_was_known() -> None:
    day = story("expense_cap_in_the_fund")
    until = replace(FUND, as_of=date(2026, 12, 31))
    assert [session for (session,) in ledger(day, until, "session")] == ["2026-12-30", "2026-12-31"]
    assert ledger(day, replace(FUND, session=date(2026, 12, 31)), *OWED) == [(0, 235_62)]
    known = [len(ledger(day, day.known(FUND, step), "session")) for step in range(4)]
    assert known == [0, 1, 2, 3]
    assert ledger(day, Asked(fund="NONE"), "session") == []


def test_expenses_are_told_as_a_share_and_for_each_thousand() -> None:
    day = story("expense_cap_in_the_fund")
    fields = ("expenses.num", "expenses.den", "net.num", "net.den", "per_thousand_minor")
    capped = replace(FUND, as_of=date(2027, 1, 4))
    # 0.87 %, of which 0.75 % are borne: 7.50 for each 1,000. From the next day on 0.70 %.
    assert day.rows("disclosures", "expenses", capped, *fields) == [(87, 10_000, 3, 400, 7_50)]
    assert day.rows("disclosures", "expenses", FUND, *fields) == [(7, 1_000, 7, 1_000, 7_00)]
    assert day.rows("disclosures", "expenses", day.known(FUND, 0), "observed", "days") == [
        (None, 0)
    ]


def test_what_was_charged_is_observed_as_a_share_of_average_net_assets() -> None:
    day = told("""Ten days at 3.65 % a year

given
  session  Tue 2026-11-24
  fund     FUND  nav=10.0000  assets=10,000,000.00  fee=3.65%

when
  close
""")
    # 1,000.00 of 10,000,000.00 on one day: 3.65 % a year.
    observed = ("observed.num", "observed.den", "days", "per_thousand_minor")
    assert day.rows("disclosures", "expenses", FUND, *observed) == [(73, 2_000, 1, 36_50)]


def test_a_quarters_charge_falls_on_plans_and_accounts_by_units_held() -> None:
    day = told("""Two plans and a rest

given
  session  Tue 2026-11-24
  plan     PLN-1
  plan     PLN-2
  fund     FUND  nav=10.0000  assets=10,000,000.00  fee=3.65%
  holding  p-1  FUND  value=1,000,000.00  plan=PLN-1
  holding  p-2  FUND  value=3,000,000.00  plan=PLN-1
  holding  p-3  FUND  value=2,000,000.00  plan=PLN-2

when
  close
""")
    fields = ("plan_id", "units", "charged_minor")
    # 1,000.00 on 1,000,000 units: 400.00, 200.00, and 400.00 on what no plan holds.
    plans = day.rows("disclosures", "charges", FUND, *fields)
    assert plans == [
        ("PLN-1", 400_000_0000, 400_00),
        ("PLN-2", 200_000_0000, 200_00),
        ("", 400_000_0000, 400_00),
    ]  # fmt: skip
    one = replace(FUND, plan="PLN-1")
    assert day.rows("disclosures", "charges", one, *fields) == plans[:1]
    accounts = day.rows("disclosures", "accounts", one, "units", "charged_minor")
    assert sorted(accounts) == [(100_000_0000, 100_00), (300_000_0000, 300_00)]
    assert day.rows("disclosures", "charges", day.known(FUND, 0), *fields) == []


def test_a_fee_that_fell_back_is_given_back_alike() -> None:
    day = told("""A quarter in which the performance fee of the last one is given back

given
  session  Thu 2026-12-31
  fund     FUND  nav=100.0000  assets=10,000,000.00  performance=20%  year_end=2027-06-30
  holding  p-1  FUND  value=5,000,000.00

when
  level    INDEX  1050.00
  close
  level    INDEX  1000.00
  close
""")
    fields = ("plan_id", "charged_minor")
    assert day.rows("disclosures", "charges", FUND, *fields) == [
        ("PLN-1", -50_000_00), ("", -50_000_00),
    ]  # fmt: skip

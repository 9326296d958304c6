"""`gateway show fees`, `gateway show disclosures`: what fees came to, what is told of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

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


FLAT = """A flat base: half of 300 m is promised to a drawdown holding

given
  session       Fri 2026-10-23
  fund          FUND  assets=300,000,000.00  fee=1.25%  fee_base=COMMITTED  fee_paid=YEAR
  sleeve        FUND  PE_V  mark=4,000,000.00  measured=2026-09-30  commitment=150,000,000.00

when
  close         through=2026-11-23
"""


def test_g27_each_accrual_can_be_worked_out_again() -> None:
    day = told(FLAT)
    fields = ("session", "days", "base", "base_minor", "rate.num", "rate.den", "day_count",
              "posted_minor", "cumulative_minor")  # fmt: skip
    rows = day.rows("fees", "accruals", FUND, *fields)
    flat = ("COMMITTED", 150_000_000_00, 1, 80, "ACT_365F")
    assert rows[:3] == [
        ("2026-10-23", 1, *flat, 5_136_99, 5_136_99),
        ("2026-10-26", 3, *flat, 15_410_96, 20_547_95),
        ("2026-10-27", 1, *flat, 5_136_98, 25_684_93),
    ]  # fmt: skip
    exact = ("accrued.num", "accrued.den", "since_paid.num", "since_paid.den")
    # 5,136.986301 a day, three of them over the weekend: 375,000,000/730 minor units.
    assert day.rows("fees", "accruals", FUND, *exact)[1] == (
        112_500_000, 73, 150_000_000, 73,
    )  # fmt: skip


def test_g27_rows_add_up_to_the_rounded_whole_and_not_to_rounded_days() -> None:
    day = told(FLAT)
    until = replace(FUND, as_of=date(2026, 11, 20))
    (whole,) = day.rows(
        "fees", "accrued", until, "days", "accrued.num", "accrued.den", "posted_minor",
        "paid_minor", "unpaid_minor",
    )  # fmt: skip
    days, num, den, posted, paid, unpaid = whole
    assert (days, posted, paid, unpaid) == (29, 148_972_60, 0, 148_972_60)
    # 148,972.602740 exactly.
    assert Fraction(148_972_60 * 73 + 20, 73) == Fraction(str(num)) / Fraction(str(den))


def test_what_was_posted_is_paid_or_owed_and_a_base_of_its_own_has_its_share() -> None:
    day = story("fee_on_committed_capital")
    whole = day.rows("fees", "accrued", FUND, "days", "posted_minor", "paid_minor", "unpaid_minor")
    # Eleven days until 30 November are paid, eight of December are owed.
    assert whole == [(19, 20_821_91, 12_054_79, 8_767_12)]
    fields = ("base", "share.num", "share.den", "net_minor")
    assert day.rows("fees", "accruals", FUND, *fields)[0] == (
        "COMMITTED", 1, 25, 10_000_000_00,
    )  # fmt: skip
    known = day.known(FUND, 1)
    assert len(day.rows("fees", "accruals", known, "session")) == 1


def test_g29_expenses_of_another_base_are_told_as_a_share_of_net_assets() -> None:
    day = told("""2 % of commitments twice as large as net assets, under a cap of 3 %

given
  session  Mon 2026-11-16
  fund     FUND  nav=10.0000  assets=10,000,000.00  fee=2%  fee_base=COMMITTED
  expenses  FUND  other_expenses=0.50%  expense_cap=3%
  sleeve   FUND  PE_V  mark=4,000,000.00  measured=2026-09-30  commitment=20,000,000.00

when
  close
""")
    fields = ("rate.num", "rate.den", "base", "management.num", "management.den", "expenses.num",
              "expenses.den", "net.num", "net.den", "per_thousand_minor")  # fmt: skip
    asked = ("disclosures", "expenses", FUND, *fields)
    # 4 % and 0.50 % are 4.50 %, of which 3 % are borne: 30.00 for each 1,000.
    assert day.rows(*asked) == [(1, 50, "COMMITTED", 1, 25, 9, 200, 3, 100, 30_00)]
    before = day.rows("disclosures", "expenses", day.known(FUND, 0), *fields)
    assert before == day.rows(*asked)
    # What was charged on the day: 1,095.89 less 410.96, of 10,000,000.00.
    observed = day.rows("disclosures", "expenses", FUND, "observed.num", "observed.den", "days")
    assert observed == [(4_999_989, 200_000_000, 1)]


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

"""Income that private credit and real estate are expected to earn between two marks.

Not here: rolling a mark forward with it (`nav`), which days lie between (the fund desk).
"""

from __future__ import annotations

from datetime import date

from gateway.core.money import Ratio

YEAR_DAYS = 365
NO_INCOME = Ratio(0, 1)


def daily_income(yearly: Ratio | None, before: date, session: date) -> Ratio:
    """Expected income from one session to the next as a share of value: ACT/365F, exact.

    Args:
        yearly: Expected income of a year as a share of value; None: none.
        before: The session the value was struck at last.
        session: The session; a weekend's income is in Monday's.

    Source: domain.md §3.2 (income assets accrue expected income daily), §4.3.
    """
    if yearly is None:
        return NO_INCOME
    return Ratio(yearly.num * (session - before).days, yearly.den * YEAR_DAYS)

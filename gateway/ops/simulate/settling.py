"""How the funds of a market count settlement, and which later days are shut.

Drawn from a chance of its own: whatever else happens in a market stays as it was.

Not here: the rest of what happens (`further`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random

from gateway.core.book import BookChange, CalendarTerms, FundTerms
from gateway.core.settling_days import SettlesOn

FRIDAY, MONDAY, TUESDAY = date(2026, 11, 27), date(2026, 11, 30), date(2026, 12, 1)
"""The last session, and the days after it on which its money moves."""


def settled(change: BookChange, drawn: int) -> BookChange:
    """The opening book with settlement terms for each fund, and days on which somebody is shut.

    Args:
        change: The opening book; its calendar has all sessions.
        drawn: Number of the market.
    """
    chance = Random(f"settling {drawn}")
    funds = tuple(_fund(fund, chance) for fund in change.funds)
    calendar = change.calendar
    if calendar is not None and chance.randrange(3):
        calendar = _shut(calendar, chance)
    return replace(change, funds=funds, calendar=calendar)


def _fund(fund: FundTerms, chance: Random) -> FundTerms:
    return replace(
        fund, settle_days=chance.choice((0, 1, 1, 1, 2, 3)),
        settles_on=chance.choice(tuple(SettlesOn)),
    )  # fmt: skip


def _shut(terms: CalendarTerms, chance: Random) -> CalendarTerms:
    """Banks shut on the last session or after it, the exchange only after it."""
    banks = chance.sample((FRIDAY, MONDAY, TUESDAY), chance.randint(0, 2))
    exchange = chance.sample((MONDAY, TUESDAY), chance.randint(0, 2))
    return replace(
        terms, version=f"{terms.version}+shut",
        bank_closed=tuple(sorted({*terms.bank_closed, *banks})),
        exchange_closed=tuple(sorted({*terms.exchange_closed, *exchange})),
    )  # fmt: skip

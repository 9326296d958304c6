"""Who takes part in a simulated day: sessions, parties, calendar and the gateway itself.

Not here: what happens (`market`), what is said (`streams`), in what order (`story`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from gateway.core.book import CalendarTerms, PartyTerms
from gateway.core.sessions import Calendar
from gateway.desks.desk import Desk, Topology
from gateway.desks.intake_lines import Keyring
from gateway.ops.calendars import calendar_terms, us_calendar
from gateway.shell.gateway import Gateway

SESSION = date(2026, 11, 24)
SESSIONS = (SESSION, SESSION + timedelta(days=1))
THREE_SESSIONS = (*SESSIONS, SESSION + timedelta(days=3))
"""With the session after Thanksgiving, which closes early."""
RECORDKEEPERS = ("RK_A", "RK_B")
MANAGERS = ("BLACKSTONE", "KKR")
SENDERS = ("operations", "market", *RECORDKEEPERS, *MANAGERS, "CUSTODIAN")
RECEIVERS = (*RECORDKEEPERS, *MANAGERS, "CUSTODIAN", "market")
NATIVE_RECEIVERS = (*RECORDKEEPERS, "CUSTODIAN")
"""Receivers of instructions that answer in the native dialect."""
VALUATION_MINUTES = 18 * 60 + 30
PARTIES = (
    *(PartyTerms(name, "RECORDKEEPER", name, "native") for name in RECORDKEEPERS),
    PartyTerms("BLACKSTONE", "MANAGER", "BLACKSTONE", "blackstone"),
    PartyTerms("KKR", "MANAGER", "KKR", "kkr"),
    PartyTerms("CUSTODIAN", "CUSTODIAN", "CUSTODIAN", "native"),
    PartyTerms("market", "MARKET", "market", "native"),
)


@cache
def terms() -> CalendarTerms:
    """The calendar that operations publishes with the opening book."""
    return calendar_terms(us_calendar(SESSION.year, SESSION.year))


@cache
def calendar() -> Calendar:
    """The same, to be asked."""
    return terms().calendar()


@dataclass(frozen=True)
class Home(Gateway):
    """A gateway whose desks are made once; a desk holds no state, so seats can share it."""

    def desks(self) -> dict[str, Desk[Any]]:
        """The five desks by name."""
        return _desks(self.topology)


@cache
def _desks(topology: Topology) -> dict[str, Desk[Any]]:
    whole = home(topology.plan, topology.fund, topology.cash, topology.dispatch)
    return Gateway.desks(whole)


def home(plan: int, fund: int, cash: int, dispatch: int = 1) -> Gateway:
    """The gateway of a simulated day, with so many partitions a desk."""
    return Home(
        Topology(SENDERS, plan, fund, cash, dispatch), RECEIVERS,
        {"BLACKSTONE": "blackstone", "KKR": "kkr"}, Keyring(b"the key of simulated days"),
    )  # fmt: skip

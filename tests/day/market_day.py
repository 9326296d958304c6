"""A small business day: two recordkeepers, three plans, three funds, two managers.

Everything goes in as bytes on the senders' topics, written with the published schemas.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from gateway.connector.protocol import Rendered
from gateway.core.book import (
    BookChange,
    CalendarTerms,
    FundTerms,
    PartyTerms,
    PlanTerms,
    SleeveTerms,
)
from gateway.core.limits import ExcessPolicy, Limit, LimitScope, Sharing
from gateway.core.money import Ratio
from gateway.desks.desk import Topology
from gateway.desks.intake_lines import Keyring
from gateway.log.port import Append
from gateway.ops.calendars import calendar_terms, us_calendar
from gateway.shell.gateway import Gateway
from gateway.wire.messages import Messages
from gateway.wire.registry import standard

SESSION = date(2026, 11, 24)
EPOCH = date(1970, 1, 1)
RECORDKEEPERS = ("RK_A", "RK_B")
MANAGERS = ("BLACKSTONE", "KKR")
SENDERS = ("operations", "market", *RECORDKEEPERS, *MANAGERS, "CUSTODIAN")
PLANS = {"PLN-1": "RK_A", "PLN-2": "RK_A", "PLN-3": "RK_B"}
PERSON = "123-45-6789"
VALUATION_MINUTES = 18 * 60 + 30


def days(day: date) -> int:
    return (day - EPOCH).days


def limit(name: str, scope: LimitScope, cap: str) -> Limit:
    return Limit(name, scope, Ratio.parse(cap), None, ExcessPolicy.TRIM, 90)


def calendar(session: date = SESSION) -> CalendarTerms:
    return calendar_terms(us_calendar(session.year - 1, session.year + 1))


def session_to_come(now: int) -> date:
    """The next session whose valuation cut-off is still to come, on a log with a real clock."""
    day = EPOCH + timedelta(microseconds=now)
    sessions = calendar(day).calendar()
    session = sessions.session_on_or_after(day)
    late = sessions.local_at(session, VALUATION_MINUTES) - now < 600_000_000
    return sessions.next_session(session) if late else session


def sleeve(vehicle: str, manager: str, value: int, session: date = SESSION) -> SleeveTerms:
    measured = session - timedelta(days=55)
    return SleeveTerms(vehicle, manager, "PROXY", Ratio(6, 10), 135, value, measured, 4000_00, None)


def fund(name: str, *sleeves: SleeveTerms, alternative: bool, liquid: int) -> FundTerms:
    total = liquid + sum(s.opening_minor for s in sleeves)
    return FundTerms(
        name, f"{name} fund", "TARGET_DATE_CIT", "USD", alternative, "CUSTODIAN", 4, 4, 10_0000,
        total * 10, liquid, "LIQUID", 1000_00, tuple(sleeves), Ratio.parse("10%"),
        limit(f"{name}-CAP", LimitScope.FUND, "15%"), Sharing.FIFO, Ratio.parse("2%"),
        VALUATION_MINUTES, 1, 0, None, None,
    )  # fmt: skip


def book(session: date = SESSION) -> BookChange:
    parties = (
        *(PartyTerms(rk, "RECORDKEEPER", rk, "native") for rk in RECORDKEEPERS),
        PartyTerms("BLACKSTONE", "MANAGER", "BLACKSTONE", "blackstone"),
        PartyTerms("KKR", "MANAGER", "KKR", "kkr"),
        PartyTerms("CUSTODIAN", "CUSTODIAN", "CUSTODIAN", "native"),
        PartyTerms("market", "MARKET", "market", "native"),
    )
    funds = (
        fund("TDF_2045", sleeve("BX_PE", "BLACKSTONE", 900_000_00, session), alternative=False,
             liquid=9_100_000_00),
        fund("MA_ALT", sleeve("KKR_EVG", "KKR", 100_000_00, session), alternative=True,
             liquid=1_900_000_00),
        fund("LIQ", alternative=False, liquid=5_000_000_00),
    )  # fmt: skip
    plans = tuple(
        PlanTerms(
            plan, rk, rk, "LIQ", ("TDF_2045", "MA_ALT", "LIQ"),
            limit("P15", LimitScope.PARTICIPANT, "15%"), limit("PL10", LimitScope.PLAN, "10%"),
        )
        for plan, rk in PLANS.items()
    )  # fmt: skip
    return BookChange("operations", "opening", session, calendar(session), parties, funds, plans)


def gateway(plan: int = 3, fund: int = 2, cash: int = 2) -> Gateway:
    return Gateway(
        Topology(SENDERS, plan, fund, cash, 2),
        (*RECORDKEEPERS, *MANAGERS, "CUSTODIAN", "market"),
        {"BLACKSTONE": "blackstone", "KKR": "kkr"},
        Keyring(b"a key for the tests"),
    )


@dataclass
class MarketDay:
    """Collects what each sender publishes, in order."""

    session: date = SESSION
    messages: Messages = field(default_factory=lambda: Messages(standard()))
    appends: list[Append] = field(default_factory=list)

    def say(self, sender: str, schema: str, **body: object) -> bytes:
        value = self.messages.pack(Rendered(f"inbound/{schema}", {"sender": sender, **body}))
        self.appends.append(Append(f"in.{sender}", 0, None, value))
        return value

    def tick(self, kind: str, session: date | None = None) -> None:
        for sender in SENDERS:
            body = {
                "sender": "clock",
                "kind": kind,
                "session": days(session or self.session),
                "moment_at": 0,
            }
            value = self.messages.pack(Rendered("inbound/Tick", body))
            self.appends.append(Append(f"in.{sender}", 0, None, value))

    def adopt(self, change: BookChange) -> None:
        self.appends.append(Append("in.operations", 0, None, self.messages.pack(change)))

    def holdings(self, sender: str, plan: str, who: str, **units: int) -> None:
        lines = [
            {"plan_id": plan, "participant_id": who, "fund_id": name, "units": held}
            for name, held in units.items()
        ]
        before = days(self.session - timedelta(days=1))
        self.say(sender, "HoldingsStatement", batch_id=f"H-{plan}", session=before,
                 lines=lines)  # fmt: skip

    def payroll(
        self,
        sender: str,
        batch: str,
        plan: str,
        received_at: int,
        lines: list[tuple[str, str, int]],
        control: int | None = None,
    ) -> bytes:
        total = sum(amount for _, _, amount in lines) if control is None else control
        rows = [
            {"participant_id": who, "money_source": "PRE_TAX", "fund_id": name, "amount_minor": a}
            for who, name, a in lines
        ]
        return self.say(
            sender, "ContributionBatch", batch_id=batch, session=days(self.session), currency="USD",
            plan_id=plan, received_at=received_at, control_count=len(lines),
            control_amount_minor=total, lines=rows,
        )  # fmt: skip

    def day_end(self, sender: str, batches: int, lines: int, amount: int) -> None:
        self.say(sender, "DayEnd", session=days(self.session), batches=batches, lines=lines,
                 amount_minor=amount)  # fmt: skip


BEFORE_CLOSE = 1_795_550_000_000_000  # 24 Nov 2026 before 16:00 in New York


def before_close(session: date) -> int:
    return calendar(session).calendar().cutoff_at(session) - 3_600_000_000


def settled_day(session: date = SESSION) -> MarketDay:
    """The book, the first tick and the holdings, as their senders publish them."""
    day = MarketDay(session)
    day.adopt(book(session))
    day.tick("SESSION_OPENED")
    day.holdings("RK_A", "PLN-1", PERSON, TDF_2045=8_200_0000, MA_ALT=1_180_0000)
    day.holdings("RK_B", "PLN-3", "p-9", TDF_2045=50_000_0000)
    return day


def traded(day: MarketDay) -> MarketDay:
    """The orders, prices and declarations of the day."""
    session, received_at = day.session, before_close(day.session)
    day.payroll("RK_A", "B1", "PLN-1", received_at,
                [(PERSON, "TDF_2045", 300_00), (PERSON, "MA_ALT", 9_000_00)])  # fmt: skip
    day.payroll("RK_A", "B2", "PLN-2", received_at, [("p-2", "TDF_2045", 1_000_01)])
    line = {"plan_id": "PLN-3", "participant_id": "p-9", "fund_id": "TDF_2045",
            "amount_minor": 2_500_00, "received_at": received_at}  # fmt: skip
    day.say("RK_B", "DistributionBatch", batch_id="D1", session=days(session), currency="USD",
            control_count=1, control_amount_minor=2_500_00, lines=[line])  # fmt: skip
    for index, level in (("LIQUID", 1001_00), ("PROXY", 4010_00)):
        day.say("market", "ProxyLevel", index_id=index, session=days(session), level=level)
    measured = (session - timedelta(days=55)).strftime("%Y%m%d")
    day.say("BLACKSTONE", "BlackstoneVehicleStatement", StatementRef="Q3", FundCode="BX_PE",
            InvestorRef="TDF_2045", AsOfDate=measured, Ccy="USD",
            CapitalBalance="905000.00")  # fmt: skip
    day.tick("VALUATION_CUT_OFF")
    day.day_end("RK_A", 2, 3, 300_00 + 9_000_00 + 1_000_01)
    day.day_end("RK_B", 1, 1, 2_500_00)
    return day

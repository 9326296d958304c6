"""Short sessions one after another, on a log that counts what is read of it.

The holdings and the amounts are the same every session, so whatever grows with the sessions is
something that a desk does not let go of.

Not here: what must hold of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from gateway.core.book import BookChange
from gateway.core.fee_terms import PerformanceFeeTerms
from gateway.core.gates import DealingDays, GateTerms
from gateway.core.liquidity import CapBasis, CapPeriod, GateCap
from gateway.core.money import Ratio
from gateway.core.performance_fees import HurdleBase, HurdleKind
from gateway.core.redemption_queue import CarryPolicy, TranchePricing
from gateway.core.settlement import SettlementInstruction
from gateway.log.memory import MemoryLog
from gateway.log.port import Append, Record
from gateway.shell.gateway import pump
from gateway.shell.seat import Seat
from gateway.shell.snapshots import Snapshots
from tests.day.market_day import (
    PERSON,
    SESSION,
    MarketDay,
    before_close,
    book,
    calendar,
    days,
    fund,
    gateway,
    sleeve,
)
from tests.shell.stage import Place, seated

CALENDAR = calendar().calendar()
HOME = replace(gateway(1, 1, 1), dialects={})
"""One partition of each desk, and senders that all speak the gateway's own dialect."""


class CountingLog(MemoryLog):
    """A log in memory whose clock is set, and that counts the records read of each partition."""

    def __init__(self) -> None:
        self.now = 0
        self.read_of: Counter[Place] = Counter()
        super().__init__(lambda: self.now)

    async def read(
        self, topic: str, partition: int, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[list[Record]]:
        async for records in super().read(topic, partition, start, stop):
            self.read_of[topic, partition] += len(records)
            yield records


def sessions(count: int) -> list[date]:
    """The first sessions of the year that is played."""
    found = [SESSION]
    while len(found) < count:
        found.append(CALENDAR.next_session(found[-1]))
    return found


_GATE = GateTerms(
    DealingDays.EVERY_SESSION, CarryPolicy.FIFO, TranchePricing.ONE_NAV,
    (GateCap("DAILY", Ratio(1, 20_000), CapBasis.NAV, CapPeriod.DEALING_DAY, True, SESSION, None),),
)  # fmt: skip
"""It lets out about 95.00 a day."""
_FEE = PerformanceFeeTerms(
    Ratio(1, 10), Ratio(0, 1), HurdleKind.SOFT, Ratio(1, 1), HurdleBase.START, "CUSTODIAN"
)


def opening() -> BookChange:
    """The book of the market day, with sleeves of one manager, and everybody at home here."""
    whole = book()
    mixed = replace(
        fund("MA_ALT", sleeve("BX_2", "BLACKSTONE", 100_000_00), alternative=True,
             liquid=1_900_000_00),
        gate=_GATE, performance=_FEE, as_of_sessions=2,
    )  # fmt: skip
    kept = tuple(mixed if terms.fund_id == "MA_ALT" else terms for terms in whole.funds)
    parties = tuple(replace(party, dialect="native") for party in whole.parties)
    return replace(whole, parties=parties, funds=kept)


def short_day(session: date) -> MarketDay:
    """A session: statements, orders, prices, marks, and the end of it."""
    day, at = MarketDay(session), before_close(session)
    if session == SESSION:
        day.adopt(opening())
    day.tick("SESSION_OPENED")
    day.holdings("RK_A", "PLN-1", PERSON, TDF_2045=8_200_0000, MA_ALT=1_180_0000)
    day.holdings("RK_B", "PLN-3", "p-9", TDF_2045=50_000_0000)
    day.payroll("RK_A", "B1", "PLN-1", at, [(PERSON, "TDF_2045", 300_00), (PERSON, "LIQ", 9_00)])
    day.payroll("RK_A", "B2", "PLN-2", at, [("p-2", "NO_SUCH_FUND", 1_00)])
    line = {"plan_id": "PLN-3", "participant_id": "p-9", "fund_id": "TDF_2045",
            "amount_minor": 2_500_00, "received_at": at}  # fmt: skip
    day.say("RK_B", "DistributionBatch", batch_id="D1", session=days(session), currency="USD",
            control_count=1, control_amount_minor=2_500_00, lines=[line])  # fmt: skip
    # On some days more than the gate lets out, so that a part waits for the next.
    asked = 160_00 if session.weekday() in (0, 2) else 5_00
    out = {"plan_id": "PLN-1", "participant_id": PERSON, "fund_id": "MA_ALT",
           "amount_minor": asked, "received_at": at}  # fmt: skip
    day.say("RK_A", "DistributionBatch", batch_id="D2", session=days(session), currency="USD",
            control_count=1, control_amount_minor=asked, lines=[out])  # fmt: skip
    back = {"plan_id": "PLN-1", "participant_id": PERSON, "fund_id": "LIQ", "amount_minor": 9_00,
            "received_at": at, "original_session": days(session), "original_batch_id": "B1",
            "original_line": 1, "original_trade_date": days(session),
            "original_received_at": at}  # fmt: skip
    day.say("RK_A", "CorrectionBatch", batch_id="R1", session=days(session), currency="USD",
            control_count=1, control_amount_minor=9_00, reason="REVERSAL",
            corrects="CONTRIBUTION", lines=[back])  # fmt: skip
    for index, level in (("LIQUID", 1000_00), ("PROXY", 4000_00)):
        day.say("market", "ProxyLevel", index_id=index, session=days(session), level=level)
    measured = session - timedelta(days=1)
    for vehicle, name, value in (("BX_PE", "TDF_2045", 900_000_00), ("BX_2", "MA_ALT", 100_000_00)):
        day.say("BLACKSTONE", "ManagerNav", statement_id=vehicle, vehicle_id=vehicle, fund_id=name,
                measurement_date=days(measured), currency="USD", value_minor=value)  # fmt: skip
    day.tick("VALUATION_CUT_OFF")
    day.day_end("RK_A", 4, 5, 300_00 + 9_00 + 1_00 + asked + 9_00)
    day.day_end("RK_B", 1, 1, 2_500_00)
    return day


def settlements(log: MemoryLog, session: date, heard: Counter[int]) -> list[Append]:
    """What the parties say of instructions that are new to them: each is settled.

    Args:
        log: Where instructions stand.
        session: The session.
        heard: How many of each dispatch partition they know; those they answer are added.
    """
    day = MarketDay(session)
    for partition in range(HOME.topology.dispatch):
        for record in log.records("gw.dispatch.inbox", partition, heard[partition]):
            heard[partition] += 1
            message = day.messages.unpack(record.value)
            assert isinstance(message, SettlementInstruction), message
            day.say(message.receiver, "InstructionAck", state="SETTLED", detail="",
                    instruction_id=message.instruction_id)  # fmt: skip
    return day.appends


async def played_sessions(
    log: CountingLog, store: Snapshots | None, count: int, *, repeated: bool = False
) -> AsyncIterator[tuple[int, list[Seat[Any]]]]:
    """Play sessions; after each, how many they are by now, and the seats that decided them.

    Args:
        log: Where it happens.
        store: Where they keep snapshots.
        count: How many sessions.
        repeated: Whether all that was said so far is said again after each.
    """
    said: list[Append] = []
    heard: Counter[int] = Counter()
    await log.create(HOME.topics())
    seats = await seated(log, HOME, store)
    for number, session in enumerate(sessions(count), 1):
        log.now = before_close(session)
        today = short_day(session).appends
        log.append_now(today)
        await pump(seats, log)
        answers = settlements(log, session, heard)
        log.append_now(answers)
        today += answers
        await pump(seats, log)
        said += today if repeated else ()
        log.append_now(said)
        await pump(seats, log)
        yield number, seats

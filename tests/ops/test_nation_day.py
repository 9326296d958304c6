"""The nation's day through the real desks on the in-process log, from bytes to instructions.

Not here: whether the nation is realistic (`test_nation`), a broker.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from gateway.connector.protocol import Rendered
from gateway.core.events import SleevesBalanced, TrueUpBooked
from gateway.core.marks import NavStruck
from gateway.core.nav import HoldReason, NavStatus
from gateway.core.orders import BatchStatus, OrderStatus
from gateway.core.sessions import local_at
from gateway.core.settlement import SettlementInstruction
from gateway.core.vocabulary import REJECT_CODES
from gateway.desks.intake_lines import Keyring
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.ops.demo.day import Day, make_day
from gateway.ops.demo.folder import write_day
from gateway.ops.demo.funds import FUNDS
from gateway.ops.demo.nation import RECORDKEEPERS, SENDERS, Sizes
from gateway.ops.demo.orders import Form
from gateway.ops.demo.producer import Encoder, outgoing
from gateway.shell.gateway import Gateway, pump
from gateway.shell.settings import Settings
from gateway.wire.messages import Messages
from gateway.wire.registry import schema_root, standard

SESSION = date(2026, 11, 24)
SMALL = Sizes(plans=12, participants=300)
SEED = 4
PARTICIPANT_SCOPE, PLAN_SCOPE = 1, 2
PARTIES = {*RECORDKEEPERS, "BLACKSTONE", "KKR", "CUSTODIAN"}


@cache
def small_day(form: Form = "natural") -> Day:
    return make_day(SEED, SESSION, SMALL, form=form, batch_lines=100)


@dataclass(frozen=True)
class Played:
    """A day that went through the desks."""

    home: Gateway
    log: MemoryLog

    def sent(self, topic: str) -> list[object]:
        messages = Messages(standard())
        partitions = self.home.topics()[topic]
        return [
            messages.unpack(record.value)
            for partition in range(partitions)
            for record in self.log.records(topic, partition)
        ]

    def events(self, desk: str) -> list[object]:
        messages = Messages(standard())
        topic = f"gw.{desk}.journal"
        return [
            event
            for partition in range(self.home.topics()[topic])
            for record in self.log.records(topic, partition)
            for event in messages.decided(record.value)[1]
        ]

    def instructions(self) -> dict[str, SettlementInstruction]:
        found = [
            message
            for message in self.sent("gw.dispatch.inbox")
            if isinstance(message, SettlementInstruction)
        ]
        assert len({instruction.counterparty for instruction in found}) == len(found)
        return {instruction.counterparty: instruction for instruction in found}


def appends(day: Day, folder: Path) -> list[Append]:
    """What the ordinary producer would publish."""
    encoder = Encoder(schema_root())
    return [
        Append(f"in.{path.stem}", 0, message.key, message.value)
        for path in write_day(day, folder)
        for message in outgoing(path, encoder)
    ]


def played(day: Day, folder: Path) -> Played:
    settings = Settings.model_validate(day.settings)
    home = Gateway(settings.topology(), (), settings.senders, Keyring(b"a key for the tests"))
    log = MemoryLog(lambda: local_at(day.session, 17 * 60, "America/New_York"))

    async def play() -> None:
        await log.create(home.topics())
        seats = home.seats(log)
        for seat in seats:
            await seat.open()
        log.append_now(appends(day, folder))
        await pump(seats, log)

    asyncio.run(play())
    return Played(home, log)


@pytest.fixture(scope="module")
def natural(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return played(small_day(), tmp_path_factory.mktemp("natural"))


def test_the_day_ends_with_one_instruction_a_party_and_they_add_up_to_zero(
    natural: Played,
) -> None:
    net = natural.instructions()
    assert set(net) == PARTIES
    assert sum(instruction.amount_minor for instruction in net.values()) == 0
    assert {i.settlement_date for i in net.values()} == {date(2026, 11, 25)}
    assert net["BLACKSTONE"].amount_minor < 0
    assert net["KKR"].amount_minor < 0


def trimmed(day: Played) -> Counter[int]:
    """How many lines were cut to some headroom, by the scope of the limit."""
    scopes: Counter[int] = Counter()
    for sender in RECORDKEEPERS:
        for status in day.sent(f"out.{sender}"):
            if isinstance(status, OrderStatus):
                cut = (status.line_accepted_minor > 0) & (status.line_diverted_minor > 0)
                scopes.update(status.scope[cut].tolist())
    return scopes


def test_a_participant_and_a_plan_are_trimmed_to_their_headroom(natural: Played) -> None:
    trims = trimmed(natural)
    assert trims[PARTICIPANT_SCOPE] >= 1
    assert trims[PLAN_SCOPE] >= 1


def navs(day: Played) -> dict[str, NavStruck]:
    return {m.fund_id: m for m in day.sent("out.RK_NORTH") if isinstance(m, NavStruck)}


def test_one_nav_is_held_one_is_an_estimate_and_the_others_are_official(natural: Played) -> None:
    struck = navs(natural)
    assert set(struck) == set(FUNDS)
    assert struck["INTERVAL"].held
    assert struck["INTERVAL"].holds == (HoldReason.TOLERANCE,)
    assert struck["TDF_2035"].status is NavStatus.ESTIMATED
    assert struck["TDF_2035"].holds == (HoldReason.STALE_MARK,)
    for fund in ("TDF_2045", "TDF_2055", "MA_ALT", "LIQ"):
        assert struck[fund].status is NavStatus.OFFICIAL


def test_newer_statements_of_both_managers_are_trued_up(natural: Played) -> None:
    booked = {
        (event.fund_id, event.vehicle_id): event
        for event in natural.events("fund")
        if isinstance(event, TrueUpBooked)
    }
    assert set(booked) == {("TDF_2045", "BX_PE"), ("MA_ALT", "KKR_EVERGREEN")}
    assert all(event.value_minor != event.estimate_minor for event in booked.values())


def test_a_fund_buys_less_than_it_asks_where_its_cap_or_a_stale_mark_stands(
    natural: Played,
) -> None:
    balanced = {
        event.fund_id: event
        for event in natural.events("fund")
        if isinstance(event, SleevesBalanced)
    }
    capped, stale, free = balanced["TDF_2055"], balanced["TDF_2035"], balanced["TDF_2045"]
    assert 0 < capped.granted_minor < capped.asked_minor
    assert not capped.frozen
    assert stale.frozen
    assert stale.granted_minor == 0 < stale.asked_minor
    assert 0 < free.granted_minor == free.asked_minor


USUAL = ("ACCEPTED", "CLOSED", "WARNED")


def test_what_is_wrong_on_purpose_is_answered_by_name_and_nothing_else_is_refused(
    natural: Played,
) -> None:
    answered: set[tuple[str, str, str, str]] = set()
    for sender in SENDERS:
        for status in natural.sent(f"out.{sender}"):
            if isinstance(status, BatchStatus) and status.verdict not in USUAL:
                codes = ",".join(code.value for code in status.codes)
                answered.add((sender, status.batch_id, status.verdict, codes))
            if isinstance(status, OrderStatus) and status.rejected_minor:
                for code in set(status.code.tolist()):
                    name = REJECT_CODES[code].value
                    answered.add((sender, status.batch_id, status.state, name))
    said = {
        (fault.sender, fault.batch_id, fault.answer, fault.code) for fault in small_day().faults
    }
    assert answered == said


def test_every_recordkeeper_closes_with_the_totals_that_were_expected(natural: Played) -> None:
    for sender, totals in small_day().totals.items():
        closed = [
            message
            for message in natural.sent(f"out.{sender}")
            if isinstance(message, BatchStatus) and message.verdict == "CLOSED"
        ]
        assert [(c.lines, c.amount_minor) for c in closed] == [(totals.lines, totals.amount_minor)]


def test_orders_after_the_close_are_told_that_they_wait_for_the_next_session(
    natural: Played,
) -> None:
    states = {
        (message.state, message.trade_date)
        for sender in RECORDKEEPERS
        for message in natural.sent(f"out.{sender}")
        if isinstance(message, OrderStatus)
    }
    assert ("PARKED", date(2026, 11, 25)) in states
    assert ("DECIDED", SESSION) in states


def test_l4_natural_and_columnar_contributions_give_the_same_instructions(
    natural: Played, tmp_path: Path
) -> None:
    columnar = played(small_day("columnar"), tmp_path)
    schemas = {m.schema for m in columnar.sent("in.RK_NORTH") if isinstance(m, Rendered)}
    assert "inbound/ContributionColumns" in schemas
    assert "inbound/ContributionBatch" not in schemas
    assert columnar.instructions() == natural.instructions()
    assert navs(columnar) == navs(natural)


@pytest.mark.parametrize(("plan", "fund", "cash"), [(1, 1, 1), (8, 3, 2)])
def test_l4_the_nations_instructions_do_not_depend_on_partitions_or_batch_sizes(
    natural: Played, plan: int, fund: int, cash: int, tmp_path: Path
) -> None:
    counts = {"plan": plan, "fund": fund, "cash": cash, "dispatch": 1}
    day = make_day(SEED, SESSION, SMALL, batch_lines=37, partitions=counts)
    assert played(day, tmp_path).instructions() == natural.instructions()


@pytest.mark.parametrize(
    ("seed", "session"),
    [(1, date(2026, 11, 27)), (2, date(2027, 1, 4)), (3, date(2026, 7, 2)), (8, date(2027, 3, 15))],
)
def test_the_story_is_the_same_with_other_seeds_and_sessions(
    seed: int, session: date, tmp_path: Path
) -> None:
    day = make_day(seed, session, SMALL)
    other = played(day, tmp_path)
    net = other.instructions()
    assert set(net) == PARTIES
    assert sum(instruction.amount_minor for instruction in net.values()) == 0
    assert {fund for fund, nav in navs(other).items() if nav.held} == {"INTERVAL"}
    trims = trimmed(other)
    assert trims[PARTICIPANT_SCOPE] >= 1
    assert trims[PLAN_SCOPE] >= 1
    balanced = [event for event in other.events("fund") if isinstance(event, SleevesBalanced)]
    assert any(0 < event.granted_minor < event.asked_minor for event in balanced)
    assert any(isinstance(event, TrueUpBooked) for event in other.events("fund"))


def test_l8_no_participant_of_the_nation_is_named_past_intake(natural: Played) -> None:
    for topic, partitions in natural.home.topics().items():
        if not topic.startswith(("in.", "gw.quarantine")):
            for partition in range(partitions):
                for record in natural.log.records(topic, partition):
                    assert b"PPT-" not in record.value, topic

"""Plays a scenario on an in-process log, with the desks that run in production.

Everything goes in as bytes on senders' topics; nothing is set by hand. What was said is
kept, so that the day can be decided once more in other ways (`again`).

Not here: what came out (`observe`), whether it is as expected (`checks`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from gateway.core.marks import NavStruck
from gateway.core.orders import BatchStatus
from gateway.core.sessions import Calendar
from gateway.errors import ConfigError
from gateway.log.memory import MemoryLog
from gateway.ops.scenario.corrections import correction_body, lines_of, usually_corrects
from gateway.ops.scenario.filed import changed, take_file
from gateway.ops.scenario.holdings import positions
from gateway.ops.scenario.home import gateway_of
from gateway.ops.scenario.lineage import said
from gateway.ops.scenario.liquidity import say_liquidity
from gateway.ops.scenario.parser import Scenario
from gateway.ops.scenario.parties import acknowledge, advice, decide, notice
from gateway.ops.scenario.publish import (
    Batch,
    Press,
    days,
    identifier,
    together,
)
from gateway.ops.scenario.words import Row
from gateway.ops.scenario.words_in import BOOK_WORDS, ORDER_WORDS
from gateway.ops.scenario.world import LEVEL_SCALE, World, calendar_of, scaled
from gateway.shell.evidence import violations
from gateway.shell.gateway import pump
from gateway.shell.seat import Seat
from gateway.wire.messages import Messages
from gateway.wire.registry import standard

HOUR = 3_600_000_000
MARKS_AT, VALUATION_AT, END_AT, OPENED_AT = 17 * 60, 18 * 60 + 30, 20 * 60, 8 * 60
DEADLINE_AT = 29 * 60
"""05:00 of the next day, as domain.md §1.3 has it."""


class Stage:
    """A scenario being played."""

    def __init__(self, scenario: Scenario) -> None:
        """Build the market and the desks; nothing is said before `open`."""
        self.world = World(scenario.path)
        self.line = scenario.line
        self._holdings: list[Row] = []
        partitions: dict[str, int] = {}
        for row in scenario.given:
            self._given(row, partitions)
        self.world.complete()
        world = self.world
        self.session = world.session
        self.gateway = gateway_of(world, partitions)
        self.messages = Messages(standard())
        self.log = MemoryLog(lambda: self.press.now)
        self.press = Press(self.log, self.messages)
        self.seats: list[Seat[Any]] = []
        self.levels: dict[str, int] = dict(world.levels)
        self._orders: dict[tuple[str, date, str], tuple[int, int]] = {}
        self._level_said: set[tuple[str, date]] = set()
        self._batches = self._statements = self._changes = self._decisions = 0

    def _given(self, row: Row, partitions: dict[str, int]) -> None:
        world = self.world
        if row.has("from"):
            raise ConfigError(
                f"{world.where(row)}: from= is for `when`; what is given holds at once"
            )
        match row.word.name:
            case "session":
                world.session = row.day("session", world.session)
            case "partitions":
                partitions |= {name: row.number(name) for name in row.values}
            case "level":
                level = scaled(row.figure("level"), LEVEL_SCALE, world.where(row))
                world.levels[row.text("index")] = level
            case "holding":
                self._holdings.append(row)
            case "book":
                world.session = take_file(world, row).session
            case _:
                world.adopt(row)

    @property
    def calendar(self) -> Calendar:
        """The calendar as the scenario has it."""
        return calendar_of(self.world.calendar())

    async def open(self) -> None:
        """Publish the book, open the first session and state what participants hold."""
        calendar, session = self.calendar, self.session
        if not calendar.is_session(session):
            raise ConfigError(f"{self.world.path}: {session} is not a session; name another")
        self.press.at(calendar.local_at(session, OPENED_AT))
        await self.log.create(self.gateway.topics())
        self.seats = self.gateway.seats(self.log)
        for seat in self.seats:
            await seat.open()
        change = self.world.book(session, "opening")
        self.press.say_bytes("operations", self.messages.pack(change))
        await self.pump()
        if not self._answers("operations"):
            told = self.messages.unpack(self.log.records("out.operations", 0)[-1].value)
            why = told.detail if isinstance(told, BatchStatus) else ""
            raise ConfigError(f"{self.world.path}:{self.line}: what is given makes no book: {why}")
        self._tick("SESSION_OPENED", OPENED_AT)
        if self._holdings:
            self._state_holdings(self._holdings)
        await self.pump()

    async def pump(self) -> None:
        """Let every desk decide what it has."""
        await pump(self.seats, self.log)

    async def play(self, rows: Sequence[Row]) -> None:
        """Let the rows of a `when` block happen, in order."""
        controls = {row.text("batch"): row for row in rows if row.word.name == "batch"}
        at = 0
        while at < len(rows):
            group = together(rows, at)
            await self._happen(group, controls)
            at += len(group)
        await self.pump()

    async def _happen(self, group: list[Row], controls: dict[str, Row]) -> None:
        row = group[0]
        self.line = row.line
        match row.word.name:
            case "batch":
                pass
            case "holding":
                self._state_holdings(group)
            case "book" | "repeat" | "unreadable":
                self._as_bytes(row)
            case "mark" | "notice" | "level" | "pay_back" | "vehicle_gate":
                self._recorded(row)
                self._from_outside(row)
            case "no_level":
                self._level_said.add((row.text("index"), self.session))
            case "day_end":
                await self._day_end(self._sender(row), row)
            case "close":
                await self._close(row)
            case "acknowledge":
                await acknowledge(self, row)
            case "advice":
                self._statements += 1
                await advice(self, row, self._statements)
            case "decide":
                await self._decide(row)
            case name if name in BOOK_WORDS:
                self._change(group)
            case name if name in ORDER_WORDS:
                self._order(group, controls)
            case name:
                raise AssertionError(f"nothing happens on {name}")

    def _as_bytes(self, row: Row) -> None:
        """A book file, what was said before, or bytes that are no message."""
        match row.word.name:
            case "book":
                self.press.say_bytes("operations", self.messages.pack(take_file(self.world, row)))
            case "repeat":
                self._repeat(row)
            case _:
                text = row.text("bytes")
                self.press.say_bytes(self._sender(row), bytes.fromhex("" if text == "-" else text))

    def _sender(self, row: Row, usual: str = "") -> str:
        sender = row.text("sender", usual)
        if sender not in self.gateway.topology.senders:
            known = ", ".join(self.gateway.topology.senders)
            raise ConfigError(f"{self.world.where(row)}: no sender {sender}; there are {known}")
        return sender

    # --- recordkeepers ------------------------------------------------------------------

    def _order(self, group: list[Row], controls: dict[str, Row]) -> None:
        world, first = self.world, group[0]
        usual = self.calendar.cutoff_at(first.day("booked", self.session)) - HOUR
        lines = lines_of(world, group, usual, self.press.batches, self.session)
        self._batches += 1
        batch_id = first.text("batch", f"B{self._batches}")
        sender = self._sender(first, world.recordkeeper_of(lines[0].plan))
        total = sum(line.amount_minor for line in lines)
        control = controls.get(batch_id, first)
        batch = Batch(
            first.word.name, batch_id, sender, first.text("currency", "USD"), tuple(lines),
            control.number("control_count", len(lines)), control.number("control_amount", total),
            first.text("kind", first.text("reason", "UNSTATED")),
            first.text("corrects", usually_corrects(first)),
        )  # fmt: skip
        session = first.day("booked", self.session)
        self._orders.setdefault((sender, session, batch_id), (len(lines), total))
        self.press.at(max(line.received_at for line in lines))
        self.press.batch(batch, session, correction_body(batch))

    def _state_holdings(self, rows: list[Row]) -> None:
        """One statement of each recordkeeper, for the day before the open session."""
        world = self.world
        stated: dict[str, list[dict[str, object]]] = {}
        for row in rows:
            plan = world.plan_of(row)
            for fund, units in positions(world, row, plan):
                line = {"plan_id": plan, "participant_id": identifier(row.text("participant")),
                        "fund_id": fund, "units": units}  # fmt: skip
                stated.setdefault(world.recordkeeper_of(plan), []).append(line)
        before = self.calendar.previous_session(self.session)
        for sender, lines in stated.items():
            self._statements += 1
            self.press.say(sender, "HoldingsStatement", {
                "batch_id": f"H{self._statements}", "session": days(before), "lines": lines,
            })  # fmt: skip

    def _repeat(self, row: Row) -> None:
        named = [key for key in self.press.sent if key[1] == row.text("batch")]
        if not named:
            raise ConfigError(f"{self.world.where(row)}: no batch {row.text('batch')} was sent")
        self.press.say_bytes(named[-1][0], self.press.sent[named[-1]])

    async def _day_end(self, sender: str, row: Row | None = None) -> None:
        """Declare what was accepted, or what the row says."""
        await self.pump()
        session = self.session if row is None else row.day("session", self.session)
        accepted = [
            self._orders[key]
            for key in ((s.sender, s.session, s.batch_id) for s in self._answers(sender))
            if key in self._orders and key[1] == session
        ]
        batches, lines = len(accepted), sum(count for count, _ in accepted)
        amount = sum(minor for _, minor in accepted)
        if row is not None:
            batches, lines = row.number("batches", batches), row.number("lines", lines)
            amount = row.number("amount", amount)
        self.press.say(sender, "DayEnd", {
            "session": days(session), "batches": batches, "lines": lines,
            "amount_minor": amount,
        })  # fmt: skip

    def _answers(self, sender: str) -> list[BatchStatus]:
        found = [self.messages.unpack(r.value) for r in self.log.records(f"out.{sender}", 0)]
        return [s for s in found if isinstance(s, BatchStatus) and s.verdict == "ACCEPTED"]

    # --- managers and the market --------------------------------------------------------

    def _from_outside(self, row: Row) -> None:
        match row.word.name:
            case "mark":
                self._mark(row)
            case "notice":
                self._statements += 1
                notice(self, row, self._statements)
            case "pay_back" | "vehicle_gate":
                self._statements += 1
                say_liquidity(self, row, self._statements)
            case _:
                level = scaled(row.figure("level"), LEVEL_SCALE, self.world.where(row))
                self._publish_level(row.text("index"), row.day("session", self.session), level)

    def _mark(self, row: Row) -> None:
        fund, manager = self.world.vehicle(row)
        self._statements += 1
        self.press.say(self._sender(row, manager), "ManagerNav", {
            "statement_id": row.text("statement", f"S{self._statements}"),
            "vehicle_id": row.text("vehicle"), "fund_id": row.text("fund", fund),
            "measurement_date": days(row.day("measured", self.session)), "currency": "USD",
            "value_minor": row.number("value"), **said(row),
        })  # fmt: skip

    def _recorded(self, row: Row) -> None:
        usual = self.calendar.local_at(self.session, MARKS_AT)
        self.press.at(row.number("recorded", usual))

    def _publish_level(self, index: str, session: date, level: int) -> None:
        self.levels[index] = level
        self._level_said.add((index, session))
        self.press.say("market", "ProxyLevel", {
            "index_id": index, "session": days(session), "level": level,
        })  # fmt: skip

    # --- operations and the clock -------------------------------------------------------

    def _change(self, rows: list[Row]) -> None:
        """Publish what rows of the book change, from a session to come."""
        following = self.calendar.next_session(self.session)
        session = rows[0].day("from", following)
        before = self.world.book(session, "before")
        for row in rows:
            self.world.adopt(row)
        self.world.check()
        self._changes += 1
        change = changed(before, self.world.book(session, f"change-{self._changes}"))
        self.press.say_bytes("operations", self.messages.pack(change))

    def _tick(self, kind: str, minutes: int) -> None:
        moment = self.calendar.local_at(self.session, minutes)
        self.press.at(moment)
        self.press.tick(self.gateway.topology.senders, kind, self.session, moment)

    async def _close(self, row: Row) -> None:
        last = row.day("through", self.session)
        if last < self.session:
            raise ConfigError(f"{self.world.where(row)}: {last} is closed; open is {self.session}")
        waiting = tuple(row.names("waiting"))
        while self.session <= last:
            await self._close_session(waiting)
            if waiting:
                return

    async def _close_session(self, waiting: tuple[str, ...] = ()) -> None:
        """Levels that nobody told, valuation, ends of day; then the next session opens."""
        session = self.session
        self.press.at(self.calendar.cutoff_at(session))
        for index in self.world.indices:
            if (index, session) not in self._level_said:
                usual = self.world.level(index)
                self._publish_level(index, session, self.levels.get(index, usual))
        self._tick("CUT_OFF", self.close_minutes(session))
        self._tick("VALUATION_CUT_OFF", VALUATION_AT)
        self.press.at(self.calendar.local_at(session, END_AT))
        for sender in self.world.recordkeepers:
            if sender not in waiting and not self._has_closed(sender):
                await self._day_end(sender)
        await self.pump()
        if waiting:
            self._tick("CLOSE_DEADLINE", DEADLINE_AT)
            await self.pump()
        else:
            await self._open_next()

    async def _open_next(self) -> None:
        self.session = self.calendar.next_session(self.session)
        self._tick("SESSION_OPENED", OPENED_AT)
        await self.pump()

    async def _decide(self, row: Row) -> None:
        self._decisions += 1
        await decide(self, row, self._decisions)
        kind = row.text("kind")
        if kind == "CLOSE_WITHOUT" and self._is_struck():
            await self._open_next()
        elif kind == "CLOSE_EARLY":
            self.world.closes_early(row.day("session", self.session), row.number("at"))

    def _is_struck(self) -> bool:
        """Whether the open session's NAVs are out: then it has closed at the desks."""
        told = (
            self.messages.unpack(record.value)
            for sender in self.world.recordkeepers
            for record in self.log.records(f"out.{sender}", 0)
        )
        return any(isinstance(n, NavStruck) and n.session == self.session for n in told)

    def close_minutes(self, session: date) -> int:
        """Local minutes after midnight of a session's close."""
        calendar = self.calendar
        return dict(calendar.early_closes).get(session, calendar.close_minutes)

    def _has_closed(self, sender: str) -> bool:
        found = [self.messages.unpack(r.value) for r in self.log.records(f"out.{sender}", 0)]
        return any(
            isinstance(s, BatchStatus) and s.verdict == "CLOSED" and s.session == self.session
            for s in found
        )

    async def broken_laws(self) -> list[str]:
        """The laws that what happened breaks, a sentence each."""
        names = [identifier(who) for who in self.world.participants]
        found = await violations(self.log, self.gateway, identifiers=names)
        return [f"law {each.law} does not hold in {each.where}: {each.detail}" for each in found]

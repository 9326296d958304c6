"""Plays a story on the log in memory: one story, one course of events.

Steps are read against the state they meet; one that finds nothing to do does nothing and
is not told. After the last step everything is said, taken and decided undisturbed. What
happened stands in the trace, a line each, and its digest tells two courses apart.

Not here: which steps (`story`), who owns what (`crew`), what must hold in the end (`verdict`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import blake2b
from itertools import takewhile
from random import Random

from gateway.connector.protocol import Rendered
from gateway.core.decisions import DecisionKind
from gateway.core.laws import Violation
from gateway.core.settlement import SettlementInstruction
from gateway.core.vocabulary import OPERATIONS
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.ops.simulate.at_once import AtOnce
from gateway.ops.simulate.crew import PRODUCTION, WORKERS, Cast, Crew
from gateway.ops.simulate.market import PEOPLE
from gateway.ops.simulate.stage import NATIVE_RECEIVERS, SENDERS, SESSIONS
from gateway.ops.simulate.story import Kind, Step, Story
from gateway.ops.simulate.streams import (
    MESSAGES,
    TICKS,
    Said,
    may_be_early,
    may_be_late,
    opens,
    streams,
)
from gateway.ops.simulate.watch import Broken, Fault, NoAnswer, Place
from gateway.shell.evidence import violations
from gateway.shell.gateway import Gateway
from gateway.wire.topics import DESKS

ROUNDS = 400
"""Far more rounds than a day needs to come to rest."""
EVERYTHING = 1_000_000
ANSWERS = ("ACKNOWLEDGED", "SETTLED")
MOST_HEARD = 4
SEEN_FIRST = frozenset((str(DecisionKind.RELEASE_NAV), str(DecisionKind.OVERRIDE_NAV)))


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a story.

    Attributes:
        log: Everything that was written.
        gateway: Who wrote it.
        trace: What happened, a line each.
        broken: A law that was seen broken on the way; the story ends there.
        digest: Of the trace and of every byte written.
    """

    log: MemoryLog
    gateway: Gateway
    trace: tuple[str, ...]
    broken: Violation | None
    digest: str


def play(story: Story, cast: Cast = PRODUCTION) -> Played:
    """Play a story to its end, or to the first law seen broken."""
    stage = _Stage(story, cast)
    broken = asyncio.run(stage.run())
    digest = blake2b("\n".join(stage.trace).encode(), digest_size=16)
    for topic, partitions in sorted(stage.crew.gateway.topics().items()):
        for partition in range(partitions):
            for record in stage.log.records(topic, partition):
                digest.update(b"%d %d " % (record.recorded_at, len(record.value)) + record.value)
    trace = tuple(stage.trace)
    return Played(stage.log, stage.crew.gateway, trace, broken, digest.hexdigest())


class _Stage:
    """A story being played."""

    def __init__(self, story: Story, cast: Cast) -> None:
        """Prepare."""
        self.trace: list[str] = []
        self.now = 0
        self.log = MemoryLog(lambda: self.now)
        self.crew = Crew(cast, story.partitions, self.log)
        self.left: dict[str, list[Said]] = streams(story.day, story.cuts)
        self.answered: dict[str, int] = {}
        self._steps = story.steps
        self._acts: dict[Kind, Callable[[Step], Awaitable[str]]] = {
            Kind.HEAR: self._hear,
            Kind.ELAPSE: self._elapse,
            Kind.QUIET: self._quiet,
            Kind.ROUND: self._round,
            Kind.DIE_IDLE: self._die_idle,
            Kind.RESTART: self._restart,
            Kind.SNAPSHOT: self._snapshot,
            Kind.LOSE_SNAPSHOT: self._lose_snapshot,
            Kind.MOVE: self._move,
            Kind.STEAL: self._move,
            Kind.OVERTAKE: self._overtake,
            Kind.REVIVE: self._revive,
            Kind.LATE_TICK: self._late_tick,
            Kind.ANSWER: self._answer,
            Kind.PROVE: self._prove,
        }

    async def run(self) -> Violation | None:
        """Play; the first law seen broken, if any."""
        asyncio.get_running_loop().set_default_executor(AtOnce())
        try:
            await self.crew.start()
            for step in self._steps:
                told = await self._acts.get(step.kind, self._take)(step)
                if told:
                    self.trace.append(told)
            await self._rest()
        except Broken as seen:
            return seen.violation
        # Whatever a desk with a bug raises is what the story came to, and worth its trace.
        except Exception as raised:
            return Violation("L5", "the gateway", f"stopped: {type(raised).__name__}: {raised}")
        return None

    async def _rest(self) -> None:
        """Say what is left, in the order of its times, and decide until all is quiet."""
        await self._decided_first(None)
        self._say_until(None, None)
        await self._decide_all()

    async def _decide_all(self) -> bool:
        """Let every seat take until all is quiet; whether there was anything to take."""
        for number in range(ROUNDS):
            waiting = [place for place in self.crew.places if self.crew.waiting(place)]
            if not waiting:
                return number > 0
            for place in waiting:
                start = self.crew.position[place]
                await self.crew.give(place, self.crew.records(place, start, EVERYTHING))
        raise Broken(Violation("L5", "the gateway", f"no rest after {ROUNDS} rounds"))

    def _decisions(self, until: int | None) -> list[int]:
        """When decisions about held NAVs are still to be said, up to a moment."""
        held = (said.at for said in self.left[OPERATIONS] if said.what in SEEN_FIRST)
        return [at for at in held if until is None or at <= until]

    async def _decided_first(self, until: int | None) -> None:
        """Before anything is said after a decision about a held NAV, everybody has been heard.

        People decide on what they have seen; what a later session is struck from comes after.
        """
        while due := self._decisions(until):
            for moment in (due[0] - 1, due[0]):
                self._say_until(moment, None)
                await self._decide_all()

    def _say_until(self, until: int | None, held_back: str | None) -> int:
        """Say what is left up to a moment, in the order of its times; how much that was."""
        due = [
            (said.at, at, number, said)
            for at, sender in enumerate(SENDERS)
            for number, said in enumerate(self.left[sender])
            if sender != held_back and (until is None or said.at <= until)
        ]
        for _, at, _, said in sorted(due):
            self._say(SENDERS[at], said)
            self.left[SENDERS[at]].remove(said)
        return len(due)

    def _say(self, sender: str, said: Said) -> None:
        self.now = said.at
        self.log.append_now([Append(f"in.{sender}", 0, None, said.value)])

    # --- what happens to workers ---------------------------------------------------------

    def _busy(self, step: Step) -> Place | None:
        """The place a step means: the next with something to decide."""
        places = self.crew.places
        desk = DESKS[step.who % len(DESKS)]
        mine = [index for index, place in enumerate(places) if place[0] == desk]
        first = mine[step.who // len(DESKS) % len(mine)]
        turned = places[first:] + places[:first]
        return next((place for place in turned if self.crew.waiting(place)), None)

    async def _take(self, step: Step) -> str:
        """One seat takes, disturbed or not."""
        place = self._busy(step)
        if place is None:
            return ""
        crew, size, back = self.crew, step.size, 0
        start = crew.position[place]
        match step.kind:
            case Kind.REDELIVER:
                back = min(start, 1 + step.how % 3)
            case Kind.PASS_OVER:
                waiting = crew.waiting(place)
                start = crew.watch.decided[place] + 1 + step.how % waiting
            case Kind.DIE_BEFORE_APPEND | Kind.NO_APPEND:
                crew.watch.fault = Fault.LOST_BEFORE
            case Kind.DIE_AFTER_APPEND | Kind.NO_ANSWER:
                crew.watch.fault = Fault.LOST_AFTER
        records = crew.records(place, start - back, size + back)
        if step.kind is Kind.STUTTER:
            records = [record for record in records for _ in range(2)]
        worker = crew.owner[place]
        told = f"worker {worker} takes {_name(place)} from {start - back}, {size + back} at most"
        try:
            await crew.give(place, records, acknowledged=step.kind is not Kind.LOSE_ACK)
        except NoAnswer:
            if step.kind in (Kind.DIE_BEFORE_APPEND, Kind.DIE_AFTER_APPEND):
                await crew.die(worker)
            else:
                await crew.reopen(place)
        finally:
            crew.watch.fault = None
        return told if step.kind is Kind.TAKE else f"{told}: {step.kind}"

    async def _round(self, step: Step) -> str:
        order = list(self.crew.places)
        Random(step.how).shuffle(order)
        busy = 0
        for place in order:
            records = self.crew.records(place, self.crew.position[place], step.size)
            busy += bool(await self.crew.give(place, records))
        return f"every seat takes {step.size} at most, shuffled by {step.how}" if busy else ""

    async def _die_idle(self, step: Step) -> str:
        lost = await self.crew.die(step.who % WORKERS)
        return f"worker {step.who % WORKERS} crashes, {len(lost)} partitions move"

    async def _restart(self, step: Step) -> str:
        place = self._place(step)
        await self.crew.restart(place)
        return f"worker {self.crew.owner[place]} makes its seat of {_name(place)} anew"

    async def _snapshot(self, step: Step) -> str:
        place = self._place(step)
        if self.crew.watch.decided[place] < 0:
            return ""
        self.crew.snapshot(place)
        return f"worker {self.crew.owner[place]} leaves a snapshot of {_name(place)}"

    async def _lose_snapshot(self, step: Step) -> str:
        place = self._place(step)
        lost = self.crew.shelf.lose(*place)
        return f"the newest snapshot of {_name(place)} is lost" if lost else ""

    async def _move(self, step: Step) -> str:
        place, noticed = self._place(step), step.kind is Kind.MOVE
        before = self.crew.owner[place]
        worker = (before + 1 + step.how % (WORKERS - 1)) % WORKERS
        await self.crew.move(place, worker, noticed=noticed)
        blind = "" if noticed else " and the old owner does not notice"
        return f"{_name(place)} moves from worker {before} to {worker}{blind}"

    async def _overtake(self, step: Step) -> str:
        """Between a seat's deciding and appending, another worker opens and takes as much."""
        place = self._busy(step)
        if place is None:
            return ""
        before = self.crew.owner[place]
        worker = (before + 1 + step.how % (WORKERS - 1)) % WORKERS
        records = self.crew.records(place, self.crew.position[place], step.size)

        async def overtake() -> None:
            await self.crew.move(place, worker, noticed=False)
            if step.how % 3:
                start = self.crew.position[place]
                await self.crew.give(place, self.crew.records(place, start, step.size))

        self.crew.watch.fault, self.crew.watch.overtake = Fault.OVERTAKEN, overtake
        try:
            await self.crew.give(place, records)
        finally:
            self.crew.watch.fault = self.crew.watch.overtake = None
        return f"worker {before} decides {_name(place)} while worker {worker} opens it and takes"

    async def _revive(self, step: Step) -> str:
        ghosts = sorted(self.crew.ghosts)
        if not ghosts:
            return ""
        place = ghosts[step.who % len(ghosts)]
        fenced = await self.crew.haunt(place, step.size)
        return f"an old owner of {_name(place)} takes and is fenced" if fenced else ""

    def _place(self, step: Step) -> Place:
        desk = DESKS[step.who % len(DESKS)]
        mine = [place for place in self.crew.places if place[0] == desk]
        return mine[step.who // len(DESKS) % len(mine)]

    # --- what happens to senders ---------------------------------------------------------

    async def _hear(self, step: Step) -> str:
        sender = SENDERS[step.who % len(SENDERS)]
        if not self.left[sender]:
            return ""
        count = min(1 + step.how % MOST_HEARD, len(self.left[sender]))
        await self._decided_first(self.left[sender][count - 1].at)
        count = min(count, len(self.left[sender]))
        if not count:
            return ""
        heard = [self.left[sender].pop(0) for _ in range(count)]
        for said in heard:
            self._say(sender, said)
        return f"{sender} says {', '.join(said.what for said in heard)}"

    async def _elapse(self, step: Step) -> str:
        """Everybody but one says what is due by a moment that somebody speaks at."""
        held_back = SENDERS[step.who % len(SENDERS)]
        moments = sorted({said.at for left in self.left.values() for said in left})
        if not moments:
            return ""
        until = moments[step.how % len(moments)]
        books = self._books() if held_back == OPERATIONS else []
        if books:
            # All before a book is there, so that the session before it can end without it.
            before = books[step.size % len(books)] - 1
            until = max(until, before)
            await self._decided_first(before)
            self._say_until(before, None)
        await self._decided_first(until)
        said = self._say_until(until, held_back)
        return f"{said} messages of all senders but {held_back} are said" if said else ""

    def _books(self) -> list[int]:
        """When books of later sessions than the first are still to be announced."""
        books = [said.at for said in self.left[OPERATIONS] if said.what == "BookChange"]
        return [at for at in books if at > opens(SESSIONS[0])]

    async def _quiet(self, _: Step) -> str:
        return "everything said so far is decided" if await self._decide_all() else ""

    async def _late_tick(self, step: Step) -> str:
        """The clock's next ticks stand later in a sender's topic than they would have."""
        sender = SENDERS[step.who % len(SENDERS)]
        left = self.left[sender]
        if self._decisions(None):
            # People would have waited for the session to be struck.
            return ""
        at = next((at for at, said in enumerate(left) if may_be_late(sender, said)), len(left))
        ticks = list(takewhile(lambda said: said.what in TICKS, left[at:]))
        after = list(takewhile(may_be_early, left[at + len(ticks) :]))
        after = after[: 1 + step.how % 4]
        if not after or not all(may_be_late(sender, tick) for tick in ticks):
            return ""
        late = [tick._replace(at=max(tick.at, after[-1].at)) for tick in ticks]
        left[at : at + len(ticks) + len(after)] = [*after, *late]
        names = ", ".join(tick.what for tick in ticks)
        return f"{names} in {sender}'s topic: {len(after)} messages later"

    async def _answer(self, step: Step) -> str:
        """A receiver answers the next instruction that reached it."""
        receiver = NATIVE_RECEIVERS[step.who % len(NATIVE_RECEIVERS)]
        names = self._reached(receiver)
        done = self.answered.get(receiver, 0)
        if done >= len(names) * len(ANSWERS):
            return ""
        self.answered[receiver] = done + 1
        name, state = names[done // len(ANSWERS)], ANSWERS[done % len(ANSWERS)]
        body = {"sender": receiver, "instruction_id": name, "state": state, "detail": ""}
        value = MESSAGES.pack(Rendered("inbound/InstructionAck", body))
        self._say(receiver, Said(self.now, value, state))
        return f"{receiver} answers {name}: {state}"

    def _reached(self, receiver: str) -> list[str]:
        names: list[str] = []
        for place in self.crew.places:
            if place[0] == "dispatch":
                records = self.crew.records(place, 0, self.crew.watch.decided[place] + 1)
                for record in records:
                    sent = MESSAGES.unpack(record.value)
                    if isinstance(sent, SettlementInstruction) and sent.receiver == receiver:
                        names.append(sent.instruction_id)
        return names

    async def _prove(self, _: Step) -> str:
        """Every law, over what stands there in the midst of the day."""
        found = await violations(
            self.log, self.crew.gateway, identifiers=PEOPLE, redecide=False, complete=False
        )
        if found:
            raise Broken(found[0])
        return "the laws are asked and hold"


def _name(place: Place) -> str:
    return f"{place[0]}/{place[1]}"

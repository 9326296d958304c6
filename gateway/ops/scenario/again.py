"""Decides what was said in a scenario once more, in another way, and compares the outcome.

The outcome is a hash over instructions, NAVs, confirmations and holdings. It must not
depend on how the day was delivered and decided (law L4), nor on a message that comes twice
(law L3).

Not here: the first time (`stage`).
Source: golden G33.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from gateway.core.marks import NavStruck
from gateway.core.orders import Confirmation
from gateway.desks.plan_state import PlanState
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.ops.scenario.stage import Stage
from gateway.shell.evidence import replay_partition
from gateway.shell.gateway import Gateway, pump
from gateway.shell.seat import Seat
from gateway.wire.messages import Messages
from gateway.wire.topics import DESKS, journal_of

Said = Sequence[tuple[int, Append]]


async def replayed(stage: Stage, how: str, count: int) -> str:
    """Whether deciding again in some way comes to the same: `same` or `different`.

    Args:
        stage: What was played.
        how: As the row `replay` has it.
        count: Partitions a desk, for `partitions`.
    """
    if how == "journal":
        topology = stage.gateway.topology
        outcomes = [
            await replay_partition(stage.log, stage.gateway, desk, partition)
            for desk in DESKS
            for partition in range(topology.partitions(desk))
        ]
        return "same" if all(each.divergence is None for each in outcomes) else "different"
    gateway, said = stage.gateway, list(stage.press.said)
    match how:
        case "partitions":
            topology = replace(gateway.topology, plan=count, fund=count, cash=count)
            gateway = replace(gateway, topology=topology)
        case "twice":
            said = [each for each in said for _ in range(2)]
        case "by_sender":
            said = sorted(said, key=lambda each: each[1].topic)
    cut = {"one_by_one": 1, "new_owners": 1}.get(how, len(said))
    log = await _play(gateway, said, cut, new_owners=how == "new_owners")
    before = outcome(stage.log, stage.gateway, stage.messages)
    return "same" if outcome(log, gateway, stage.messages) == before else "different"


async def _play(gateway: Gateway, said: Said, cut: int, *, new_owners: bool) -> MemoryLog:
    """Deliver what was said, so many messages at a time, to desks on a fresh log."""
    now = [0]
    log = MemoryLog(lambda: now[0])
    await log.create(gateway.topics())
    seats = await _seated(gateway, log)
    for at in range(0, len(said), max(cut, 1)):
        for stamp, append in said[at : at + cut]:
            now[0] = stamp
            log.append_now([append])
        if new_owners:
            seats = await _seated(gateway, log)
        await pump(seats, log, batch=cut)
    return log


async def _seated(gateway: Gateway, log: MemoryLog) -> list[Seat[Any]]:
    seats = gateway.seats(log)
    for seat in seats:
        await seat.open()
    return seats


def outcome(log: MemoryLog, gateway: Gateway, messages: Messages) -> str:
    """The hash of instructions, NAVs, confirmations and holdings."""
    topology = gateway.topology
    facts: list[bytes] = []
    for partition in range(topology.dispatch):
        facts.extend(record.value for record in log.records("gw.dispatch.inbox", partition))
    for topic in gateway.topics():
        if topic.startswith("out."):
            for record in log.records(topic, 0):
                message = messages.unpack(record.value)
                if isinstance(message, Confirmation | NavStruck):
                    facts.append(topic.encode() + record.value)
    for partition in range(topology.plan):
        facts.extend(_holdings(log, gateway, messages, partition))
    digest = blake2b(digest_size=16)
    for fact in sorted(facts):
        digest.update(len(fact).to_bytes(8, "big") + fact)
    return digest.hexdigest()


def _holdings(log: MemoryLog, gateway: Gateway, messages: Messages, partition: int) -> list[bytes]:
    """Every position of a plan partition that has units, folded from its journal."""
    desk = gateway.desks()["plan"]
    state: PlanState = desk.initial(partition)
    for record in log.records(*journal_of("plan", partition)):
        for event in messages.decided(record.value)[1]:
            desk.evolve(state, event)
    accounts, funds = state.accounts, list(state.fund_slots)
    count = len(accounts.positions)
    rows = zip(accounts.unit_key[:count].tolist(), accounts.units[:count].tolist(), strict=True)
    tokens = accounts.token.tolist()
    return [
        f"{tokens[key >> 16]} {funds[key & 0xFFFF]} {units}".encode()
        for key, units in rows
        if units
    ]

"""How much could still go in, and what would stop it: journals folded, then the desks asked.

Plan and fund partitions are folded as the desks fold them, up to the moment asked for. Nothing is
written.

Not here: asking the desks (`answer`), printing (`told`).
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from gateway.errors import ConfigError
from gateway.log.port import Log
from gateway.ops.headroom.answer import Asked, Known, answered
from gateway.ops.headroom.rows import Headroom
from gateway.ops.headroom.told import say
from gateway.ops.reading import known as reading_known
from gateway.ops.reading.orders import token_of
from gateway.ops.reading.source import moment, reading
from gateway.shell.gateway import Gateway
from gateway.shell.settings import Settings


def run(
    settings: Settings, asked: Asked, *, archive: Path | None = None, as_json: bool = False
) -> int:
    """Show what could still go in; always 0.

    Raises:
        ConfigError: It cannot be asked so, or nothing answers to a name.
    """
    gateway = settings.gateway()

    async def read() -> Headroom:
        async with reading(settings, archive) as log:
            return await headroom_of(log, gateway, asked)

    say(asyncio.run(read()), as_json=as_json)
    return 0


async def headroom_of(log: Log, gateway: Gateway, asked: Asked) -> Headroom:
    """Fold what is needed and ask the desks.

    Raises:
        ConfigError: It cannot be asked so, or nothing answers to a name.
    """
    _check(asked)
    until = None if asked.known_at is None else moment(asked.known_at)
    known = reading_known.Known(log, gateway, until)
    # What other plans accepted counts in the fund; of a plan alone, its own partition is enough.
    mine = replace(known, plan=asked.plan if asked.fund is None else None)
    plans = await _folded(mine, "plan")
    fund = None
    if asked.fund is not None:
        (fund,) = (await _folded(replace(known, fund=asked.fund), "fund")).values()
    return answered(asked, Known(gateway.topology, plans, fund))


async def _folded(known: reading_known.Known, name: str) -> dict[int, Any]:
    """The states of a desk's partitions."""
    desk = known.gateway.desks()[name]
    states: dict[int, Any] = {}
    for partition in known.partitions(name):
        state = desk.initial(partition)
        async for decided in known.decisions(name, partition):
            for event in decided.events:
                desk.evolve(state, event)
        states[partition] = state
    return states


def _check(asked: Asked) -> None:
    if asked.plan is asked.participant is asked.fund is None:
        raise ConfigError("headroom of what? name a --fund, a --plan or a --participant")
    if asked.participant is not None:
        token_of(asked.participant)
    for name, said in (("--amount", asked.amount), ("--sells", asked.sells)):
        if said is not None and asked.fund is None:
            raise ConfigError(f"{name}: of which purchase? name the --fund that is bought")
    if asked.participant is None and asked.sells is not None:
        raise ConfigError("--sells: an exchange is a participant's: name the --participant")
    if asked.participant is None and asked.plan is not None and asked.amount is not None:
        raise ConfigError("--amount: limits are tested person by person: name the --participant")

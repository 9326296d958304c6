"""Law L8 over every byte that is written: no identifier that a sender wrote stands anywhere else.

Identifiers are planted where senders write them and where nobody should: as participants, in
rubbish, in keys and headers, in words that a dialect does not know. Only senders' own topics and
the raw bytes in quarantine may hold them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.core.laws import l8
from gateway.core.quarantine import Disposal, Quarantined
from gateway.errors import GatewayError
from gateway.log.archive import ArchiveLog, lay_down
from gateway.log.kafka import KafkaLog
from gateway.log.port import Append, Log
from gateway.ops.doctor import command as doctor_command
from gateway.ops.explain import command as explain_command
from gateway.ops.quarantine.command import run_decide, run_list, run_show
from gateway.ops.quarantine.decide import Ask
from gateway.ops.quarantine.store import EVERYTHING, Wanted, chosen, set_aside
from gateway.ops.reading.orders import Asked
from gateway.ops.show import READS
from gateway.ops.show import run as show
from gateway.shell.settings import Settings, settings_from
from gateway.wire.topics import QUARANTINE
from tests.day.market_day import (
    PERSON,
    MarketDay,
    before_close,
    days,
    gateway,
    session_to_come,
    settled_day,
    traded,
)
from tests.day.test_settled_day import MESSAGES
from tests.kafka.crew import Crew

pytestmark = pytest.mark.kafka

PEOPLE = (PERSON, "987-65-4321", "Jane Q. Planted")
WRITINGS = tuple(
    text
    for person in PEOPLE
    for text in (person, person.encode().hex(), person.replace("-", ""), person.encode().hex(" "))
)
HOME = gateway()


def planted_day() -> MarketDay:
    """The settled day, with people where they belong and where they do not."""
    session = session_to_come(time.time_ns() // 1000)
    day = settled_day(session)
    for person in PEOPLE:
        rubbish = b"\x07 rubbish of " + person.encode()
        headers = ((person, person.encode()), ("person", person.encode()))
        day.appends.append(Append("in.RK_A", 0, person.encode(), rubbish, headers))
        day.say("BLACKSTONE", "BlackstoneTradeAck", WireRef="w", Code=person, Narrative=person)
        day.say("KKR", "KkrStatusUpdate", adviceId="a", status=person, remark=person)
        day.say("BLACKSTONE", "BlackstoneVehicleStatement", StatementRef="Q", FundCode="BX_PE",
                InvestorRef="TDF_2045", AsOfDate=person, Ccy="USD", CapitalBalance=person
                )  # fmt: skip
        for amount in (-1, 0, 2**62, 5_00):
            day.payroll("RK_A", f"X{amount}", "PLN-9", before_close(session),
                        [(person, "NO_FUND", amount)])  # fmt: skip
        line = {"plan_id": "PLN-3", "participant_id": person, "fund_id": "TDF_2045",
                "amount_minor": 10**9, "received_at": before_close(session)}  # fmt: skip
        day.say("RK_B", "DistributionBatch", batch_id="D9", session=days(session), currency="USD",
                control_count=1, control_amount_minor=10**9, lines=[line])  # fmt: skip
    spoilt = [a for a in day.appends if a.topic == "in.RK_A"][-1]
    day.appends.append(replace(spoilt, value=spoilt.value[:-2]))
    return traded(day)


def test_l8_no_identifier_stands_in_anything_that_is_written(
    kafka: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day = planted_day()
    crew = Crew(HOME, kafka, "no-identifier", tmp_path)
    with crew:
        asyncio.run(_played(crew, day))
        assert crew.stop() == [0], crew.said()
        said = crew.said()
    settings = settings_of(crew, tmp_path)
    written = asyncio.run(_written(crew.log(), tmp_path / "archive"))
    assert len(written) > 200
    capsys.readouterr()
    shown = [*_shown(settings, crew, day.session, capsys)]
    assert any("first byte is 0x07" in text for _, text in shown)
    everything = [*written, ("the worker's log", said.encode())]
    everything += [(name, text.encode()) for name, text in shown]
    assert [str(found) for found in l8(WRITINGS, everything)] == []


def settings_of(crew: Crew, folder: Path) -> Settings:
    """The crew's settings, its key in a file."""
    key = folder / "token.key"
    key.write_text(HOME.keyring.key.hex(), encoding="ascii")
    return settings_from(crew.config).model_copy(update={"token_key_file": key})


async def _played(crew: Crew, day: MarketDay) -> None:
    """Workers decide the day; sums differ, so that no session closes and nothing is instructed."""
    await crew.create()
    await crew.publish(day.appends)
    crew.start()
    log = crew.log()
    until = time.monotonic() + 60
    try:
        while len(await _kept(log)) < 4 * len(PEOPLE) + 1 or not await _even(log):
            assert time.monotonic() < until, crew.said()[-3000:]
            await asyncio.sleep(0.2)
    finally:
        await log.close()


async def _kept(log: Log) -> list[str]:
    return [each.name for each in chosen(await set_aside(log, HOME), (), EVERYTHING)]


async def _even(log: KafkaLog) -> bool:
    """Whether intake has decided all that the recordkeepers wrote."""
    for partition, sender in enumerate(HOME.topology.senders):
        arrived = [r async for records in log.read(f"in.{sender}", 0) for r in records]
        decided = [r async for rs in log.read("gw.intake.journal", partition) for r in rs]
        if len(decided) < len(arrived):
            return False
    return True


async def _written(log: KafkaLog, archive: Path) -> list[tuple[str, bytes]]:
    """All records past intake, on the broker and in an archive; of quarantine, all but the raw."""
    await lay_down(log, HOME.topics(), archive)
    found: list[tuple[str, bytes]] = []
    for where, home in (("broker", log), ("archive", ArchiveLog(archive))):
        assert isinstance(home, KafkaLog | ArchiveLog)
        for topic, partitions in HOME.topics().items():
            if topic.startswith("in."):
                continue
            for partition in range(partitions):
                async for records in home.read(topic, partition):
                    for r in records:
                        place = f"{where}: {topic}-{partition}@{r.offset}"
                        value = _without_raw(r.value) if topic == QUARANTINE else r.value
                        found.extend(
                            (place, part)
                            for part in (r.key or b"", value, *(v for _, v in r.headers))
                        )
    await log.close()
    return found


def _without_raw(value: bytes) -> bytes:
    kept = MESSAGES.unpack(value)
    assert isinstance(kept, Quarantined)
    return MESSAGES.pack(replace(kept, raw=b"", headers=()))


def _shown(
    settings: Settings, crew: Crew, session: date, capsys: pytest.CaptureFixture[str]
) -> Iterator[tuple[str, str]]:
    """What every command says of the day, to people and to programs, and what errors say."""
    names = asyncio.run(_names(crew))
    for as_json in (False, True):
        run_list(settings, Wanted(), as_json=as_json)
        for name in names[:: 4 if as_json else 1]:
            run_show(settings, name, as_json=as_json)
        for ask in (
            Ask(Disposal.REDRIVE),
            Ask(Disposal.REDRIVE, requested_by="Anna"),
            Ask(Disposal.DISCARD, requested_by="Anna", reason="planted"),
            Ask(Disposal.DISCARD, approved_by="Bert"),
        ):
            run_decide(settings, ask, as_json=as_json)
        for what in READS:
            show(settings, what, Asked(), limit=1000, as_json=as_json)
        words = ("batch", f"RK_A/{session}/X500")
        for asked in (words, ("batch", "RK_A/2026-01-02/none"), ("NAV", "NONE/2026-01-02")):
            try:
                explain_command.run(settings, asked, as_json=as_json)
            except GatewayError as wrong:
                yield f"error of explain {asked[0]}", str(wrong)
        with suppress(GatewayError):
            doctor_command.run(crew.config, as_json=as_json)
        said = capsys.readouterr()
        assert said.out
        yield f"the commands, json={as_json}", said.out
        yield f"the commands' errors, json={as_json}", said.err


async def _names(crew: Crew) -> list[str]:
    log = crew.log()
    try:
        return await _kept(log)
    finally:
        await log.close()

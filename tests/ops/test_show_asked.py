"""How `gateway show` is asked for a day, a moment and a participant, and how it reads."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.log.port import Append
from gateway.ops.cli import app
from gateway.ops.reading.known import Known
from gateway.ops.reading.orders import Asked, token
from gateway.ops.reading.source import instant, moment
from gateway.ops.show import READS, Part, run, view
from tests.day.market_day import PERSON, SESSION
from tests.ops.bitemporal import story
from tests.ops.stage import HOME, archive, busy_log, settings


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24T23:30",
        "2026-11-24T23:30:00Z",
        "2026-11-24T18:30-05:00",
        "2026-11-24T18:30 America/New_York",
    ],
)
def test_a_moment_is_utc_or_has_its_zone(text: str) -> None:
    assert instant(moment(text)) == "2026-11-24T23:30:00Z"


def test_a_moment_is_exact_to_the_microsecond() -> None:
    assert moment("2026-11-24T23:30:00.000001Z") - moment("2026-11-24T23:30") == 1


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-11-24", "2026-11-24T25:00", "2026-11-24T18:30 Mars/Olympus",
     "2026-11-24T18:30-05:00 America/New_York", "2026-11-24T18:30 ../zone"],
)  # fmt: skip
def test_what_is_no_moment_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match="is no moment: write UTC"):
        moment(text)


@pytest.mark.parametrize("text", ["", "jane@example.org", "5DDDC29BE4F2BB8C", "12345"])
def test_a_participant_is_asked_for_by_token_and_never_repeated(text: str) -> None:
    day = story("g01_cut_off")
    with pytest.raises(ConfigError, match="16 hexadecimal digits") as wrong:
        day.rows("units", "units", Asked(participant=text))
    assert not text or text not in str(wrong.value)


def test_navs_are_of_no_participant() -> None:
    with pytest.raises(ConfigError, match="--participant goes with orders, limits, units"):
        story("g01_cut_off").rows("navs", "navs", Asked(participant=token(1)))


def test_the_reader_is_told_how_much_of_how_much_was_read() -> None:
    day = story("closed_without_a_recordkeeper")
    heard: list[tuple[int, int]] = []

    async def read() -> int:
        log, home = day.stage.log, day.stage.gateway
        await view(log, home, "rejections", Asked(), told=lambda *step: heard.append(step))
        ends = [
            await log.end(f"gw.{desk}.journal", at)
            for desk in ("intake", "plan", "fund", "cash")
            for at in range(home.topology.partitions(desk))
        ]
        return sum(ends)

    records = asyncio.run(read())
    assert (sum(read for read, _ in heard), sum(more for _, more in heard)) == (records, records)


def test_a_journal_is_cut_at_the_first_later_stamp_even_if_the_clock_went_back() -> None:
    day = story("held_nav_overridden_later")
    log, journal = day.stage.log, "gw.fund.journal"
    partition = next(at for at in (0, 1) if len(log.records(journal, at)) > 2)

    async def stamps(until: int | None) -> list[int]:
        known = Known(log, day.stage.gateway, until)
        return [each.recorded_at async for each in known.decisions("fund", partition)]

    whole = asyncio.run(stamps(None))
    middle = whole[len(whole) // 2]
    known = [at for at in whole if at <= middle]
    assert len(known) < len(whole)
    day.stage.press.now = 0
    log.append_now([Append(journal, partition, None, log.records(journal, partition)[-1].value)])
    assert asyncio.run(stamps(None)) == [*whole, 0]
    assert asyncio.run(stamps(middle)) == known


def test_a_plan_asked_for_is_read_from_its_own_partition_alone() -> None:
    log, heard = busy_log(), list[int]()

    async def read(asked: Asked) -> dict[str, Part]:
        heard.clear()
        told = await view(log, HOME, "units", asked, told=lambda read, more: heard.append(more))
        return {part.name: part for part in told}

    every = [r for r in asyncio.run(read(Asked()))["units"].rows if r.plan_id == "PLN-1"]  # type: ignore[attr-defined]
    whole = sum(heard)
    assert every
    assert list(asyncio.run(read(Asked(plan="PLN-1")))["units"].rows) == every
    assert 0 < sum(heard) < whole


def test_units_of_an_archive_are_told_in_json_without_an_identifier(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = settings(tmp_path)
    folder = asyncio.run(archive(busy_log(), HOME, tmp_path / "archive"))
    asked = Asked(plan="PLN-1", as_of=SESSION)
    assert run(made, "units", asked, archive=folder, as_json=True) == 0
    out = capsys.readouterr().out
    found = json.loads(out)
    assert PERSON not in out
    assert set(found) == {"show", "units", "accounts"}
    by_fund = {row["fund_id"]: row["held"]["units"] for row in found["units"]["rows"]}
    assert by_fund
    for fund, units in by_fund.items():
        rows = [row for row in found["accounts"]["rows"] if row["fund_id"] == fund]
        assert sum(row["held"]["units"] for row in rows) == units


def test_the_command_line_takes_a_day_a_moment_and_a_token() -> None:
    words = ["show", "units", "--as-of", "2026-11-24", "--participant", token(-1),
             "--known-at", "2026-11-24T18:30 America/New_York"]  # fmt: skip
    _, bound, _ = app.parse_args(words, exit_on_error=False, print_error=False)
    assert bound.arguments["asked"] == Asked(
        participant="f" * 16,
        as_of=date(2026, 11, 24),
        known_at="2026-11-24T18:30 America/New_York",
    )


def test_every_view_can_be_named_on_the_command_line() -> None:
    for what in READS:
        _, bound, _ = app.parse_args(["show", what], exit_on_error=False, print_error=False)
        assert bound.arguments["what"] == what

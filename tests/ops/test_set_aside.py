"""A message on which our own decision fails stops its partition; two people set it aside."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from gateway.core.events import InstructionAdvanced
from gateway.core.quarantine import MessageSetAside, Quarantined
from gateway.desks.desk import Desk
from gateway.desks.intake_state import Received
from gateway.errors import ConfigError, DecisionFailed, Fenced
from gateway.ops.quarantine.aside import AskAside, put_aside
from gateway.ops.quarantine.command_aside import say
from gateway.shell.gateway import Gateway
from gateway.wire.messages import digest_of
from tests.day.market_day import PERSON
from tests.day.test_settled_day import MESSAGES, instructions, run
from tests.laws.planted import broken
from tests.ops.asides import (
    DAY,
    DUMB,
    HOME,
    REASON,
    aside,
    by_two,
    decided,
    size,
    stopped,
    stopped_day,
)
from tests.shell.failing import failing, laid, no_dialect, settle

# --- standing still ---------------------------------------------------------------------


def test_only_the_partition_of_the_message_stands_still_and_what_came_before_it_is_decided() -> (
    None
):
    log, failed = stopped_day()
    waiting = log.records(*failed.place)[failed.offset :]
    whole = run(DAY, HOME)
    assert MESSAGES.unpack(waiting[0].value).receiver == "RK_A"  # type: ignore[attr-defined]
    assert failed.digest == digest_of(waiting[0].value)
    before, after = size(whole), size(log)
    assert [each.offset for each in decided(log, "dispatch", failed.place[1])] == list(
        range(failed.offset)
    )
    short = {topic for topic in before if before[topic] != after[topic]}
    assert "gw.dispatch.inbox" not in short
    assert instructions(log) == instructions(whole)
    assert broken(log, HOME, complete=False) == []


def test_the_doctor_names_the_message_the_error_and_the_way_out() -> None:
    log, failed = stopped_day()
    (check,) = stopped(log, DUMB)
    assert check.state == "fail"
    assert check.text.startswith(
        f"gw.dispatch.inbox-{failed.place[1]}@{failed.offset} waits since 2026-11-24"
    )
    assert "ValueError at tests.shell.failing:" in check.text
    assert "no form for SI-20261125-RK_A-USD-1" in check.text
    assert failed.digest.hex() in check.text
    assert check.what_to_do.endswith(f"gateway quarantine set-aside {failed.name}")
    assert stopped(log, HOME) == []
    assert stopped(run(DAY, HOME), HOME) == []


def test_the_doctor_names_a_journal_that_this_version_cannot_fold() -> None:
    log, failed = stopped_day()
    desk = HOME.desks()["dispatch"]

    def forgetful(state: object, event: object) -> None:
        assert not isinstance(event, InstructionAdvanced), "never decided by this version"
        desk.evolve(state, event)

    @dataclass(frozen=True)
    class Older(Gateway):
        def desks(self) -> dict[str, Desk[Any]]:
            return {**super().desks(), "dispatch": replace(desk, evolve=forgetful)}

    older = Older(HOME.topology, HOME.receivers, HOME.dialects, HOME.keyring)
    (check,) = stopped(log, older)
    assert check.text.startswith(
        f"dispatch/{failed.place[1]}: this version cannot fold what was decided on offset 0"
    )
    assert "exit code 3" in check.what_to_do


def test_a_corrected_version_decides_it_in_its_place() -> None:
    log, _ = stopped_day()
    assert settle(log, HOME) == []
    assert size(log) == size(run(DAY, HOME))
    assert broken(log, HOME) == []


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_a_state_half_changed_by_the_error_is_not_gone_on_from(batch: int) -> None:
    log = laid(DAY, DUMB)
    (failed,) = settle(log, DUMB, batch=batch)

    async def go_on() -> int:
        seat = next(s for s in DUMB.seats(log) if (s.topic, s.topic_partition) == failed.place)
        await seat.open()
        with pytest.raises(DecisionFailed):
            await seat.take(log.records(*failed.place, seat.last + 1))
        half = seat.state.sent
        await seat.open()
        assert seat.last == failed.offset - 1
        return int(half - seat.state.sent)

    assert asyncio.run(go_on()) == 1


def test_l8_an_error_of_intake_is_told_without_its_text() -> None:
    def no_such(message: object) -> None:
        if isinstance(message, Received) and message.schema.endswith("ContributionBatch"):
            raise KeyError(PERSON)

    home = failing(HOME, "intake", no_such)
    log = laid(DAY, home)
    (failed,) = settle(log, home)
    assert failed.place == ("in.RK_A", 0)
    assert failed.error.startswith("KeyError at tests.ops.test_set_aside:")
    assert by_two(log, failed.name, home).done == "SET_ASIDE"
    assert PERSON not in str(failed)
    assert broken(log, home, identifiers=[PERSON], redecide=False, complete=False) == []


# --- setting aside ----------------------------------------------------------------------


def test_without_a_name_it_is_looked_at_and_nothing_is_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log, failed = stopped_day()
    before = size(log)
    tried = aside(log, AskAside(failed.name))
    assert (tried.done, tried.error, tried.digest) == ("TRIED", failed.error, failed.digest)
    assert tried.kind == "between/SettlementInstruction"
    say(tried, as_json=False)
    said = capsys.readouterr().out
    assert "between/SettlementInstruction" in said
    assert "--requested-by NAME" in said
    say(tried, as_json=True)
    assert json.loads(capsys.readouterr().out)["digest"] == failed.digest.hex()
    assert size(log) == before


def test_two_people_set_it_aside_as_a_journalled_fact_and_the_partition_goes_on() -> None:
    log, failed = stopped_day()
    (record,) = log.records(*failed.place)[failed.offset : failed.offset + 1]
    assert by_two(log, failed.name).done == "SET_ASIDE"
    assert settle(log, DUMB) == []
    fact = decided(log, "dispatch", failed.place[1])[failed.offset]
    assert fact.events == ()
    assert fact.put_aside == MessageSetAside(
        failed.offset, failed.digest, failed.error, "Anna", "Bert", REASON
    )
    (kept,) = [MESSAGES.unpack(r.value) for r in log.records("gw.quarantine", 0)]
    assert isinstance(kept, Quarantined)
    assert (kept.sender, kept.raw) == (f"dispatch/{failed.place[1]}", record.value)
    assert tuple((header.key, header.value) for header in kept.headers) == record.headers
    assert stopped(log, DUMB) == []
    assert broken(log, HOME, complete=False) == []


def test_who_asked_does_not_approve_and_nobody_approves_what_nobody_asked_for() -> None:
    log, failed = stopped_day()
    alone = aside(log, AskAside(failed.name, approved_by="Bert"))
    assert (alone.done, alone.why) == (
        "REFUSED", "nobody has asked to set it aside: --requested-by NAME comes first"
    )  # fmt: skip
    aside(log, AskAside(failed.name, requested_by="Anna", reason=REASON))
    same = aside(log, AskAside(failed.name, approved_by="ANNA"))
    assert (same.done, same.why) == ("REFUSED", "Anna asked for it: somebody else approves")
    assert log.records("gw.quarantine", 0) == []


def test_what_this_version_decides_is_not_set_aside() -> None:
    log, failed = stopped_day()
    aside(log, AskAside(failed.name, requested_by="Anna", reason=REASON))
    found = aside(log, AskAside(failed.name, approved_by="Bert"), HOME)
    assert (found.done, found.why) == ("REFUSED", "this version decides it: start its worker")


def test_only_the_very_next_message_is_set_aside_and_only_once() -> None:
    log, failed = stopped_day()
    topic, at = failed.place
    other = aside(log, AskAside(f"{topic}-{at}@{failed.offset + 1}", requested_by="A", reason="x"))
    assert (other.done, other.why) == (
        "REFUSED", f"what is to be decided next is offset {failed.offset}"
    )  # fmt: skip
    by_two(log, failed.name)
    again = aside(log, AskAside(failed.name, approved_by="Bert"))
    assert (again.done, again.why) == (
        "ALREADY", f"everything up to offset {failed.offset} is decided"
    )  # fmt: skip


def test_an_error_that_changed_since_it_was_asked_for_is_looked_at_again() -> None:
    log, failed = stopped_day()
    aside(log, AskAside(failed.name, requested_by="Anna", reason=REASON))

    def otherwise(message: object) -> None:
        try:
            no_dialect(message)
        except ValueError as wrong:
            raise TypeError from wrong

    found = aside(
        log, AskAside(failed.name, approved_by="Bert"), failing(HOME, "dispatch", otherwise)
    )
    assert found.done == "REFUSED"
    assert "now it fails with TypeError" in found.why


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (AskAside("in.NOBODY-0@1"), "no inbox of this gateway"),
        (AskAside("gw.plan.inbox"), "a message is called topic-partition@offset"),
        (AskAside("gw.plan.inbox-0@1", requested_by="Anna"), "needs a --reason"),
        (AskAside("gw.plan.inbox-0@1", "Anna", "Bert"), "two runs"),
    ],
)
def test_a_name_or_reason_that_does_not_do_is_refused(ask: AskAside, why: str) -> None:
    log, _ = stopped_day()
    with pytest.raises(ConfigError, match=why):
        aside(log, ask)


def test_who_sets_aside_fences_a_worker_that_comes_late() -> None:
    log, failed = stopped_day()

    async def overtaken() -> None:
        seat = next(s for s in HOME.seats(log) if (s.topic, s.topic_partition) == failed.place)
        await seat.open()
        for ask in (
            AskAside(failed.name, requested_by="Anna", reason=REASON),
            AskAside(failed.name, approved_by="Bert"),
        ):
            await put_aside(log, DUMB, "gateway", ask)
        with pytest.raises(Fenced):
            await seat.take(log.records(*failed.place, seat.last + 1))

    asyncio.run(overtaken())
    assert broken(log, HOME, complete=False) == []

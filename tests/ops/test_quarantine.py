"""What was set aside is listed, shown and, by two people, redriven once or discarded."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gateway.core.orders import BatchStatus
from gateway.core.quarantine import Disposal, Quarantined
from gateway.core.vocabulary import RejectCode
from gateway.errors import ConfigError, Fenced
from gateway.log.memory import MemoryLog
from gateway.log.port import Append, Record
from gateway.ops.quarantine.command import one, run_show, say_list, say_one, say_outcomes
from gateway.ops.quarantine.decide import Ask, Outcome, Progress, decide, same_person
from gateway.ops.quarantine.store import SetAside, Standing, Wanted, chosen, set_aside
from gateway.shell.gateway import Gateway, pump
from gateway.shell.settings import Partitions
from tests.day.market_day import BEFORE_CLOSE, PERSON, SESSION, gateway, settled_day
from tests.day.test_settled_day import MESSAGES, run, sent
from tests.laws.planted import broken
from tests.ops.stage import archive, settings

HOME = gateway(2, 1, 1)
DEAF = replace(HOME, dialects={"KKR": "kkr"})
"""The same gateway, when nobody had told it which dialect BLACKSTONE speaks."""

RUBBISH = b"\x07 rubbish of " + PERSON.encode()
NAME = "in.BLACKSTONE-0@1"
REDRIVE = Ask(Disposal.REDRIVE)


def log_with(statements: int = 1) -> MemoryLog:
    """Statements set aside for want of a dialect, and rubbish from a recordkeeper."""
    day = settled_day()
    for number in range(statements):
        day.say("BLACKSTONE", "BlackstoneVehicleStatement", StatementRef=f"Q{number}",
                FundCode="BX_PE", InvestorRef="TDF_2045", AsOfDate="20260930", Ccy="USD",
                CapitalBalance="905000.00")  # fmt: skip
        statement = day.appends.pop()
        headers = (("trace", b"t-1"), ("trace", b"t-2"))
        day.appends.append(replace(statement, key=f"k{number}".encode(), headers=headers))
    day.appends.append(Append("in.RK_A", 0, None, RUBBISH))
    return run(day.appends, DEAF)


def found(log: MemoryLog, wanted: Wanted | None = None) -> list[SetAside]:
    return chosen(asyncio.run(set_aside(log, HOME)), (), wanted or Wanted())


def did(
    log: MemoryLog, ask: Ask, home: Gateway = HOME, progress: Progress | None = None
) -> list[Outcome]:
    return asyncio.run(decide(log, home, "gateway", ask, progress))


def asked(by: str, *names: str, disposal: Disposal = Disposal.REDRIVE, reason: str = "") -> Ask:
    return Ask(disposal, names, requested_by=by, reason=reason)


def approved(by: str, *names: str, disposal: Disposal = Disposal.REDRIVE) -> Ask:
    return Ask(disposal, names, approved_by=by)


def goes_on(log: MemoryLog, home: Gateway = HOME) -> None:
    """Intake and the desks behind it decide what came since."""

    async def play() -> None:
        seats = home.seats(log)
        for seat in seats:
            await seat.open()
        await pump(seats, log)

    asyncio.run(play())


def statements(log: MemoryLog) -> list[Record]:
    """What stands in the manager's topic behind the opening tick."""
    return log.records("in.BLACKSTONE", 0, 1)


def verdicts(log: MemoryLog) -> list[str]:
    return [m.verdict for m in sent(log, "out.BLACKSTONE") if isinstance(m, BatchStatus)]


# --- looking ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Wanted(), 3),
        (Wanted(sender="BLACKSTONE"), 2),
        (Wanted(code=RejectCode.SCHEMA), 3),
        (Wanted(code=RejectCode.CONFLICT), 0),
        (Wanted(session=SESSION), 3),
        (Wanted(session=date(2026, 11, 25)), 0),
        (Wanted(since=SESSION, until=SESSION), 3),
        (Wanted(until=date(2026, 11, 23)), 0),
        (Wanted(since=date(2026, 11, 25)), 0),
        (Wanted(standing=Standing.OPEN), 3),
        (Wanted(standing=Standing.REDRIVEN), 0),
    ],
)
def test_the_list_is_what_was_set_aside_and_is_wanted(wanted: Wanted, count: int) -> None:
    assert len(found(log_with(2), wanted)) == count


def test_a_conflict_is_listed_under_the_session_it_names() -> None:
    day = settled_day()
    for amount in (1_00, 2_00):
        day.payroll("RK_A", "B1", "PLN-1", BEFORE_CLOSE, [(PERSON, "LIQ", amount)])
    log = run(day.appends, HOME, stamps=[BEFORE_CLOSE + 10 * 86_400_000_000] * len(day.appends))
    (kept,) = found(log, Wanted(code=RejectCode.CONFLICT))
    assert (kept.session, kept.kept.sender) == (SESSION, "RK_A")


def test_list_and_show_tell_everything_but_the_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    log = log_with()
    place = next(each.name for each in found(log) if each.kept.raw == RUBBISH)
    message, alike = asyncio.run(one(log, HOME, place))
    for as_json in (False, True):
        say_list(found(log), as_json=as_json)
        say_one(message, alike, raw=False, as_json=as_json)
    said = capsys.readouterr().out
    assert place in said
    assert "first byte is 0x07" in said
    assert "rubbish" not in said
    assert RUBBISH.hex() not in said
    assert b"t-1".hex() not in said


def test_raw_bytes_are_shown_to_who_asks_for_them(capsys: pytest.CaptureFixture[str]) -> None:
    log = log_with()
    place = next(each.name for each in found(log) if each.kept.raw == RUBBISH)
    message, alike = asyncio.run(one(log, HOME, place))
    say_one(message, alike, raw=True, as_json=False)
    assert "00000000  07 20 72 75 62 62 69 73 68 20 6f 66 20 31 32 33  . rubbish of 123" in (
        capsys.readouterr().out
    )
    say_one(message, alike, raw=True, as_json=True)
    assert json.loads(capsys.readouterr().out)["raw"] == RUBBISH.hex()


def test_what_intake_would_answer_now_stands_with_an_open_message(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = asyncio.run(archive(log_with(), HOME, tmp_path / "archive"))
    told = settings(tmp_path)
    here = told.model_copy(update={"partitions": Partitions(plan=2, fund=1, cash=1)})
    run_show(here, NAME, archive=folder)
    assert "ACCEPTED: 1 lines" in capsys.readouterr().out
    run_show(here, NAME, archive=folder, as_json=True)
    assert json.loads(capsys.readouterr().out)["foreseen"]["verdict"] == "ACCEPTED"


def test_a_place_where_nothing_was_set_aside_is_named() -> None:
    with pytest.raises(ConfigError, match=r"nothing was set aside at in\.RK_A-0@99"):
        asyncio.run(one(log_with(), HOME, "in.RK_A-0@99"))


# --- deciding ---------------------------------------------------------------------------


def test_without_a_name_a_redrive_is_tried_and_writes_nothing() -> None:
    log = log_with()
    (still_deaf,) = did(log, replace(REDRIVE, names=(NAME,)), DEAF)
    (outcome,) = did(log, replace(REDRIVE, names=(NAME,)))
    assert still_deaf.foreseen is not None
    assert still_deaf.foreseen.verdict == "QUARANTINED"
    assert outcome.done == "TRIED"
    assert outcome.foreseen is not None
    assert (outcome.foreseen.verdict, outcome.foreseen.lines) == ("ACCEPTED", 1)
    assert log.records("gw.quarantine.decisions", 0) == []
    assert len(statements(log)) == 1


def test_two_people_redrive_the_very_bytes_once() -> None:
    log = log_with()
    (before,) = statements(log)
    assert [o.done for o in did(log, asked("Anna", NAME))] == ["REQUESTED"]
    assert [o.done for o in did(log, approved("Bert", NAME))] == ["REDRIVEN"]
    assert [(o.done, o.why) for o in did(log, approved("Bert", NAME))] == [
        ("ALREADY", "REDRIVEN before")
    ]
    assert [o.done for o in did(log, asked("Cleo", NAME))] == ["ALREADY"]
    first, again = statements(log)
    assert (again.key, again.value, again.headers) == (before.key, before.value, before.headers)
    assert first == before
    goes_on(log)
    assert verdicts(log) == ["QUARANTINED", "ACCEPTED"]
    assert broken(log, HOME, identifiers=[PERSON], redecide=False) == []


@pytest.mark.parametrize("other", ["Anna", "anna", "  Anna".strip(), "ANNA", "Ａnna"])
def test_who_asked_does_not_approve_however_the_name_is_written(other: str) -> None:
    log = log_with()
    did(log, asked("Anna", NAME))
    (outcome,) = did(log, approved(other, NAME))
    assert (outcome.done, outcome.why) == (
        "REFUSED", "Anna asked for it: somebody else approves"
    )  # fmt: skip
    assert len(statements(log)) == 1


def test_nobody_approves_what_nobody_asked_for() -> None:
    log = log_with()
    did(log, asked("Anna", NAME, disposal=Disposal.DISCARD, reason="a test file"))
    (outcome,) = did(log, approved("Bert", NAME))
    assert outcome.done == "REFUSED"
    assert outcome.why.startswith("nobody has asked to redrive it")


def test_an_answer_that_changed_since_it_was_asked_for_is_looked_at_again() -> None:
    log = log_with()
    did(log, asked("Anna", NAME), DEAF)
    (outcome,) = did(log, approved("Bert", NAME))
    assert outcome.done == "REFUSED"
    assert "was to be QUARANTINED; now it would be ACCEPTED" in outcome.why
    did(log, asked("Anna", NAME))
    assert [o.done for o in did(log, approved("Bert", NAME))] == ["REDRIVEN"]


def test_two_people_discard_with_a_reason_and_it_stays_discarded() -> None:
    log = log_with()
    with pytest.raises(ConfigError, match="a discard needs a --reason"):
        did(log, asked("Anna", NAME, disposal=Disposal.DISCARD))
    did(log, asked("Anna", NAME, disposal=Disposal.DISCARD, reason="a test file of the manager"))
    did(log, approved("Bert", NAME, disposal=Disposal.DISCARD))
    assert [o.done for o in did(log, asked("Anna", NAME))] == ["ALREADY"]
    (kept,) = found(log, Wanted(standing=Standing.DISCARDED))
    assert [(s.decided.by, s.decided.step) for s in kept.steps] == [
        ("Anna", "REQUESTED"), ("Bert", "APPROVED"),
    ]  # fmt: skip
    assert len(statements(log)) == 1


@pytest.mark.parametrize("names", [("Anna", "Bert"), ("Anna ", ""), ("A" * 61, "")])
def test_a_name_that_does_not_do_is_refused(names: tuple[str, str]) -> None:
    log = log_with()
    with pytest.raises(ConfigError, match="name"):
        did(log, replace(REDRIVE, requested_by=names[0], approved_by=names[1]))
    assert log.records("gw.quarantine.decisions", 0) == []


def test_names_are_one_whatever_their_blanks_and_case() -> None:
    assert same_person("Anna  Berg", "anna berg")
    assert not same_person("Anna", "Hanna")


# --- crashes ----------------------------------------------------------------------------


class Crash(Exception):
    """Stands for the end of the process."""


def counts(log: MemoryLog, statements_set_aside: int) -> list[int]:
    """How often each statement stands in the topic."""
    values = [record.value for record in statements(log)]
    return [values.count(value) for value in values[:statements_set_aside]]


def test_a_redrive_that_is_killed_goes_on_where_it_ended() -> None:
    log = log_with(120)
    did(log, Ask(Disposal.REDRIVE, (), Wanted(sender="BLACKSTONE"), requested_by="Anna"))
    approve = Ask(Disposal.REDRIVE, (), Wanted(sender="BLACKSTONE"), approved_by="Bert")
    done = [0]

    def killed(more: int, total: int) -> None:
        assert total == 120 - done[0]
        done[0] += more
        raise Crash

    for expected in (50, 100):
        with pytest.raises(Crash):
            did(log, approve, progress=killed)
        assert done[0] == expected
        assert counts(log, 120).count(2) == expected
    assert [o.done for o in did(log, approve)] == ["ALREADY"] * 100 + ["REDRIVEN"] * 20
    assert [o.done for o in did(log, approve)] == ["ALREADY"] * 120
    assert counts(log, 120) == [2] * 120
    goes_on(log)
    assert verdicts(log).count("ACCEPTED") == 120


def test_a_redrive_that_another_overtakes_is_fenced_and_nothing_is_redriven_twice() -> None:
    log = log_with(120)
    did(log, Ask(Disposal.REDRIVE, (), Wanted(sender="BLACKSTONE"), requested_by="Anna"))
    approve = Ask(Disposal.REDRIVE, (), Wanted(sender="BLACKSTONE"), approved_by="Bert")

    async def both() -> None:
        loop = asyncio.get_running_loop()
        other: list[Any] = []

        def overtaken(_: int, __: int) -> None:
            # The other runs to its end before this one goes on.
            if not other:
                other.append(decide(log, HOME, "gateway", replace(approve, approved_by="Cleo")))
                with pytest.raises(StopIteration):
                    other[0].send(None)

        with pytest.raises(Fenced):
            await decide(log, HOME, "gateway", approve, overtaken)
        assert loop.is_running()

    asyncio.run(both())
    assert counts(log, 120) == [2] * 120


def test_other_bytes_in_the_place_of_what_was_set_aside_stop_the_redrive() -> None:
    log = log_with()
    strange = Quarantined(
        "BLACKSTONE", "in.BLACKSTONE", 0, 0, BEFORE_CLOSE, (RejectCode.SCHEMA,), "", (), b"\x07",
    )  # fmt: skip
    log.append_now([Append("gw.quarantine", 0, None, MESSAGES.pack(strange))])
    name = "in.BLACKSTONE-0@0"
    did(log, asked("Anna", name))
    with pytest.raises(ConfigError, match="other bytes stand there"):
        did(log, approved("Bert", name))


def test_outcomes_say_what_comes_next(capsys: pytest.CaptureFixture[str]) -> None:
    log = log_with()
    for ask in (REDRIVE, asked("Anna"), approved("Bert")):
        say_outcomes(ask, did(log, ask), as_json=False)
        say_outcomes(ask, [], as_json=True)
    said = capsys.readouterr().out
    assert "ask for it with --requested-by NAME" in said
    assert "somebody else runs it with --approved-by NAME" in said
    assert PERSON not in said

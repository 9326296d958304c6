"""The doctor finds what is missing and what waits, and says what to do about it."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from gateway.log.kafka import KafkaLog
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.ops.doctor.broker import BrokerView, TopicView, broker_check, topic_checks
from gateway.ops.doctor.command import (
    connected,
    connector_check,
    here,
    run,
    say,
    schema_checks,
    there,
)
from gateway.ops.doctor.desks import Check, desk_checks
from gateway.shell.settings import Partitions, Settings
from gateway.wire.messages import digest_of
from gateway.wire.registry import schema_root
from tests.day.market_day import SENDERS, settled_day, traded
from tests.day.test_settled_day import MESSAGES
from tests.day.test_settled_day import run as play
from tests.ops.stage import DIALECTS, HOME, archive, busy_log, settings

RIGHT = {"message.timestamp.type": "LogAppendTime", "retention.ms": "-1", "retention.bytes": "-1",
         "cleanup.policy": "delete", "max.message.bytes": "8000000"}  # fmt: skip


def desks(log: MemoryLog) -> dict[str, Check]:
    return {check.name: check for check in asyncio.run(desk_checks(log, HOME))}


def written(folder: Path) -> Path:
    """The settings of the tests' gateway as a file."""
    path = folder / "gateway.yaml"
    made = settings(folder)
    path.write_text(json.dumps(made.model_dump(mode="json")), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GATEWAY_TOKEN_KEY", "GATEWAY_TOKEN_KEY_FILE", "GATEWAY_CONFIG"):
        monkeypatch.delenv(name, raising=False)


def test_a_settled_day_has_nothing_undecided() -> None:
    found = desks(play(traded(settled_day()).appends, HOME))
    assert {name: check.state for name, check in found.items()} == {
        "intake desk": "ok", "plan desk": "ok", "fund desk": "ok", "cash desk": "ok",
        "dispatch desk": "ok", "NAVs": "ok", "DayEnds": "ok", "reports": "ok", "quarantine": "ok",
    }  # fmt: skip
    assert found["intake desk"].text == "7 partitions, everything is decided"


def test_what_nobody_has_decided_is_counted_by_its_place() -> None:
    log = play(traded(settled_day()).appends, HOME)
    decided = len(log.records("in.RK_A", 0))
    day = settled_day()
    log.append_now([a for a in day.appends if a.topic == "in.RK_A"])
    check = desks(log)["intake desk"]
    assert (check.state, check.text) == (
        "warn", f"messages nobody has decided: in.RK_A 2 after offset {decided - 1}",
    )  # fmt: skip
    assert check.what_to_do == "start gateway worker, or wait until it has caught up"


def test_a_journal_ahead_of_its_inbox_is_of_another_gateway() -> None:
    log = play(traded(settled_day()).appends, HOME)
    value = MESSAGES.journal(10_000, digest_of(b""), [])[0]
    log.append_now([Append("gw.cash.journal", 1, None, value)])
    check = desks(log)["cash desk"]
    assert check.state == "fail"
    assert check.text.startswith("cash/1: the journal decided offset 10000, its inbox ends at ")


def test_held_navs_control_breaks_and_quarantine_wait_for_a_person() -> None:
    day = traded(settled_day())
    day.appends = [a for a in day.appends if not (a.topic == "in.market" and b"PROXY" in a.value)]
    found = desks(play(day.appends, HOME))
    assert found["NAVs"].text == (
        "held: MA_ALT 2026-11-24 (PROXY_MISSING), TDF_2045 2026-11-24 (PROXY_MISSING)"
    )
    assert found["NAVs"].what_to_do == "gateway explain NAV MA_ALT/2026-11-24"
    day = settled_day()
    day.day_end("RK_A", 1, 1, 1)
    found = desks(play(day.appends, HOME))
    assert found["DayEnds"].text == "open control breaks: RK_A 2026-11-24"
    assert found["DayEnds"].what_to_do == "gateway explain batch RK_A/2026-11-24/DayEnd"
    assert desks(busy_log())["quarantine"].text == "2 messages set aside"


def test_a_control_break_that_was_closed_since_is_no_longer_open() -> None:
    day = settled_day()
    day.day_end("RK_A", 1, 1, 1)
    assert desks(play(traded(day).appends, HOME))["DayEnds"].state == "ok"


def test_an_archive_is_looked_at_and_the_worst_state_is_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = asyncio.run(archive(busy_log(), HOME, tmp_path / "archive"))
    assert run(written(tmp_path), archive=folder) == 1
    out = capsys.readouterr().out
    assert "warn  quarantine     2 messages set aside" in out
    assert "→ gateway show quarantine" in out
    assert run(written(tmp_path), archive=folder, as_json=True) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["state"] == "warn"
    assert {check["name"] for check in said["checks"]} >= {"python", "schemas", "plan desk"}


def test_settings_that_cannot_be_read_end_the_look(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "nowhere.yaml") == 2
    out = " ".join(capsys.readouterr().out.split())
    assert "fail settings no settings at" in out
    assert "desk" not in out


def test_nothing_but_the_look_itself_is_ok(capsys: pytest.CaptureFixture[str]) -> None:
    assert say([Check("python", "ok", "there")], as_json=False) == 0
    assert say([], as_json=True) == 0
    assert '"state": "ok"' in capsys.readouterr().out


def test_this_machine_is_fit(tmp_path: Path) -> None:
    checks, found = here(written(tmp_path))
    assert found is not None
    assert [(check.name, check.state) for check in checks] == [
        ("python", "ok"), ("schemas", "ok"), ("settings", "ok"),
    ]  # fmt: skip
    more, home = connected(found)
    assert home is not None
    assert [(check.name, check.state, check.text) for check in more] == [
        ("token key", "ok", "there is one"),
        ("connectors", "ok", "blackstone, kkr, native"),
    ]


def test_a_missing_key_and_an_unknown_dialect_are_named(tmp_path: Path) -> None:
    made = settings(tmp_path)
    checks, home = connected(made.model_copy(update={"token_key_file": None}))
    assert home is None
    assert checks[0].text.startswith("no key for participant tokens: set token_key_file")
    checks, home = connected(made.model_copy(update={"senders": {"X": "esperanto"}}))
    assert home is None
    assert checks[-1].text.startswith("senders.X: no connector is called esperanto")


def test_a_connector_that_cannot_be_loaded_is_named() -> None:
    broken = EntryPoint("odd", "tests.nowhere:CONNECTOR", "gateway.connectors")
    check = connector_check([broken])
    assert check.state == "fail"
    assert check.text.startswith("odd (tests.nowhere:CONNECTOR): ModuleNotFoundError")
    assert connector_check([]).text == "none is installed"


def test_schemas_that_changed_are_named(tmp_path: Path) -> None:
    copy = tmp_path / "schemas"
    shutil.copytree(schema_root(), copy)
    assert [check.state for check in schema_checks(copy)] == ["ok"]
    path = copy / "outbound" / "BatchStatus" / "v1.avsc"
    path.write_text(path.read_text(encoding="utf-8").replace("whose message", "whose"), "utf-8")
    (check,) = schema_checks(copy)
    assert check.state == "fail"
    assert "outbound/BatchStatus/v1.avsc: not what" in check.text


def view(**changes: TopicView) -> BrokerView:
    topics = {"in.RK_A": TopicView(1, 1, RIGHT), "gw.plan.inbox": TopicView(3, 1, RIGHT), **changes}
    return BrokerView(1, 17, topics)


WANTED = {"in.RK_A": 1, "gw.plan.inbox": 3}


def test_topics_as_declared_are_fit() -> None:
    (check,) = topic_checks(view(), WANTED)
    assert (check.state, check.text) == ("ok", "all 2: stamped by the broker, kept for ever")


@pytest.mark.parametrize(
    ("topic", "named"),
    [
        (TopicView(2, 1, RIGHT), "gw.plan.inbox has 2 partitions, declared are 3"),
        (TopicView(3, 1, {**RIGHT, "message.timestamp.type": "CreateTime"}),
         "gw.plan.inbox: message.timestamp.type is CreateTime, wanted LogAppendTime"),
        (TopicView(3, 1, {**RIGHT, "retention.ms": "604800000"}),
         "gw.plan.inbox: retention.ms is 604800000, wanted -1"),
        (TopicView(3, 1, {**RIGHT, "cleanup.policy": "compact"}),
         "gw.plan.inbox: cleanup.policy is compact, wanted delete"),
        (TopicView(3, 1, {**RIGHT, "max.message.bytes": "1048588"}),
         "gw.plan.inbox: max.message.bytes is 1048588, wanted 8000000 or more"),
    ],
)  # fmt: skip
def test_a_topic_that_differs_is_named(topic: TopicView, named: str) -> None:
    (check,) = topic_checks(view(**{"gw.plan.inbox": topic}), WANTED)
    assert (check.state, check.text) == ("fail", named)


def test_missing_topics_are_to_be_created_and_few_copies_are_warned_of() -> None:
    (check,) = topic_checks(view(), {**WANTED, "in.RK_B": 1})
    assert (check.text, check.what_to_do) == ("missing: in.RK_B", "gateway topics --create")
    three = replace(view(), brokers=3)
    states = [(check.name, check.state) for check in topic_checks(three, WANTED)]
    assert states == [("topics", "ok"), ("copies", "warn")]


def test_the_release_is_told_by_what_the_broker_speaks() -> None:
    check = broker_check("there:9092", replace(view(), brokers=3, fetch_version=16))
    assert check.text == "there:9092: Kafka 3.7 or later, 3 brokers, three copies"
    assert "before 2.3" in broker_check("there:9092", replace(view(), fetch_version=4)).text


def test_a_broker_that_does_not_answer_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP", raising=False)
    made = settings(tmp_path)
    (check,) = asyncio.run(there(made, HOME, None))
    assert check.text == "where is Kafka? set bootstrap in the settings, or KAFKA_BOOTSTRAP"
    nobody = made.model_copy(update={"bootstrap": "127.0.0.1:9"})
    (check,) = asyncio.run(there(nobody, HOME, None))
    assert (check.state, check.text) == (
        "fail", "127.0.0.1:9 does not answer (KafkaConnectionError)",
    )  # fmt: skip


@pytest.mark.kafka
def test_a_broker_is_looked_at_before_and_after_its_topics_are_there(
    tmp_path: Path, kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP", kafka)
    settings(tmp_path)
    made = Settings(
        senders={sender: DIALECTS.get(sender, "native") for sender in SENDERS},
        partitions=Partitions(plan=3, fund=2, cash=2, dispatch=2),
        token_key_file=tmp_path / "token.key",
        prefix="doctoring.",
    )

    async def story() -> tuple[list[Check], list[Check]]:
        before = await there(made, HOME, None)
        log = KafkaLog(kafka, prefix="doctoring.")
        await log.create(HOME.topics())
        writer = log.writer("doctoring.publisher")
        await writer.open()
        await writer.append(settled_day().appends)
        await writer.close()
        seat = next(s for s in HOME.seats(log, "doctoring") if s.topic == "in.RK_B")
        await seat.open()
        async for records in log.read("in.RK_B", 0):
            await seat.take(records)
        await seat.close()
        after = await there(made, HOME, None)
        await log.close()
        return before, after

    before, after = asyncio.run(story())
    assert [(check.name, check.state) for check in before] == [("broker", "ok"), ("topics", "fail")]
    found = {check.name: check for check in after}
    assert found["broker"].text == f"{kafka}: Kafka 4.1 or later, 1 broker, one copy of everything"
    assert found["topics"].state == "ok"
    assert found["intake desk"].state == "warn"
    assert "in.RK_A 2 after offset -1" in found["intake desk"].text
    assert "in.RK_B" not in found["intake desk"].text

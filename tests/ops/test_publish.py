"""Records in JSON become messages of the published schemas, or are refused by name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from gateway.connector.protocol import Rendered, Untranslatable
from gateway.core.cash_breaks import CashAdvice
from gateway.errors import ConfigError, PartnerUnavailable
from gateway.log.kafka import KafkaLog
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.ops.publish.command import Message, produce, publish, records, run, say, ticks
from gateway.ops.publish.records import form_of
from gateway.shell.gateway import connectors, pump
from gateway.wire.registry import schema_root, standard
from tests.day.market_day import BEFORE_CLOSE, PERSON, SENDERS, SESSION, days, settled_day
from tests.day.test_settled_day import MESSAGES, verdicts
from tests.day.test_settled_day import run as play
from tests.ops.stage import HOME, into, settings

BATCH: dict[str, object] = {
    "batch_id": "B1", "session": "2026-11-24", "currency": "USD", "plan_id": "PLN-1",
    "received_at": "2026-11-24T15:00:00-05:00", "control_count": 1, "control_amount_minor": 125_00,
    "lines": [{"participant_id": PERSON, "money_source": "PRE_TAX", "fund_id": "LIQ",
               "amount_minor": 125_00}],
}  # fmt: skip
CONTRIBUTION = "inbound/ContributionBatch"


def written(folder: Path, *said: object, name: str = "batch.json") -> list[Path]:
    path = folder / name
    path.write_text(json.dumps(said[0] if len(said) == 1 else said), encoding="utf-8")
    return [path]


def made(folder: Path, said: object, schema: str = CONTRIBUTION) -> Message:
    (message,) = records(HOME, "RK_A", schema, written(folder, said))
    return message


def with_line(**changes: object) -> dict[str, object]:
    line = {"participant_id": PERSON, "money_source": "PRE_TAX", "fund_id": "LIQ",
            "amount_minor": 125_00, **changes}  # fmt: skip
    return {**BATCH, "lines": [line]}


def test_natural_values_travel_as_the_schema_says(tmp_path: Path) -> None:
    message = made(tmp_path, BATCH)
    assert (message.append.topic, message.append.key, message.name) == ("in.RK_A", b"B1", "B1")
    sent = MESSAGES.unpack(message.append.value)
    assert isinstance(sent, Rendered)
    assert sent.schema == CONTRIBUTION
    assert sent.body["sender"] == "RK_A"
    assert sent.body["session"] == days(SESSION)
    assert sent.body["received_at"] == 1_795_550_400_000_000
    assert sent.body["lines"] == BATCH["lines"]


def test_what_is_published_is_taken_by_intake(tmp_path: Path) -> None:
    log = play(settled_day().appends, HOME)

    async def story() -> None:
        done = await publish(
            records(HOME, "RK_A", CONTRIBUTION, written(tmp_path, BATCH)), into(log)
        )
        assert [(p.topic, p.offset, p.schema) for p in done] == [("in.RK_A", 2, CONTRIBUTION)]
        seats = HOME.seats(log)
        for seat in seats:
            await seat.open()
        await pump(seats, log)

    asyncio.run(story())
    assert verdicts(log)[-1] == ("ACCEPTED", ())


def test_a_file_holds_one_record_or_an_array_or_a_record_a_line(tmp_path: Path) -> None:
    second = {**BATCH, "batch_id": "B2"}
    lines = tmp_path / "lines.json"
    lines.write_text(f"{json.dumps(BATCH)}\n\n{json.dumps(second)}\n", encoding="utf-8")
    for files in (written(tmp_path, BATCH, second), [lines]):
        assert [m.name for m in records(HOME, "RK_A", CONTRIBUTION, files)] == ["B1", "B2"]


def test_managers_write_in_their_own_dialect(tmp_path: Path) -> None:
    said = {"StatementRef": "Q3", "FundCode": "BX_PE", "InvestorRef": "TDF_2045",
            "AsOfDate": "20260930", "Ccy": "USD", "CapitalBalance": "905000.00"}  # fmt: skip
    files = written(tmp_path, said)
    (message,) = records(HOME, "BLACKSTONE", "inbound/BlackstoneVehicleStatement", files)
    assert (message.append.topic, message.name) == ("in.BLACKSTONE", "Q3")


def test_a_bank_advises_of_cash(tmp_path: Path) -> None:
    said = {"advice_id": "A1", "counterparty": "RK_A", "currency": "USD", "direction": "DEBIT",
            "value_date": "2026-11-24", "amount_minor": 600_000_00, "reference": ""}  # fmt: skip
    files = written(tmp_path, said)
    (message,) = records(HOME, "CUSTODIAN", "inbound/CashAdvice", files)
    assert (message.append.topic, message.name) == ("in.CUSTODIAN", "A1")
    sent = MESSAGES.unpack(message.append.value)
    assert isinstance(sent, Rendered)
    told = connectors()["native"].translate(sent.schema, sent.body)
    assert told == CashAdvice("CUSTODIAN", "A1", "RK_A", "USD", SESSION, -600_000_00, "", 0)
    with pytest.raises(Untranslatable, match="greater than zero"):
        connectors()["native"].translate(sent.schema, {**sent.body, "amount_minor": 0})


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({**BATCH, "session": "24.11.2026"},
         "batch.json: record 1: inbound/ContributionBatch: session: wanted a date as 2026-11-24, "
         "got a text of 10 characters"),
        ({**BATCH, "received_at": "2026-11-24T15:00:00"},
         "received_at: wanted an instant with its zone as 2026-11-24T15:30:00-05:00, got a text"),
        ({**BATCH, "control_count": "1"}, "control_count: wanted a whole number, got a text of 1"),
        ({**BATCH, "control_count": True}, "control_count: wanted a whole number, got true"),
        (with_line(amount_minor=1.5), r"lines\[0\].amount_minor: wanted a whole number of minor "
         r"units, 1250.00 USD is 125000, got the fraction 1.5"),
        (with_line(amount_minor=2**63), r"amount_minor: 9223372036854775808 does not fit long"),
        (with_line(money_source="PRETAX"), r"money_source: wanted one of PRE_TAX, ROTH, .*"),
        (with_line(participant_id=None), "participant_id: wanted a text, got null"),
        (with_line(fund="LIQ"), r"lines\[0\].fund: ContributionLine has no such field: did you "
         r"mean fund_id\?"),
        ({key: value for key, value in BATCH.items() if key != "plan_id"},
         r"plan_id: is missing \(plan of every line\)"),
        ({**BATCH, "lines": {}}, "lines: wanted an array, got an object"),
        ([BATCH, 7], "record 2: inbound/ContributionBatch: the record: wanted an object with"),
        ([], "batch.json: an empty array: write at least one record"),
    ],
)  # fmt: skip
def test_a_record_that_does_not_fit_names_its_field(
    tmp_path: Path, said: object, named: str
) -> None:
    with pytest.raises(ConfigError, match=named) as told:
        records(HOME, "RK_A", CONTRIBUTION, written(tmp_path, said))
    assert PERSON not in str(told.value)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "batch.json: not JSON"),
        ("{}\n{", "batch.json: line 2 is not JSON"),
    ],
)
def test_a_file_that_is_not_json_is_named(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "batch.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=named):
        records(HOME, "RK_A", CONTRIBUTION, [path])
    with pytest.raises(ConfigError, match="cannot be read"):
        records(HOME, "RK_A", CONTRIBUTION, [tmp_path / "nowhere.json"])


@pytest.mark.parametrize(
    ("sender", "schema", "named"),
    [
        ("RK_C", CONTRIBUTION, "no sender RK_C: the nearest are RK_"),
        ("RK_A", "inbound/ContributionBatches", "did you mean inbound/ContributionBatch"),
        ("RK_A", "between/OrderBatch", "no schema between/OrderBatch for senders"),
        ("operations", "between/BookChange", "published by gateway book apply FILE.yaml"),
        ("RK_A", "inbound/Tick", "a tick goes to every sender: publish --tick"),
    ],
)
def test_who_and_what_must_be_known(tmp_path: Path, sender: str, schema: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        records(HOME, sender, schema, written(tmp_path, BATCH))


def test_every_record_of_senders_has_a_form() -> None:
    for folder in (schema_root() / "inbound").iterdir():
        assert form_of(standard(), f"inbound/{folder.name}").fields


def test_a_tick_goes_into_every_senders_topic_and_to_operations_last() -> None:
    sent = ticks(HOME, "CUT_OFF", SESSION)
    assert {message.append.topic for message in sent} == {f"in.{sender}" for sender in SENDERS}
    assert sent[-1].append.topic == "in.operations"
    tick = MESSAGES.unpack(sent[0].append.value)
    assert isinstance(tick, Rendered)
    assert tick.body == {"sender": "clock", "kind": "CUT_OFF", "session": days(SESSION),
                         "moment_at": 1_795_554_000_000_000}  # fmt: skip


def test_published_ticks_open_the_session() -> None:
    day = settled_day()
    book = day.appends[:1]
    log = MemoryLog(lambda: BEFORE_CLOSE)

    async def story() -> None:
        await log.create(HOME.topics())
        log.append_now(book)
        await publish(ticks(HOME, "SESSION_OPENED", SESSION), into(log))
        day.appends.clear()
        day.payroll("RK_A", "B", "PLN-1", BEFORE_CLOSE, [("p", "LIQ", 1)])
        log.append_now(day.appends)
        seats = HOME.seats(log)
        for seat in seats:
            await seat.open()
        await pump(seats, log)

    asyncio.run(story())
    assert verdicts(log) == [("ACCEPTED", ())]


@pytest.mark.parametrize(
    ("kind", "session", "named"),
    [
        ("NOON", SESSION, "no moment is called NOON: there are SESSION_OPENED, CUT_OFF"),
        ("CUT_OFF", date(2026, 11, 26), "2026-11-26 is no session"),
    ],
)
def test_a_tick_is_of_a_moment_and_a_session(kind: str, session: date, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        ticks(HOME, kind, session)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ({"tick": "CUT_OFF"}, "--tick: say of which session"),
        ({"tick": "CUT_OFF", "sender": "RK_A"}, "--tick goes to every sender"),
        ({"sender": "RK_A"}, "publish --sender S --schema inbound/X FILE.json"),
    ],
)
def test_wrong_use_is_named(tmp_path: Path, words: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        run(settings(tmp_path), tick=words.get("tick"), sender=words.get("sender"))


def test_nothing_that_listens_is_a_partner_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP", raising=False)
    home = settings(tmp_path).model_copy(update={"bootstrap": "127.0.0.1:9"})
    with pytest.raises(PartnerUnavailable, match=r"no Kafka broker answers at 127\.0\.0\.1:9"):
        run(home, tick="CUT_OFF", session=SESSION)


def test_what_was_published_is_said_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = MemoryLog(lambda: BEFORE_CLOSE)
    asyncio.run(log.create(HOME.topics()))
    done = asyncio.run(publish([made(tmp_path, BATCH)], into(log)))
    say(done, as_json=False)
    assert "in.RK_A-0@0" in capsys.readouterr().out
    say(done, as_json=True)
    (said,) = json.loads(capsys.readouterr().out)["published"]
    assert (said["topic"], said["offset"], said["name"]) == ("in.RK_A", 0, "B1")


@pytest.mark.kafka
def test_a_broker_takes_records_in_order_and_no_topic_is_made_by_the_way(
    tmp_path: Path, kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP", kafka)
    home = settings(tmp_path).model_copy(update={"prefix": "publishing."})
    second = {**BATCH, "batch_id": "B2"}
    messages = records(HOME, "RK_A", CONTRIBUTION, written(tmp_path, BATCH, second))

    async def story() -> tuple[list[int], list[bytes]]:
        log = KafkaLog(kafka, prefix="publishing.")
        with pytest.raises(ConfigError, match=r"no topic in\.RK_A on the broker"):
            await produce(home, [message.append for message in messages])
        await log.create({"in.RK_A": 1})
        done = await publish(messages, lambda appends: produce(home, appends))
        values = [r.value async for batch in log.read("in.RK_A", 0) for r in batch]
        await log.close()
        return [p.offset for p in done], values

    wanted: Sequence[Append] = [message.append for message in messages]
    assert asyncio.run(story()) == ([0, 1], [append.value for append in wanted])

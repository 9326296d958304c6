"""Whatever a sender writes, it ends as a named rejection or in quarantine, and the day goes on."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import fastavro
import pytest

from gateway.connector.protocol import Rendered
from gateway.core.events import InstructionAdvanced, StatusRefused
from gateway.core.marks import NavStruck
from gateway.core.orders import BatchStatus, OrderStatus
from gateway.core.quarantine import Quarantined
from gateway.core.vocabulary import REJECT_CODES
from gateway.errors import ConfigError
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.wire.decoder import Decoder
from gateway.wire.framing import Fault, Undecodable
from gateway.wire.registry import MOST_NESTING, nesting, schema_root, standard
from tests.day.market_day import (
    BEFORE_CLOSE,
    PERSON,
    SESSION,
    MarketDay,
    book,
    days,
    gateway,
    settled_day,
    traded,
)
from tests.day.test_settled_day import MESSAGES, instructions, run, sent
from tests.laws.planted import broken, events_of

HOME = gateway(2, 1, 1)
Spoil = Callable[[MarketDay], object]
TOO_MUCH = 2**62


def with_rest_of_the_day(spoil: Spoil, lines: int = 0, minor: int = 0) -> MemoryLog:
    """The settled day with a message in between that counts `lines` and `minor` for RK_A."""
    day = settled_day()
    spoil(day)
    traded(day)
    if lines:
        day.appends = [a for a in day.appends if a.value != _day_end(2, 3, 0)]
        day.day_end("RK_A", 3, 3 + lines, 300_00 + 9_000_00 + 1_000_01 + minor)
    log = run(day.appends, HOME)
    assert broken(log, HOME, identifiers=[PERSON]) == []
    return log


def _day_end(batches: int, lines: int, minor: int) -> bytes:
    day = MarketDay()
    day.day_end("RK_A", batches, lines, 300_00 + 9_000_00 + 1_000_01 + minor)
    return day.appends[0].value


def raw(value: bytes, sender: str = "RK_A") -> Spoil:
    return lambda day: day.appends.append(Append(f"in.{sender}", 0, None, value))


def order(
    amount: int = 1, count: int = 1, received_at: int = BEFORE_CLOSE, **changes: object
) -> Spoil:
    """A payroll of equal lines into the liquid fund."""
    row = {"participant_id": "p", "money_source": "PRE_TAX", "fund_id": "LIQ",
           "amount_minor": amount}  # fmt: skip
    head: dict[str, object] = {
        "batch_id": "X", "session": days(SESSION), "currency": "USD", "plan_id": "PLN-1",
        "received_at": received_at, "control_count": count, "lines": [row] * count,
        "control_amount_minor": max(-(2**63), min(amount * count, 2**63 - 1)), **changes,
    }  # fmt: skip
    return lambda day: day.say("RK_A", "ContributionBatch", **head)


def kkr(value: int, measured: int, **changes: object) -> Spoil:
    head = {"documentId": "D", "vehicle": "KKR_EVG", "holder": "MA_ALT",
            "valuationDate": measured, "currency": "USD", "unitsE6": value * 10_000,
            "priceE6": 1_000_000, **changes}  # fmt: skip
    return lambda day: day.say("KKR", "KkrEvergreenNav", **head)


def blackstone(balance: str, measured: str = "20261101") -> Spoil:
    return lambda day: day.say(
        "BLACKSTONE", "BlackstoneVehicleStatement", StatementRef="Q", FundCode="BX_PE",
        InvestorRef="TDF_2045", AsOfDate=measured, Ccy="USD", CapitalBalance=balance,
    )  # fmt: skip


def holdings(**units: int) -> Spoil:
    return lambda day: day.holdings("RK_A", "PLN-2", "q", **units)


def good_batch() -> bytes:
    day = MarketDay()
    order()(day)
    return day.appends[0].value


def from_the_clock(schema: str, **body: object) -> bytes:
    return MESSAGES.pack(Rendered(f"inbound/{schema}", {"sender": "clock", **body}))


SCHEMA_ID_UNKNOWN = b"\x00\x00\x00\x4e\x20" + good_batch()[5:]
SINGLE_OBJECT_UNKNOWN = b"\xc3\x01" + b"\x07" * 8 + good_batch()[5:]
ODD_MARK = {"statement_id": "S", "vehicle_id": "KKR_EVG", "fund_id": "MA_ALT", "currency": "USD",
            "measurement_date": days(SESSION) - 1, "value_minor": 5}  # fmt: skip


def a_ratio_over_zero() -> bytes:
    """A book change whose bytes are right and whose first ratio has no denominator."""
    day = MarketDay()
    day.adopt(replace(book(), batch_id="odd", plans=()))
    value = day.appends[0].value
    ratio = fastavro_long(6) + fastavro_long(10)
    assert ratio in value
    return value.replace(ratio, fastavro_long(6) + fastavro_long(0))


def fastavro_long(value: int) -> bytes:
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, "long", value)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("value", "sender", "code", "word"),
    [
        (SCHEMA_ID_UNKNOWN, "RK_A", "SCHEMA", "no schema has id 20000"),
        (SINGLE_OBJECT_UNKNOWN, "RK_A", "SCHEMA", "no schema has fingerprint"),
        (good_batch()[:-3], "RK_A", "SCHEMA", "not a inbound/ContributionBatch"),
        (good_batch()[:6], "RK_A", "SCHEMA", "not a inbound/ContributionBatch"),
        (good_batch() + b"\0", "RK_A", "SCHEMA", "1 bytes after a inbound/ContributionBatch"),
        (good_batch() * 2, "RK_A", "SCHEMA", "bytes after a inbound/ContributionBatch"),
        (a_ratio_over_zero(), "RK_A", "SCHEMA", "no record of operations"),
        (a_ratio_over_zero(), "operations", "SCHEMA", "no record of operations"),
        (from_the_clock("ManagerNav", **ODD_MARK), "KKR", "WRONG_SENDER", "the clock only ticks"),
        (MESSAGES.pack(replace(book(), sender="RK_A")), "RK_A", "WRONG_SENDER", "only operations"),
    ],
    ids=[
        "unknown schema id", "unknown fingerprint", "truncated", "nothing but a head",
        "a trailing byte", "two in one", "a ratio over zero", "a ratio over zero of operations",
        "a mark from the clock", "a book from a recordkeeper",
    ],
)  # fmt: skip
def test_bytes_that_are_no_message_of_the_sender_are_kept_and_change_nothing(
    value: bytes, sender: str, code: str, word: str
) -> None:
    log = with_rest_of_the_day(raw(value, sender))
    kept = [m for m in sent(log, "gw.quarantine") if isinstance(m, Quarantined)]
    assert [(k.raw, k.sender, [c.value for c in k.codes]) for k in kept] == [
        (value, sender, [code])
    ]
    assert word in kept[0].detail
    assert refusals(log, sender) == [("QUARANTINED", (code,))]
    assert instructions(log) == undisturbed()


def undisturbed() -> object:
    return instructions(run(traded(settled_day()).appends, HOME))


def refusals(log: MemoryLog, sender: str) -> list[tuple[str, tuple[str, ...]]]:
    answers = [m for m in sent(log, f"out.{sender}") if isinstance(m, BatchStatus)]
    return [
        (a.verdict, tuple(code.value for code in a.codes))
        for a in answers
        if a.verdict not in ("ACCEPTED", "CLOSED")
    ]


@pytest.mark.parametrize(
    ("spoil", "sender", "verdict", "codes"),
    [
        (order(count=0), "RK_A", "REJECTED", ("EMPTY_BATCH",)),
        (order(session=days(date(2026, 11, 28))), "RK_A", "REJECTED", ("CALENDAR",)),
        (order(session=days(date(2026, 11, 26))), "RK_A", "REJECTED", ("CALENDAR",)),
        (order(session=2**31 - 1), "RK_A", "QUARANTINED", ("CALENDAR",)),
        (order(2**63 - 1), "RK_A", "REJECTED", ("AMOUNT_RANGE",)),
        (order(-(2**63)), "RK_A", "REJECTED", ("AMOUNT_RANGE",)),
        (order(TOO_MUCH, count=3), "RK_A", "REJECTED", ("CONTROL_TOTAL", "AMOUNT_RANGE")),
        (kkr(10**17, days(SESSION) - 1, unitsE6=2**62, priceE6=2**62), "KKR", "REJECTED",
         ("AMOUNT_RANGE",)),
        (kkr(100_000_00, days(SESSION) + 1), "KKR", "REJECTED", ("MARK_FROM_THE_FUTURE",)),
        (kkr(100_000_00, 2**31 - 1), "KKR", "QUARANTINED", ("CALENDAR",)),
        (kkr(0, days(SESSION) - 1, unitsE6=-1), "KKR", "QUARANTINED", ("NEGATIVE_AMOUNT",)),
        (kkr(1, days(SESSION) - 1, currency="EUR"), "KKR", "REJECTED", ("CURRENCY",)),
        (kkr(1, days(SESSION) - 1, vehicle="OTHER"), "KKR", "REJECTED", ("UNKNOWN_VEHICLE",)),
        (kkr(1, days(SESSION) - 1, holder="OTHER"), "KKR", "REJECTED", ("UNKNOWN_FUND",)),
        (blackstone("92233720368547758.07"), "BLACKSTONE", "REJECTED", ("AMOUNT_RANGE",)),
        (blackstone("-0.01"), "BLACKSTONE", "REJECTED", ("NEGATIVE_AMOUNT",)),
        (blackstone("9" * 40), "BLACKSTONE", "QUARANTINED", ("SCHEMA",)),
        (blackstone("12,34.5"), "BLACKSTONE", "QUARANTINED", ("SCHEMA",)),
        (blackstone("1.00", "20261345"), "BLACKSTONE", "QUARANTINED", ("SCHEMA",)),
        (holdings(TDF_2045=2**63 - 1), "RK_A", "REJECTED", ("AMOUNT_RANGE",)),
        (holdings(TDF_2045=-1), "RK_A", "REJECTED", ("NEGATIVE_AMOUNT",)),
        (holdings(), "RK_A", "REJECTED", ("EMPTY_BATCH",)),
    ],
)  # fmt: skip
def test_a_message_that_cannot_be_true_is_refused_by_name_and_changes_nothing(
    spoil: Spoil, sender: str, verdict: str, codes: tuple[str, ...]
) -> None:
    log = with_rest_of_the_day(spoil)
    assert refusals(log, sender) == [(verdict, codes)]
    assert instructions(log) == undisturbed()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (order(currency="EUR"), "CURRENCY"),
        (order(currency=""), "CURRENCY"),
        (order(plan_id=""), "UNKNOWN_PLAN"),
        (order(received_at=BEFORE_CLOSE + 10**15), "CALENDAR"),
        (order(received_at=2**63 - 1), "CALENDAR"),
        (order(received_at=0), "AS_OF_REQUIRED"),
        (order(received_at=-(2**63)), "AS_OF_REQUIRED"),
    ],
)
def test_a_line_that_cannot_trade_is_refused_by_name_and_the_rest_settles_the_same(
    spoil: Spoil, code: str
) -> None:
    log = with_rest_of_the_day(spoil, lines=1, minor=1)
    assert line_codes(log, "X") == [code]
    assert instructions(log) == undisturbed()


def line_codes(log: MemoryLog, batch: str) -> list[str]:
    statuses = [m for m in sent(log, "out.RK_A") if isinstance(m, OrderStatus)]
    mine = [status for status in statuses if status.batch_id == batch]
    return [REJECT_CODES[code].value for status in mine for code in status.code.tolist()]


@pytest.mark.parametrize(
    ("schema", "line"),
    [
        ("DistributionBatch", {"fund_id": ""}),
        ("ExchangeBatch", {"from_fund_id": "", "into_fund_id": "LIQ"}),
        ("ExchangeBatch", {"from_fund_id": "TDF_2045", "into_fund_id": ""}),
    ],
)
def test_an_order_that_does_not_say_what_it_sells_or_buys_moves_no_money(
    schema: str, line: dict[str, object]
) -> None:
    whole = {"plan_id": "PLN-1", "participant_id": PERSON, "amount_minor": 100,
             "received_at": BEFORE_CLOSE, **line}  # fmt: skip
    spoil: Spoil = lambda day: day.say(  # noqa: E731 -- a spoil like the others
        "RK_A", schema, batch_id="X", session=days(SESSION), currency="USD", control_count=1,
        control_amount_minor=100, lines=[whole],
    )  # fmt: skip
    log = with_rest_of_the_day(spoil, lines=1, minor=100)
    assert line_codes(log, "X") == ["UNKNOWN_FUND"]
    assert instructions(log) == undisturbed()


def test_a_line_without_a_plan_is_nobody_elses() -> None:
    columns = {
        "plan_ids": ["", "PLN-2"], "plan_index": [0, 1], "participant_ids": ["p", "p"],
        "money_sources": [0, 0], "fund_ids": ["LIQ"], "fund_index": [0, 0],
        "amounts_minor": [5_00, 7_00],
        "received_at_micros": [BEFORE_CLOSE] * 2,
    }  # fmt: skip
    spoil: Spoil = lambda day: day.say(  # noqa: E731 -- a spoil like the others
        "RK_A", "ContributionColumns", batch_id="X", session=days(SESSION), currency="USD",
        control_count=2, control_amount_minor=12_00, **columns,
    )  # fmt: skip
    log = with_rest_of_the_day(spoil, lines=2, minor=12_00)
    assert line_codes(log, "X") == ["UNKNOWN_PLAN"]
    assert instructions(log)["RK_A"].amount_minor == 10_300_01 + 7_00


def test_batches_that_add_up_beyond_a_days_measure_are_refused_one_by_one() -> None:
    day = settled_day()
    for number in range(12):
        order(10**13, batch_id=f"X{number}")(day)
    log = run(traded(day).appends, HOME)
    verdicts = [v for v in refusals(log, "RK_A") if v[0] == "REJECTED"]
    # Ten fill the day's measure, and whatever comes after is over it.
    assert verdicts == [("REJECTED", ("AMOUNT_RANGE",))] * 4
    assert refusals(log, "RK_A")[-1] == ("BREAK", ("CONTROL_TOTAL",))
    assert broken(log, HOME) == []


@pytest.mark.parametrize("level", [2**63 - 1, 10**15, 1])
def test_a_level_beyond_belief_stops_no_desk(level: int) -> None:
    """A fund is held or struck; the market's own later word for the session counts."""
    for index in ("LIQUID", "PROXY"):
        day = settled_day()
        day.say("market", "ProxyLevel", index_id=index, session=days(SESSION), level=level)
        log = run(traded(day).appends, HOME)
        navs = [m for m in sent(log, "out.RK_A") if isinstance(m, NavStruck)]
        assert len(navs) == 3, "every fund is struck or held"
        assert broken(log, HOME) == []


def test_levels_count_only_from_market_data() -> None:
    def spoil(day: MarketDay) -> None:
        for sender in ("RK_A", "BLACKSTONE"):
            day.say(sender, "ProxyLevel", index_id="LIQUID", session=days(SESSION), level=1)

    log = with_rest_of_the_day(spoil)
    assert instructions(log) == undisturbed()
    navs = {m.fund_id: m.nav for m in sent(log, "out.RK_A") if isinstance(m, NavStruck)}
    assert navs["TDF_2045"] == 10_0155


def test_a_batch_of_a_million_lines_is_kept_unread() -> None:
    lines = 1_000_000
    row = b"\x02p" + b"\x00" + b"\x06LIQ" + fastavro_long(1)
    end = fastavro_long(1) + row + b"\x00"
    assert good_batch().endswith(end)
    value = good_batch().removesuffix(end) + fastavro_long(lines) + row * lines + b"\x00"
    log = with_rest_of_the_day(raw(value))
    (kept,) = [m for m in sent(log, "gw.quarantine") if isinstance(m, Quarantined)]
    assert kept.raw == value
    assert kept.detail == f"{Fault.TOO_LARGE}: {len(value)} bytes, at most 4000000"
    assert instructions(log) == undisturbed()


def test_a_batch_of_more_lines_than_allowed_is_not_understood() -> None:
    day = MarketDay()
    order(count=11)(day)
    with pytest.raises(Undecodable, match="11 lines, at most 10"):
        Decoder(standard(), max_lines=10).decode(day.appends[0].value)


def test_an_array_that_claims_more_items_than_it_has_is_not_believed() -> None:
    body = good_batch()[5:]
    lines = body.rindex(fastavro_long(1) + b"\x02p")
    claimed = good_batch()[:5] + body[:lines] + fastavro_long(2**40) + body[lines + 1 :]
    with pytest.raises(Undecodable, match="not a inbound/ContributionBatch"):
        Decoder(standard()).decode(claimed)


def test_bytes_nest_no_deeper_than_a_schema_and_a_schema_not_without_end() -> None:
    for path in schema_root().glob("*/*/v*.avsc"):
        deepest = nesting(json.loads(path.read_text(encoding="utf-8")))
        assert deepest <= (3 if path.parts[-3] == "inbound" else MOST_NESTING), path
    inner = {"name": "inner", "type": ["null", {"type": "array", "items": "Nest"}]}
    with pytest.raises(ConfigError, match="record Nest holds itself"):
        nesting({"type": "record", "name": "Nest", "fields": [inner]})


def test_bad_input_of_one_sender_leaves_the_next_session_open_for_all() -> None:
    day = traded(settled_day())
    raw(b"\x07rubbish")(day)
    following = SESSION + timedelta(days=1)
    day.tick("SESSION_OPENED", following)
    order(session=days(following), received_at=BEFORE_CLOSE + 86_400_000_000)(day)
    log = run(day.appends, HOME, cut=20)
    assert refusals(log, "RK_A") == [("QUARANTINED", ("SCHEMA",))]
    assert line_codes(log, "X") == []
    assert broken(log, HOME) == []


def test_an_instruction_is_answered_by_its_receiver_alone() -> None:
    day = traded(settled_day())
    until = len(day.appends)
    for sender in ("RK_B", "KKR", "RK_A"):
        if sender == "KKR":
            day.say("KKR", "KkrStatusUpdate", adviceId="SI-20261125-RK_A-USD-1", status="declined",
                    remark="")  # fmt: skip
        else:
            day.say(sender, "InstructionAck", instruction_id="SI-20261125-RK_A-USD-1",
                    state="SETTLED", detail="")  # fmt: skip
    log = run(day.appends, HOME, cut=until)
    events = [event for partition in events_of(log, "cash", HOME) for event in partition]
    steps = [(e.state.value, e.source) for e in events
             if isinstance(e, InstructionAdvanced) and "RK_A" in e.instruction_id]  # fmt: skip
    refused = [(e.source, e.code.value) for e in events if isinstance(e, StatusRefused)]
    assert steps == [("SENT", "dispatch"), ("SETTLED", "RK_A")]
    assert sorted(refused) == [("KKR", "WRONG_SENDER"), ("RK_B", "WRONG_SENDER")]

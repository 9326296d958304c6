"""What `gateway show` says about a settled day, and about what was not taken in it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.ops.answers import plain
from gateway.ops.reading.orders import Asked
from gateway.ops.show import READS, Part, run, say, view
from gateway.shell.gateway import pump
from tests.day.market_day import (
    BEFORE_CLOSE,
    PERSON,
    SESSION,
    book,
    gateway,
    settled_day,
    traded,
)
from tests.day.test_settled_day import MESSAGES
from tests.day.test_settled_day import run as play
from tests.ops.stage import HOME, archive, busy_log, instruction, settings

NEXT = SESSION + timedelta(days=1)
ALL = Asked()


def shown(
    what: str, asked: Asked = ALL, limit: int = 50, log: MemoryLog | None = None
) -> dict[str, Part]:
    parts = asyncio.run(view(log or busy_log(), HOME, what, asked, limit=limit))
    return {part.name: part for part in parts}


def rows(part: Part, *fields: str) -> list[tuple[object, ...]]:
    return [tuple(plain(getattr(row, name)) for name in fields) for row in part.rows]


def test_orders_are_added_up_by_batch_and_trade_date() -> None:
    batches = shown("orders")["batches"]
    figures = ("batch_id", "trade_date", "state", "lines", "asked_minor", "accepted_minor",
               "diverted_minor", "rejected_minor")  # fmt: skip
    day, after = str(SESSION), str(NEXT)
    assert rows(batches, *figures) == [
        ("B1", day, "DECIDED", 2, 9_300_00, 300_00, 9_000_00, 0),
        ("B2", day, "DECIDED", 1, 1_000_01, 1_000_01, 0, 0),
        ("B3", day, "DECIDED", 1, 5_00, 50, 4_50, 0),
        ("B4", after, "DECIDED", 1, 70_00, 70_00, 0, 0),
        ("D1", day, "DECIDED", 1, 2_500_00, 2_500_00, 0, 0),
    ]


def test_only_lines_refused_or_diverted_are_listed_and_participants_are_tokens() -> None:
    odd = shown("orders")["exceptions"]
    assert rows(odd, "batch_id", "line", "plan_id", "accepted_minor", "diverted_minor",
                "liquid_fund") == [
        ("B1", 1, "PLN-1", 0, 9_000_00, "LIQ"),
        ("B3", 0, "PLN-2", 50, 4_50, "LIQ"),
    ]  # fmt: skip
    assert all(len(token) == 16 for (token,) in rows(odd, "participant") if isinstance(token, str))


def test_a_limit_on_rows_says_how_many_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    parts = asyncio.run(view(busy_log(), HOME, "orders", ALL, limit=1))
    say("orders", parts, as_json=False)
    out = capsys.readouterr().out
    assert "Order batches (5; 4 more, ask with --limit)" in out
    assert "Lines refused, diverted or sent elsewhere (2; 1 more, ask with --limit)" in out


@pytest.mark.parametrize(
    ("asked", "batches"),
    [
        (Asked(sender="RK_B"), ["D1"]),
        (Asked(plan="PLN-2"), ["B2", "B3"]),
        (Asked(fund="MA_ALT"), ["B1", "B3"]),
        (Asked(fund="TDF_2045", sender="RK_A"), ["B1", "B2"]),
        (Asked(session=NEXT), ["B4"]),
        (Asked(plan="PLN-9"), []),
    ],
)
def test_orders_can_be_asked_for(asked: Asked, batches: list[str]) -> None:
    assert [name for (name,) in rows(shown("orders", asked)["batches"], "batch_id")] == batches


def test_a_plan_asked_for_is_added_up_alone() -> None:
    batches = shown("orders", Asked(plan="PLN-1", fund="MA_ALT"))["batches"]
    assert rows(batches, "lines", "asked_minor") == [(1, 9_000_00)]


def test_lines_wait_and_are_parked_before_they_are_decided() -> None:
    day = settled_day()
    day.appends = [a for a in day.appends if a.topic != "in.operations"]
    day.payroll("RK_A", "B", "PLN-1", BEFORE_CLOSE, [(PERSON, "LIQ", 1_00)])
    waiting = shown("orders", log=play(day.appends, HOME))["batches"]
    assert rows(waiting, "batch_id", "trade_date", "state", "lines", "asked_minor") == [
        ("B", None, "WAITING", 1, 1_00)
    ]
    day = settled_day()
    day.payroll("RK_A", "L", "PLN-1", BEFORE_CLOSE + 36_000_000_000, [(PERSON, "LIQ", 2_00)])
    parked = shown("orders", log=play(day.appends, HOME))["batches"]
    assert rows(parked, "batch_id", "trade_date", "state", "asked_minor", "accepted_minor") == [
        ("L", str(NEXT), "PARKED", 2_00, 0)
    ]


def test_what_no_plan_partition_has_decided_is_on_its_way() -> None:
    log, home = MemoryLog(lambda: BEFORE_CLOSE), gateway()

    async def intake_alone() -> None:
        await log.create(home.topics())
        log.append_now(traded(settled_day()).appends)
        for seat in home.seats(log):
            if seat.desk.name == "intake":
                await seat.open()
                await seat.take(log.records(seat.topic, 0))

    asyncio.run(intake_alone())
    batches = shown("orders", log=log)["batches"]
    assert rows(batches, "batch_id", "state", "lines", "asked_minor") == [
        ("B1", "ON_ITS_WAY", 2, 9_300_00),
        ("B2", "ON_ITS_WAY", 1, 1_000_01),
        ("D1", "ON_ITS_WAY", 1, 2_500_00),
    ]


def test_limits_say_who_was_cut_by_which_and_what_went_to_the_liquid_option() -> None:
    parts = shown("limits")
    assert rows(parts["limits"], "scope", "limit_id", "lines", "diverted_minor",
                "refused_minor") == [("PLAN", "PL10", 2, 9_004_50, 0)]  # fmt: skip
    assert rows(parts["lines"], "plan_id", "diverted_minor", "headroom_minor", "liquid_fund") == [
        ("PLN-1", 9_000_00, 0, "LIQ"),
        ("PLN-2", 4_50, 50, "LIQ"),
    ]
    assert list(parts["funds"].rows) == []


def test_the_largest_cuts_come_first_and_all_are_counted() -> None:
    lines = shown("limits", limit=1)["lines"]
    assert rows(lines, "diverted_minor") == [(9_000_00,)]
    assert lines.total == 2


def test_a_fund_whose_purchases_are_frozen_is_shown_with_the_reason() -> None:
    first, *others = book().funds
    (sleeve,) = first.sleeves
    stale = replace(sleeve, opening_measurement_date=SESSION - timedelta(days=140))
    change = replace(book(), funds=(replace(first, sleeves=(stale,)), *others))
    day = traded(settled_day())
    day.appends[0] = Append("in.operations", 0, None, MESSAGES.pack(change))
    day.appends = [a for a in day.appends if b"Q3" not in a.value]
    log = play(day.appends, HOME)
    cuts = shown("limits", log=log)["funds"]
    assert [tuple(row) for row in cuts.cells] == [
        ("TDF_2045", "2026-11-24", "TDF_2045-CAP", "99,575.00", "600,037.50", "0.00", "99,575.00",
         "frozen: a mark is stale"),
    ]  # fmt: skip
    assert shown("limits", Asked(plan="PLN-1"), log=log).keys() == {"limits", "lines"}


def test_navs_say_what_they_are_made_of_and_what_was_trued_up() -> None:
    navs = shown("navs", Asked(fund="TDF_2045"))["navs"]
    assert [tuple(row) for row in navs.cells] == [
        ("2026-11-24", "TDF_2045", "10.0155", "10.0000", "OFFICIAL", "10,015,457.50", "9.04",
         "2026-09-30", "true-up 5,007.50 from BX_PE"),
    ]  # fmt: skip


def test_a_held_nav_says_why() -> None:
    day = traded(settled_day())
    day.appends = [a for a in day.appends if not (a.topic == "in.market" and b"PROXY" in a.value)]
    navs = shown("navs", log=play(day.appends, HOME))["navs"]
    held = {row[1]: (row[4], row[8]) for row in navs.cells if "held" in row[4]}
    assert held == {
        "MA_ALT": ("INDICATIVE, held", "PROXY_MISSING"),
        "TDF_2045": ("INDICATIVE, held", "PROXY_MISSING"),
    }


def test_instructions_say_who_pays_and_how_far_they_are() -> None:
    found = shown("instructions")["instructions"]
    assert rows(found, "instruction_id", "direction", "amount_minor", "state", "legs") == [
        (instruction("BLACKSTONE"), "RECEIVE", 95_068_25, "SENT", 1),
        (instruction("CUSTODIAN"), "PAY", 187_318_29, "SENT", 8),
        (instruction("KKR"), "RECEIVE", 100_055_05, "SENT", 1),
        (instruction("RK_A"), "PAY", 10_305_01, "SENT", 5),
        (instruction("RK_B"), "RECEIVE", 2_500_00, "SENT", 1),
    ]
    mine = shown("instructions", Asked(counterparty="KKR"))["instructions"]
    assert rows(mine, "counterparty") == [("KKR",)]
    assert shown("instructions", Asked(session=NEXT))["instructions"].total == 0


def test_an_acknowledged_instruction_is_shown_as_such() -> None:
    day = traded(settled_day())
    log, home = play(day.appends, HOME), HOME

    async def acknowledge() -> None:
        day.appends.clear()
        day.say("RK_A", "InstructionAck", instruction_id=instruction("RK_A"), state="SETTLED",
                detail="paid")  # fmt: skip
        log.append_now(day.appends)
        seats = home.seats(log)
        for seat in seats:
            await seat.open()
        await pump(seats, log)

    asyncio.run(acknowledge())
    found = shown("instructions", Asked(counterparty="RK_A"), log=log)["instructions"]
    assert rows(found, "state", "said_by", "settled_minor", "why") == [
        ("SETTLED", "RK_A", 10_300_01, "paid")
    ]


def test_rejections_name_repeats_conflicts_quarantine_and_refused_steps() -> None:
    refused = shown("rejections")["rejections"]
    assert rows(refused, "what", "sender", "name", "verdict", "codes", "place")[:3] == [
        ("BATCH", "RK_A", "", "QUARANTINED", ["SCHEMA"], "in.RK_A-0@2"),
        ("BATCH", "RK_A", "B3", "DUPLICATE", [], "in.RK_A-0@4"),
        ("BATCH", "RK_A", "B4", "QUARANTINED", ["CONFLICT"], "in.RK_A-0@9"),
    ]
    assert rows(refused, "what", "codes")[3:] == [("STATUS", ["UNKNOWN_INSTRUCTION"])] * 4


def test_rejections_name_control_breaks_refused_lines_and_refused_marks() -> None:
    day = settled_day()
    day.payroll("RK_A", "B", "PLN-3", BEFORE_CLOSE, [("p", "LIQ", 7_00), ("p", "LIQ", 8_00)])
    day.day_end("RK_A", 1, 2, 15_01)
    day.say("KKR", "KkrEvergreenNav", documentId="D", vehicle="NONE", holder="MA_ALT",
            valuationDate=0, currency="USD", unitsE6=1, priceE6=1)  # fmt: skip
    log = play(traded(day).appends, HOME)
    parts = shown("rejections", Asked(sender="RK_A"), log=log)
    found = rows(parts["rejections"], "what", "name", "verdict", "codes", "lines", "amount_minor")
    assert ("DAY_END", "DayEnd", "BREAK", ["CONTROL_TOTAL"], 2, 15_00) in found
    assert ("LINES", "B", "REFUSED", ["NOT_THE_RECORDKEEPER"], 2, 15_00) in found
    assert rows(parts["lines"], "batch_id", "line", "code") == [
        ("B", 0, "NOT_THE_RECORDKEEPER"),
        ("B", 1, "NOT_THE_RECORDKEEPER"),
    ]
    of_plan = shown("rejections", Asked(plan="PLN-3"), log=log)["rejections"]
    assert rows(of_plan, "what") == [("LINES",)]


def test_quarantine_shows_place_and_size_and_never_the_bytes() -> None:
    part = shown("quarantine")["quarantine"]
    assert rows(part, "topic", "offset", "codes", "size_bytes") == [
        ("in.RK_A", 2, ["SCHEMA"], 30),
        ("in.RK_A", 9, ["CONFLICT"], 58),
    ]
    assert shown("quarantine", Asked(sender="RK_B"))["quarantine"].total == 0


@pytest.mark.parametrize("what", sorted(READS))
@pytest.mark.parametrize("as_json", [False, True])
def test_no_view_shows_an_identifier(
    what: str, as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    say(what, asyncio.run(view(busy_log(), HOME, what, ALL)), as_json=as_json)
    assert PERSON not in capsys.readouterr().out


def test_json_holds_the_rows_with_their_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = settings(tmp_path)
    folder = asyncio.run(archive(busy_log(), HOME, tmp_path / "archive"))
    assert run(made, "instructions", Asked(counterparty="RK_B"), archive=folder, as_json=True) == 0
    assert json.loads(capsys.readouterr().out) == {
        "show": "instructions",
        "instructions": {
            "total": 1,
            "rows": [
                {
                    "instruction_id": instruction("RK_B"),
                    "session": "2026-11-24",
                    "counterparty": "RK_B",
                    "direction": "RECEIVE",
                    "currency": "USD",
                    "amount_minor": 2_500_00,
                    "settlement_date": "2026-11-25",
                    "state": "SENT",
                    "said_by": "dispatch",
                    "trade_dates": ["2026-11-24"],
                    "legs": 1,
                    "receiver": "RK_B",
                    "dialect": "native",
                    "settled_minor": 0,
                    "replaces": "",
                    "corrects": "",
                    "why": "",
                }
            ],
        },
    }


@pytest.mark.parametrize(
    ("what", "limit", "named"),
    [
        ("order", 50, "nothing called order to show: there are orders, limits"),
        ("orders", 0, "--limit 0: show at least one row"),
    ],
)
def test_wrong_use_is_named(what: str, limit: int, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        shown(what, limit=limit)


def test_a_day_without_anything_says_none(capsys: pytest.CaptureFixture[str]) -> None:
    log = MemoryLog(lambda: BEFORE_CLOSE)
    asyncio.run(log.create(HOME.topics()))
    for what in READS:
        parts: Sequence[Part] = asyncio.run(view(log, HOME, what, Asked(session=date(2026, 1, 2))))
        say(what, parts, as_json=False)
    assert capsys.readouterr().out.splitlines()[0] == "Order batches: none"

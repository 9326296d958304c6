"""Every figure of a settled day goes back to what its senders wrote, and adds up on the way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway.core.settlement import Obligation
from gateway.errors import ConfigError, LawBroken
from gateway.log.memory import MemoryLog
from gateway.log.port import Append, Record
from gateway.ops.explain.command import explained, run, say
from gateway.ops.explain.node import Node, first, for_programs, whole
from gateway.wire.journal import JournalRecord
from tests.day.market_day import BEFORE_CLOSE, PERSON, SESSION, gateway, settled_day, traded
from tests.day.test_settled_day import MESSAGES
from tests.day.test_settled_day import run as play
from tests.laws.planted import busy_day
from tests.ops.stage import HOME, archive, busy_log, instruction, settings

PARTIES = ("RK_A", "RK_B", "BLACKSTONE", "KKR", "CUSTODIAN")


def told(*words: str, log: MemoryLog | None = None, limit: int = 20) -> Node:
    return asyncio.run(explained(log or busy_log(), HOME, words, limit=limit))


def every(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from every(child)


def of_kind(node: Node, kind: str) -> list[Node]:
    return [each for each in every(node) if each.kind == kind]


def texts(nodes: Sequence[Node]) -> list[str]:
    return [node.text for node in nodes]


@pytest.mark.parametrize("party", PARTIES)
def test_sums_add_up_at_every_level_of_every_instruction(party: str) -> None:
    node = told(instruction(party))
    for each in every(node):
        whole(each)
    assert node.amount_minor == sum(leg.amount_minor or 0 for leg in of_kind(node, "fund"))


def test_an_instruction_goes_back_over_funds_plans_and_batches() -> None:
    node = told(instruction("RK_A"))
    assert node.text == ("SI-20261125-RK_A-USD-1: RK_A pays 10,305.01 USD on 2026-11-25, SENT")
    assert texts(of_kind(node, "fund")) == [
        "LIQ of 2026-11-24: 9,004.50 USD",
        "MA_ALT of 2026-11-24: 0.50 USD",
        "TDF_2045 of 2026-11-24: 1,300.01 USD",
    ]
    assert texts(of_kind(node, "leg")) == [
        "PLN-1 buys LIQ for 9,000.00 USD",
        "PLN-2 buys LIQ for 4.50 USD",
        "PLN-2 buys MA_ALT for 0.50 USD",
        "PLN-1 buys TDF_2045 for 300.00 USD",
        "PLN-2 buys TDF_2045 for 1,000.01 USD",
    ]
    assert texts(of_kind(node, "batch")) == [
        "batch RK_A/2026-11-24/B1: 9,000.00 USD in 1 line",
        "batch RK_A/2026-11-24/B3: 4.50 USD in 1 line",
        "batch RK_A/2026-11-24/B3: 0.50 USD in 1 line",
        "batch RK_A/2026-11-24/B1: 300.00 USD in 1 line",
        "batch RK_A/2026-11-24/B2: 1,000.01 USD in 1 line",
    ]
    assert texts(of_kind(node, "fill"))[:2] == ["899.1009 units at 10.0100",
                                                "0.4496 units at 10.0100"]  # fmt: skip


def test_the_limit_that_bound_stands_beside_what_it_diverted() -> None:
    node = told(instruction("RK_A"))
    (liquid, *_) = of_kind(node, "leg")
    assert texts(of_kind(liquid, "diverted")) == ["diverted into it 9,000.00 USD"]
    assert texts(of_kind(liquid, "limit")) == [
        "plan limit PL10 bound on 1 line: 9,000.00 USD went to the liquid option"
    ]
    (alternative,) = [leg for leg in of_kind(node, "leg") if "MA_ALT" in leg.text]
    assert texts(of_kind(alternative, "accepted")) == ["accepted 0.50 USD of 5.00 USD"]


def test_the_way_back_ends_at_the_raw_messages_and_their_digests() -> None:
    node = told(instruction("RK_A"))
    log = busy_log()
    for message in of_kind(node, "message"):
        facts = message.facts
        (record,) = log.records(str(facts["topic"]), 0, int(str(facts["offset"])))[:1]
        raw = MESSAGES.received(record, str(facts["sender"]))
        assert raw.digest.hex() == facts["digest"]
        assert f"{raw.schema} v1" == facts["schema"]
    places = {text.split(" ")[0] for text in texts(of_kind(node, "message"))}
    assert places >= {"in.RK_A-0@3", "in.RK_A-0@5", "in.RK_A-0@6", "in.BLACKSTONE-0@1",
                      "in.market-0@1", "in.operations-0@0"}  # fmt: skip


def test_every_figure_has_its_rule_with_a_source() -> None:
    node = told(instruction("RK_A"))
    (settles, *_) = of_kind(node, "settlement_date")
    assert settles.rule is not None
    assert settles.rule.text == "T+1 counted in settlement days"
    assert settles.rule.source == "domain.md §8; G01 to G05"
    ruled = ("instruction", "fund", "leg", "net_assets", "liquid_sleeve", "sleeve", "fill")
    assert all(n.rule and n.rule.source for kind in ruled for n in of_kind(node, kind))


def test_the_custodian_has_the_other_side_of_every_leg() -> None:
    node = told(instruction("CUSTODIAN"))
    sides = [leg for leg in of_kind(node, "leg") if leg.kind == "leg"]
    assert "the fund's side of PLN-3, which redeems TDF_2045 for 2,500.00 USD" in texts(sides)
    assert {leg.amount_minor for leg in sides if "PLN-3" in leg.text} == {2_500_00}
    assert {leg.amount_minor for leg in sides if "PLN-1 " in leg.text or "PLN-1," in leg.text} == {
        -9_000_00, -300_00,
    }  # fmt: skip


def test_a_purchase_of_alternatives_is_shared_by_the_plans_that_bought() -> None:
    node = told(instruction("BLACKSTONE"))
    (purchase,) = of_kind(node, "alternatives")
    assert purchase.amount_minor == -95_068_25
    assert [share.amount_minor for share in purchase.children] == [-21_938_66, -73_129_59]
    assert "headroom of TDF_2045-CAP 595,781.12 USD" in purchase.text


def test_branches_beyond_the_limit_stay_in_the_sum() -> None:
    node = told(instruction("CUSTODIAN"), limit=1)
    more = of_kind(node, "more")
    assert "3 more, ask with --limit" in texts(more)
    for each in every(node):
        whole(each)


def test_a_nav_goes_back_to_marks_levels_and_the_book() -> None:
    node = told("NAV", "TDF_2045/2026-11-24")
    assert node.text == (
        "NAV TDF_2045/2026-11-24: 10.0155 USD, OFFICIAL (before rounding 10.0154575000…; the "
        "session before 10.0000)"
    )
    (assets,) = of_kind(node, "net_assets")
    assert texts(assets.children) == [
        "liquid sleeve 9,109,100.00 USD = 9,100,000.00 USD × 100100 ∕ 100000 of LIQUID",
        "BX_PE 906,357.50 USD",
    ]
    (mark,) = of_kind(node, "mark")
    assert mark.text == (
        "mark 905,000.00 USD of BLACKSTONE, measured on 2026-09-30 (55 days old), received on "
        "2026-11-24: a value of unstated method by the manager, no approver named, new in this NAV"
    )
    assert mark.children[0].text.startswith(
        "in.BLACKSTONE-0@1 from BLACKSTONE, inbound/BlackstoneVehicleStatement v1, recorded "
        "2026-11-24T19:53:20Z, batch Q3, digest "
    )
    assert texts(of_kind(node, "roll_forward")) == [
        "1 step of PROXY with beta 6/10: 2026-11-24 400000 → 401000"
    ]
    assert texts(of_kind(node, "true_up")) == [
        "true-up 5,007.50 USD: the old mark rolls forward to 901,350.00 USD, the new one to "
        "906,357.50 USD"
    ]
    assert texts(of_kind(node, "units")) == [
        "units outstanding 1,000,000.0000, as the book opened the fund"
    ]


def test_a_nav_of_the_second_session_stands_on_the_first() -> None:
    day = traded(settled_day())
    following = SESSION + timedelta(days=1)
    since = (following - date(1970, 1, 1)).days
    day.tick("SESSION_OPENED", following)
    for index, level in (("LIQUID", 1001_00), ("PROXY", 4050_10)):
        day.say("market", "ProxyLevel", index_id=index, session=since, level=level)
    day.tick("VALUATION_CUT_OFF", following)
    for sender in ("RK_A", "RK_B"):
        day.say(sender, "DayEnd", session=since, batches=0, lines=0, amount_minor=0)
    node = told("NAV", f"TDF_2045/{following}", log=play(day.appends, HOME, cut=20))
    assert texts(of_kind(node, "units")) == [
        "units outstanding 999,880.1867, as they stood after 2026-11-24: 1,000,000.0000 "
        "+ 129.7998 issued − 249.6131 cancelled"
    ]
    (roll,) = of_kind(node, "roll_forward")
    assert roll.text == (
        "2 steps of PROXY with beta 6/10: 2026-11-24 400000 → 401000 and 9506825 minor units "
        "paid in, 2026-11-25 401000 → 405010"
    )
    (mark,) = of_kind(node, "mark")
    assert "measured on 2026-09-30 (56 days old), received on 2026-11-24" in mark.text
    assert "new in this NAV" not in mark.text
    assert mark.children[0].text.startswith("in.BLACKSTONE-0@1 ")


def test_a_held_nav_is_explained_with_its_reasons() -> None:
    day = traded(settled_day())
    day.appends = [a for a in day.appends if not (a.topic == "in.market" and b"PROXY" in a.value)]
    log = play(day.appends, HOME)
    node = told("NAV", "TDF_2045/2026-11-24", log=log)
    assert "INDICATIVE, held" in node.text
    assert texts(of_kind(node, "holds")) == ["held: PROXY_MISSING"]
    assert texts(of_kind(node, "balance")) == [
        "nothing is filled: orders wait until the NAV is released"
    ]
    for each in every(node):
        whole(each)


def test_a_batch_is_told_line_by_line_and_adds_up_to_what_was_taken() -> None:
    node = told("batch", "RK_A/2026-11-24/B3")
    assert (
        node.text == "batch RK_A/2026-11-24/B3: inbound/ContributionBatch, 1 line taken, 5.00 USD"
    )
    assert texts(of_kind(node, "lines")) == ["1 line decided for 2026-11-24: 5.00 USD"]
    assert texts(of_kind(node, "leg")) == [
        "PLN-2 buys LIQ: 4.50 USD",
        "PLN-2 buys MA_ALT: 0.50 USD",
    ]
    (line,) = of_kind(node, "line")
    assert line.text.startswith("line 0, PLN-2 participant ")
    assert line.text.endswith(
        ": asked 5.00 USD of MA_ALT, 0.50 USD accepted, 4.50 USD to LIQ, plan limit PL10 had "
        "0.50 USD left"
    )
    assert texts(of_kind(node, "verdict")) == ["taken", "the same bytes again: ignored"]


@pytest.mark.parametrize(
    ("name", "verdicts"),
    [
        ("RK_A/2026-11-24/B4", ["taken", "quarantined CONFLICT: batch B4 came before with other "
         "bytes (result 3582f2a0d2749d14695f8652040dde4a): a person decides"]),
        ("RK_A/2026-11-24/DayEnd", ["closed: 5 lines of 4 batches, 10,375.01 USD, as declared"]),
        ("RK_A/2026-11-23/H-PLN-1", ["taken"]),
    ],
)  # fmt: skip
def test_whatever_came_under_a_name_is_told(name: str, verdicts: list[str]) -> None:
    assert texts(of_kind(told("batch", name), "verdict")) == verdicts


def test_refused_lines_are_part_of_the_batch_with_their_reason() -> None:
    day = settled_day()
    day.payroll("RK_A", "B", "PLN-1", BEFORE_CLOSE, [(PERSON, "LIQ", 7_00), ("p", "NONE", 8_00)])
    node = told("batch", "RK_A/2026-11-24/B", log=play(day.appends, HOME))
    assert texts(of_kind(node, "accepted")) == ["accepted as asked 7.00 USD"]
    (refused,) = of_kind(node, "refused")
    assert refused.text.startswith("refused UNKNOWN_FUND, 1 line: 8.00 USD. The fund is not")


def test_a_control_break_is_told_with_both_totals() -> None:
    day = settled_day()
    day.day_end("RK_A", 1, 1, 1)
    node = told("batch", "RK_A/2026-11-24/DayEnd", log=play(day.appends, HOME))
    assert texts(of_kind(node, "verdict")) == [
        "control break: declared 0.01 USD in 1 lines of 1 batches, taken 0.00 USD in 0 of 0: "
        "nothing was closed"
    ]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("SI-20261125-RK_C-USD-1",), "no instruction SI-20261125-RK_C-USD-1: the nearest are "
         "SI-20261125-RK_B-USD-1, SI-20261125-RK_A-USD-1"),
        (("NAV", "TDF_2044/2026-11-24"), "no NAV TDF_2044/2026-11-24: the nearest are "
         "TDF_2045/2026-11-24"),
        (("NAV", "TDF_2045"), "NAV TDF_2045: name the fund and the session"),
        (("batch", "RK_A/2026-11-24/B9"), "the nearest are RK_A/2026-11-24/B"),
        (("batch", "RK_Z/2026-11-24/B9"), "no sender RK_Z: the nearest are RK_"),
        (("batch", "B9"), "batch B9: name the sender, the session and the batch"),
        (("B9",), r"explain B9: name an instruction \(SI-…\)"),
        ((), r"explain \(nothing\): name an instruction"),
    ],
)  # fmt: skip
def test_an_unknown_name_is_answered_with_the_nearest(words: tuple[str, ...], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        told(*words)


def test_a_log_without_instructions_says_so() -> None:
    with pytest.raises(ConfigError, match=r"there is none at all yet\. See: gateway show instr"):
        told("SI-1", log=play(settled_day().appends, HOME))


@pytest.mark.parametrize("words", [(instruction("RK_A"),), ("NAV", "LIQ/2026-11-24"),
                                   ("batch", "RK_A/2026-11-24/B1")])  # fmt: skip
def test_no_explanation_shows_an_identifier(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    for as_json in (False, True):
        say(told(*words), as_json=as_json)
    assert PERSON not in capsys.readouterr().out


def test_an_archive_is_explained_in_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = asyncio.run(archive(busy_log(), HOME, tmp_path / "archive"))
    assert run(settings(tmp_path), [instruction("KKR")], archive=folder, as_json=True) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["kind"] == "instruction"
    assert said["amount_minor"] == -100_055_05
    assert said["rule"]["source"] == "domain.md §1.3; G03, G10"
    assert said["facts"]["state"] == "SENT"
    assert [part["kind"] for part in said["behind"]] == ["fund"]
    assert run(settings(tmp_path), [instruction("KKR")], archive=folder) == 0
    assert "SI-20261125-KKR-USD-1: KKR is paid 100,055.05 USD" in capsys.readouterr().out


def test_partitions_make_no_difference_to_what_is_explained() -> None:
    other = gateway(1, 1, 1)
    log = play(busy_day().appends, other)
    node = asyncio.run(explained(log, other, [instruction("RK_A")]))
    mine = told(instruction("RK_A"))
    kinds = ("instruction", "fund", "leg", "batch", "fill")
    for kind in kinds:
        assert texts(of_kind(node, kind)) == texts(of_kind(mine, kind))


def copied(change: tuple[str, int], log: MemoryLog, values: Sequence[bytes]) -> MemoryLog:
    """A copy of a log in which one partition holds other values."""
    copy = MemoryLog(lambda: BEFORE_CLOSE)
    asyncio.run(copy.create(HOME.topics()))
    for topic, partitions in HOME.topics().items():
        for partition in range(partitions):
            kept: list[Record] = log.records(topic, partition)
            swapped = values if (topic, partition) == change else [r.value for r in kept]
            copy.append_now([
                Append(topic, partition, r.key, value, r.headers)
                for r, value in zip(kept, swapped, strict=True)
            ])  # fmt: skip
    return copy


def test_a_leg_that_no_flow_explains_breaks_law_l1() -> None:
    log = busy_log()
    home = HOME.topology.home("cash", "RK_B").partition
    values: list[bytes] = []
    for record in log.records("gw.cash.journal", home):
        entry, events = MESSAGES.decided(record.value)
        packed = tuple(MESSAGES.pack(_more(event)) for event in events)
        values.append(MESSAGES.pack(JournalRecord(entry.offset, entry.digest, 0, 1, packed)))
    planted = copied(("gw.cash.journal", home), log, values)
    with pytest.raises(LawBroken, match="PLAN_REDEMPTION stands as 250001, what is behind it"):
        told(instruction("RK_B"), log=planted)


def _more(event: object) -> object:
    """An obligation of a redemption with a cent more."""
    if not isinstance(event, Obligation):
        return event
    rows = tuple(
        replace(row, amount_minor=row.amount_minor - (row.reason == "PLAN_REDEMPTION"))
        for row in event.rows
    )
    return replace(event, rows=rows)


def test_a_raw_message_that_was_changed_breaks_law_l3() -> None:
    log = busy_log()
    values = [record.value for record in log.records("in.RK_B", 0)]
    values = [value[:-1] + bytes([value[-1] ^ 1]) if b"D1" in value else value for value in values]
    with pytest.raises(LawBroken, match=r"law L3: in\.RK_B-0@2: intake decided 0c86125a"):
        told(instruction("RK_B"), log=copied(("in.RK_B", 0), log, values))


def test_parts_that_do_not_add_up_are_never_shown() -> None:
    parts = (Node("part", "a", 1), Node("part", "b", 1), Node("fact", "c"))
    with pytest.raises(LawBroken, match="law L1: all: 3 minor units, its 2 parts add up to 2"):
        whole(Node("whole", "all", 3, children=parts))
    assert first(parts, 1)[1].amount_minor == 1
    assert for_programs(Node("whole", "all", 0)) == {
        "kind": "whole", "text": "all", "amount_minor": 0,
    }  # fmt: skip

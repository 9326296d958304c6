"""Law L5: every raw message ends as a decision, or in quarantine with its very bytes."""

from __future__ import annotations

from dataclasses import replace

from gateway.core.events import BatchRefused, OrdersCounted, OrdersDecided, TickPassed
from gateway.core.laws import Raw, l5, l5_lines
from gateway.core.quarantine import Quarantined
from gateway.core.vocabulary import RejectCode, TickKind
from tests.day.market_day import PERSON, SESSION
from tests.laws.planted import (
    MESSAGES,
    Values,
    broken,
    copied,
    events_of,
    laws_of,
    settled,
)

QUARANTINE = "gw.quarantine"
RAWS = [Raw("in.RK_A", 0, 0, b"tick"), Raw("in.RK_A", 0, 1, b"rubbish")]
TICK = TickPassed(TickKind.CUT_OFF, SESSION, 0)
REFUSED = BatchRefused("", None, "r", (RejectCode.SCHEMA,), "", quarantined=True)
KEPT = Quarantined("RK_A", "in.RK_A", 0, 1, 0, (RejectCode.SCHEMA,), "", (), b"rubbish")
DECIDED: dict[int, list[object]] = {0: [TICK], 1: [REFUSED]}
PLACE = ("in.RK_A", 0, 1)


def test_l5_holds_on_the_settled_day_and_quarantine_has_the_senders_bytes() -> None:
    assert broken(settled()) == []
    kept = [MESSAGES.unpack(record.value) for record in settled().records(QUARANTINE, 0)]
    raws = [k.raw for k in kept if isinstance(k, Quarantined)]
    assert b"\x07 not a message of " + PERSON.encode() in raws
    assert len(raws) == 2, "the rubbish and the conflict"


def test_l5_holds_where_each_message_is_decided_or_kept() -> None:
    assert l5(RAWS, DECIDED, {PLACE: [KEPT]}, complete=True) == []


def test_l5_finds_a_message_without_a_decision() -> None:
    found = l5(RAWS, {1: [REFUSED]}, {PLACE: [KEPT]}, complete=False)
    assert [v.where for v in found] == ["in.RK_A-0@0"]


def test_l5_finds_a_decision_that_says_nothing() -> None:
    assert l5(RAWS, {0: [], 1: [REFUSED]}, {PLACE: [KEPT]}, complete=True) != []


def test_l5_finds_bytes_that_quarantine_lost_changed_or_has_twice() -> None:
    changed = replace(KEPT, raw=b"rubbisH")
    assert l5(RAWS, DECIDED, {}, complete=True) != []
    assert l5(RAWS, DECIDED, {PLACE: [changed]}, complete=True) != []
    assert l5(RAWS, DECIDED, {PLACE: [KEPT, KEPT]}, complete=True) != []


def test_l5_lets_the_newest_messages_wait_while_the_day_goes_on() -> None:
    assert l5(RAWS, {0: [TICK]}, {}, complete=False) == []
    assert len(l5(RAWS, {0: [TICK]}, {}, complete=True)) == 1


def test_l5_the_proof_finds_an_emptied_and_a_tampered_quarantine() -> None:
    def tampered(values: Values) -> Values:
        kept = MESSAGES.unpack(values[0])
        assert isinstance(kept, Quarantined)
        return [MESSAGES.pack(replace(kept, raw=kept.raw[:-1])), *values[1:]]

    assert laws_of(broken(copied(settled(), QUARANTINE, 0, lambda _: []))) == {"L5"}
    assert laws_of(broken(copied(settled(), QUARANTINE, 0, tampered))) == {"L5"}


def test_l5_finds_order_lines_that_were_counted_and_never_decided() -> None:
    events = events_of(settled(), "plan")[0]
    assert l5_lines("plan/0", events) == []
    at = next(i for i, e in enumerate(events) if isinstance(e, OrdersDecided))
    found = l5_lines("plan/0", [*events[:at], *events[at + 1 :]])
    assert [v.law for v in found] == ["L5"]


def test_l5_finds_parked_lines_that_were_swapped_when_their_session_came() -> None:
    events = events_of(settled(), "plan")[0]
    last = max(i for i, e in enumerate(events) if isinstance(e, OrdersDecided))
    parked = events[last]
    assert isinstance(parked, OrdersDecided)
    found = l5_lines("plan/0", [*events[:last], replace(parked, batch_id="other")])
    assert [v.detail for v in found] == ["lines that waited were not the ones decided"]


def test_l5_a_line_counted_twice_is_one_that_was_not_decided() -> None:
    events = events_of(settled(), "plan")[0]
    counted = next(e for e in events if isinstance(e, OrdersCounted))
    assert l5_lines("plan/0", [counted, *events]) != []

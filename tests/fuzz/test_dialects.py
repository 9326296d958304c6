"""Whatever a record says, a connector translates or refuses it, and no seat at intake stops."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Mapping
from contextlib import suppress
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.connector.protocol import Untranslatable
from gateway.core.book import BookChange
from gateway.core.logic import NEWEST
from gateway.core.quarantine import Quarantined
from gateway.desks.intake_state import IntakeState
from gateway.errors import DecisionFailed
from gateway.log.memory import MemoryLog
from gateway.log.port import Record
from gateway.shell.gateway import connectors, pump
from gateway.shell.seat import Seat
from gateway.wire.decoder import Decoder
from gateway.wire.framing import Undecodable
from gateway.wire.messages import Messages
from tests.day.market_day import BEFORE_CLOSE, PERSON, SENDERS, SESSION, gateway, settled_day
from tests.fuzz.material import (
    BENT,
    REGISTRY,
    RUBBISH,
    SPOKEN,
    for_so_long,
    packed,
    records,
    thrown,
)

DIALECTS = ("blackstone", "kkr", "native")
DECODER = Decoder(REGISTRY)
MESSAGES = Messages(REGISTRY)
HOME = gateway(2, 1, 1)
OF_A_NEWER_VERSION = (
    "newer version of the gateway",
    f"is in force, this version knows {NEWEST} at most",
)
THINGS = {
    "a record": records(SPOKEN).map(lambda drawn: packed(*drawn)),
    "bent bytes": BENT,
    "rubbish": RUBBISH,
}


@pytest.mark.parametrize("thing", ["a record", "bent bytes"])
def test_a_dialect_translates_anything_decoded_or_says_why_not(thing: str) -> None:
    """Each record is put to all of them, for a sender may have any dialect."""
    known = [connectors()[dialect] for dialect in DIALECTS]

    @thrown(1500)
    @given(THINGS[thing])
    def check(value: bytes) -> None:
        try:
            found = DECODER.decode(value)
        except Undecodable:
            return
        for connector in known:
            with suppress(Untranslatable):
                connector.translate(found.schema.name, found.body)

    for_so_long(check)


@cache
def opened_seats() -> Mapping[str, tuple[Seat[IntakeState], IntakeState]]:
    """Every sender's seat with a session open, and its state then."""
    log = MemoryLog(lambda: BEFORE_CLOSE)
    seats = HOME.seats(log)

    async def play() -> None:
        await log.create(HOME.topics())
        for seat in seats:
            await seat.open()
        log.append_now(settled_day().appends)
        await pump(seats, log)

    asyncio.run(play())
    intake = [seat for seat in seats if seat.desk.name == "intake"]
    return {SENDERS[seat.partition]: (seat, seat.state) for seat in intake}


def taken(sender: str, value: bytes) -> list[object]:
    """What a sender's intake writes for bytes that come next."""
    seat, state = opened_seats()[sender]
    seat.state = copy.deepcopy(state)
    record = Record(f"in.{sender}", 0, seat.last + 1, b"k", value, (("h", b"v"),), BEFORE_CLOSE)
    try:
        appends = seat.decide(record)
    except DecisionFailed as failed:
        # Our own commands write there: an id or a level of logic beyond ours is a newer version's.
        if sender != "operations" or not any(say in failed.error for say in OF_A_NEWER_VERSION):
            raise
        return []
    assert appends, "nothing was written"
    kept = [MESSAGES.unpack(a.value) for a in appends if a.topic == "gw.quarantine"]
    for each in kept:
        assert isinstance(each, Quarantined)
        assert each.raw == value
    return kept


@pytest.mark.parametrize("thing", sorted(THINGS))
def test_no_seat_at_intake_stops_at_anything(thing: str) -> None:
    @thrown(1200)
    @given(st.sampled_from(SENDERS), THINGS[thing])
    def check(sender: str, value: bytes) -> None:
        taken(sender, value)

    for_so_long(check)


INDEX_OF_FIVE_BYTES = bytes.fromhex(
    "00000000120852 4b5f4102 58dac402 06555344 02 02 02 0a504c4e2d31 00"
    " 02 8080808010 00 02 0270 00 02 00 00 02 064c4951 00 02 00 00 02 02 00 02 00 00"
)
"""Columns of one line whose plan_index is 2^31: more than the schema's int has room for."""


def test_an_index_longer_than_an_int_is_set_aside_and_stops_nobody() -> None:
    assert DECODER.decode(INDEX_OF_FIVE_BYTES).body["plan_index"] == [2**31]
    (kept,) = taken("RK_A", INDEX_OF_FIVE_BYTES)
    assert isinstance(kept, Quarantined)
    assert kept.detail == "plan_index points beyond the 1 there are"


@pytest.mark.parametrize(
    ("sender", "schema", "body"),
    [
        (
            "BLACKSTONE",
            "BlackstoneTradeAck",
            {"WireRef": "w", "Code": PERSON, "Narrative": "", "PaidAmt": ""},
        ),
        ("KKR", "KkrStatusUpdate", {"adviceId": "a", "status": PERSON, "remark": "", "paidE6": 0}),
    ],
)
def test_a_word_that_a_dialect_does_not_know_is_not_repeated(
    sender: str, schema: str, body: dict[str, object]
) -> None:
    (kept,) = taken(sender, packed(f"inbound/{schema}", {"sender": sender, **body}))
    assert isinstance(kept, Quarantined)
    assert " is one of " in kept.detail
    assert PERSON not in kept.detail


@pytest.mark.parametrize("sender", [each for each in SENDERS if each != "operations"])
def test_a_level_of_logic_that_only_operations_may_ask_for_stops_nobody_else(sender: str) -> None:
    change = BookChange(sender, "far", SESSION, None, (), (), (), NEWEST + 1)
    (kept,) = taken(sender, MESSAGES.pack(change))
    assert isinstance(kept, Quarantined)

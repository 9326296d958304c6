"""Whatever the bytes, the decoder answers or says why not, in bounded time and memory."""

from __future__ import annotations

import time
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.log.port import Record
from gateway.wire.decoder import Decoder
from gateway.wire.framing import Undecodable, frame
from gateway.wire.messages import Messages
from tests.fuzz.material import (
    BENT,
    EVERYTHING,
    INBOUND,
    REGISTRY,
    RUBBISH,
    VALID,
    for_so_long,
    packed,
    records,
    thrown,
    told,
    varint,
)

DECODER = Decoder(REGISTRY)
MESSAGES = Messages(REGISTRY)
SECONDS = 2
SMALL_BYTES = 4_000_000
HUGE = (2**20, 2**31, 2**60, -(2**60), 2**62, 2**63 - 1, -(2**63))


def decoded(value: bytes) -> None:
    """Decode as intake does; nothing but `Undecodable` may be raised, and soon."""
    began = time.process_time()
    with suppress(Undecodable):
        DECODER.decode(value)
    MESSAGES.received(Record("in.RK_A", 0, 0, None, value, (), 0), "RK_A")
    assert time.process_time() - began < SECONDS, value.hex()


def test_random_bytes_are_answered_or_undecodable() -> None:
    @thrown(1000)
    @given(RUBBISH)
    def check(value: bytes) -> None:
        decoded(value)

    for_so_long(check)


def test_bent_messages_are_answered_or_undecodable() -> None:
    @thrown(1500)
    @given(BENT)
    def check(value: bytes) -> None:
        decoded(value)

    for_so_long(check)


def test_any_schemas_id_before_any_bytes_is_answered_or_undecodable() -> None:
    ids = [REGISTRY.latest(name).id for name in sorted(EVERYTHING)]

    @thrown(1000)
    @given(st.sampled_from(ids), st.binary(max_size=120))
    def check(schema_id: int, body: bytes) -> None:
        decoded(frame(schema_id, body))

    for_so_long(check)


def test_what_was_written_by_the_schema_is_read_by_it() -> None:
    @thrown(500)
    @given(records(INBOUND))
    def check(drawn: tuple[str, dict[str, object]]) -> None:
        name, body = drawn
        found = DECODER.decode(packed(name, body))
        assert found.schema.name == name
        assert dict(found.body) == {field: told(value) for field, value in body.items()}

    for_so_long(check)


@pytest.mark.parametrize("count", HUGE)
def test_a_count_that_is_a_lie_reserves_nothing(count: int) -> None:
    """At every place of every message of the day, for there stand the counts of arrays too."""
    lie = varint(count)
    bent = [
        value[:at] + lie + value[at + 1 :]
        for value in VALID
        if len(value) < 400
        for at in range(5, len(value))
    ]
    tracemalloc.start()
    try:
        for value in bent:
            decoded(value)
        assert tracemalloc.get_traced_memory()[1] < SMALL_BYTES
    finally:
        tracemalloc.stop()


def test_the_largest_message_of_the_smallest_lines_stays_within_bounds() -> None:
    """Four million bytes hold 666 thousand orders of nothing; they are read and refused."""
    head = packed(
        "inbound/ExchangeBatch",
        {"sender": "RK_A", "batch_id": "X", "session": 0, "currency": "USD", "control_count": 0,
         "control_amount_minor": 0, "lines": [], "reason": "UNSTATED"},
    )  # fmt: skip
    head, end = head[:-2], head[-2:]
    lines = (3_999_000 - len(head)) // 6
    value = head + varint(lines) + bytes(6 * lines) + end
    began = time.process_time()
    with pytest.raises(Undecodable, match=f"{lines} lines, at most 500000"):
        DECODER.decode(value)
    assert time.process_time() - began < 10 * SECONDS

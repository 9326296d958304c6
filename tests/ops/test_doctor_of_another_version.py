"""The doctor of the version before says that it is too old, and does not guess."""

from __future__ import annotations

import asyncio

from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.ops.doctor.stopped import stopped_checks
from gateway.wire.journal import JournalRecord
from gateway.wire.messages import digest_of
from tests.day.market_day import gateway, settled_day, traded
from tests.day.test_settled_day import MESSAGES, run

HOME = gateway(1, 1, 1)
UNKNOWN = b"\0" + (20_000).to_bytes(4, "big") + b"what a newer version decides"


def newer_journal() -> MemoryLog:
    """A day on which a newer version decided the last message of the fund desk but one."""
    log = run(traded(settled_day()).appends, HOME)
    *_, last = log.records("gw.fund.inbox", 0)
    log.append_now([Append("gw.fund.inbox", 0, None, last.value)] * 2)
    entry = JournalRecord(last.offset + 1, digest_of(last.value), 0, 1, (UNKNOWN,))
    log.append_now([Append("gw.fund.journal", 0, None, MESSAGES.pack(entry))])
    return log


def test_a_journal_that_a_newer_version_wrote_is_named_with_what_to_do() -> None:
    (check,) = asyncio.run(stopped_checks(newer_journal(), HOME, "gateway"))
    assert check.state == "fail"
    assert "no schema has id 20000: it was written by a newer version" in check.text
    assert check.what_to_do == (
        "its worker ends with exit code 2: start the version that wrote the journal"
    )

"""Law L8: past intake a participant is a keyed token, and no identifier stands anywhere."""

from __future__ import annotations

from dataclasses import replace

from gateway.core.events import BatchRefused
from gateway.core.laws import l8
from gateway.core.orders import BatchStatus
from tests.day.market_day import PERSON
from tests.laws.planted import MESSAGES, Values, broken, copied, laws_of, rewritten, settled

PEOPLE = (PERSON, "987-65-4321")


def test_l8_holds_on_the_settled_day() -> None:
    assert broken(settled(), identifiers=PEOPLE) == []


def test_l8_the_identifiers_are_in_what_senders_wrote_and_in_quarantine() -> None:
    raw = b"".join(r.value for r in settled().records("in.RK_A", 0))
    kept = b"".join(r.value for r in settled().records("gw.quarantine", 0))
    assert PERSON.encode() in raw
    assert PERSON.encode() in kept


def test_l8_finds_an_identifier_and_does_not_repeat_it() -> None:
    found = l8(PEOPLE, [("a journal", b"..."), ("a status", b"about " + PERSON.encode())])
    assert [str(v) for v in found] == ["law L8, a status: identifier 0 of 2 at byte 6"]
    assert PERSON not in str(found[0])


def test_l8_of_identifiers_that_begin_alike_the_longest_is_named() -> None:
    assert "identifier 1 of 2" in l8(("p-1", "p-10"), [("here", b"p-10")])[0].detail


def test_l8_without_identifiers_there_is_nothing_to_find() -> None:
    assert l8((), [("here", b"anything")]) == []


def test_l8_the_proof_finds_an_identifier_in_an_answer() -> None:
    def leaked(values: Values) -> Values:
        at = next(i for i, v in enumerate(values) if isinstance(MESSAGES.unpack(v), BatchStatus))
        status = MESSAGES.unpack(values[at])
        assert isinstance(status, BatchStatus)
        said = MESSAGES.pack(replace(status, detail=f"{PERSON} is unknown"))
        return [*values[:at], said, *values[at + 1 :]]

    log = copied(settled(), "out.RK_A", 0, leaked)
    assert laws_of(broken(log, identifiers=PEOPLE)) == {"L8"}


def test_l8_the_proof_finds_an_identifier_in_a_journal() -> None:
    def leaked(values: Values) -> Values:
        return rewritten(
            values, BatchRefused, lambda event: replace(event, detail=f"{PERSON} is unknown")
        )

    log = copied(settled(), "gw.intake.journal", 2, leaked)
    found = broken(log, identifiers=PEOPLE, redecide=False)
    assert [v.where for v in found] == ["gw.intake.journal-2@2"]

"""The scenario language: what is read, and how what cannot be read is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from gateway.errors import ConfigError
from gateway.ops.scenario import kinds
from gateway.ops.scenario.kinds import Kind
from gateway.ops.scenario.parser import parse
from gateway.ops.scenario.words_in import GIVEN, WHEN
from gateway.ops.scenario.words_out import ASK, THEN


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as wrong:
        parse(text, "x.day")
    return str(wrong.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("when\n  contributon  p-1  1.00\nthen\n", "x.day:2: no row word in a when block "
         "'contributon'; the nearest is 'contribution'"),
        ("when\n  contribution  p-1  1.00  int=A\nthen\n", "x.day:2: contribution has no cell "
         "'int'; the nearest is 'into'"),
        ("then\n  ask  trade_dat  2026-11-20 16:00\n", "x.day:2: no question 'trade_dat'; the "
         "nearest is 'trade_date'"),
        ("givn\n  session  2026-11-20\n", "x.day:1: no block 'givn'; the nearest is 'given'"),
        ("given\n  zzzz\nthen\n", "x.day:2: no row word in a given block 'zzzz'; known are "),
        ("given\n\n# a remark\n  sesion  2026-11-20  # another\nthen\n", "x.day:4: no row word"),
    ],
)  # fmt: skip
def test_an_unknown_word_is_refused_with_its_line_and_the_nearest_known(
    text: str, said: str
) -> None:
    assert refusal(text).startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("when\n  contribution p-1 1.00\nthen\n", "cells stand at least two blanks apart"),
        ("when\n  contribution  p-1  1,25\nthen\n", "amount: '1,25' is not an amount"),
        ("when\n  contribution  p-1  1.005\nthen\n", "has 3 decimals, USD has 2"),
        ("when\n  contribution  p-1\nthen\n", "contribution lacks amount; its cells are"),
        ("when\n  contribution  p-1  1.00  2.00\nthen\n", "contribution has no place for '2.00'"),
        ("when\n  contribution  p-1  1.00  amount=2.00\nthen\n", "amount is written twice"),
        ("given\n  session  Mon 2026-11-20\nthen\n", "2026-11-20 is a Fri, not a Mon"),
        ("given\n  session  2026-13-20\nthen\n", "session, session: month must be in 1..12"),
        ("given\n  session  20.11.2026\nthen\n", "is not a date: write it as 2026-11-24"),
        ("given\n  cap  participant  15 per cent\nthen\n", "is not a ratio: write it as 15%"),
        ("given\n  fund  A  alternative=maybe\nthen\n", "'maybe' is neither yes nor no"),
        ("given\n  cap  person  15%\nthen\n", "'person' is none of participant, plan, fund"),
        ("when\n  contribution  p-1  1.00  into=A 60% B 30%\nthen\n", "do not add up to 100%"),
        ("when\n  contribution  p-1  1.00  received=2026-11-20 16:00 Narnia\nthen\n",
         "no zone 'Narnia'"),
        ("  session  2026-11-20\n", "a row before given, when or then"),
        ("A title\n  session  2026-11-20\n", "a row before given, when or then"),
        ("given\n  session  2026-11-20\n", "x.day:1: nothing is expected of this"),
        ("when\n  close\n", "x.day:1: nothing is expected of this"),
        ("", "x.day:1: nothing is written here"),
        ("then\n  only  nav\nthen\n", "x.day:3: a second then: write when in between"),
        ("then\n  ask  cut_off  2026-11-24\n", "x.day:2: the question expects no answer: write is"),
        ("then\n  ask\n", "ask what? known are trade_date"),
        ("then\n  ask  within  1.00  2.00\n", "within lacks cap; its cells are"),
        ("then\n  accepted  250.00\n  accepted\n", "accepted lacks participant"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_refused_with_the_reason(text: str, said: str) -> None:
    assert said in refusal(text)


def test_titles_and_given_blocks_begin_scenarios_and_whens_begin_steps() -> None:
    text = (
        "One\nstill one\n\ngiven\n  session  2026-11-20\nwhen\n  close\nthen\n"
        "when\nwhen\n  close\nthen\n  only  nav\n"
        "Two\nwhen\n  close\nthen\n\ngiven\nthen\n  only  nav\n"
    )
    found = parse(text, "x.day")
    assert [each.title for each in found] == ["One still one", "Two", ""]
    assert [len(each.steps) for each in found] == [2, 1, 1]
    assert [len(each.given) for each in found] == [1, 0, 0]
    assert [step.ends for step in found[0].steps] == [8, 13]


def test_cells_may_stand_in_any_order_once_they_are_named() -> None:
    plain = parse("when\n  exchange  p-7  250.00  into=PE\nthen\n", "x.day")[0]
    other = parse("when\n  exchange  into=PE  amount=250.00  participant=p-7\nthen\n", "x.day")[0]
    assert plain.steps[0].when[0].values == other.steps[0].when[0].values


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (kinds.AMOUNT, "1,204.10", 1_204_10),
        (kinds.AMOUNT, "-5", -5_00),
        (kinds.FIGURE, "1,250,000.0000", Decimal("1250000.0000")),
        (kinds.DATE, "Fri 2026-11-20", date(2026, 11, 20)),
        (kinds.CLOCK, "18:30", 18 * 60 + 30),
        (kinds.YES, "no", False),
        (kinds.TIME, "2026-11-20 16:00 New_York", 1_795_208_400_000_000),
        (kinds.TIME, "2026-11-20 16:00", 1_795_208_400_000_000),
        (kinds.TIME, "2026-11-20 13:00:00.000 Los_Angeles", 1_795_208_400_000_000),
        (kinds.TIME, "2026-11-20T21:00Z", 1_795_208_400_000_000),
        (kinds.TIME, "2026-11-20 21:00:00.000001 UTC", 1_795_208_400_000_001),
        (kinds.several(kinds.COUNT), "60 30 10", (60, 30, 10)),
        (kinds.several(kinds.COUNT), "-", ()),
    ],
)
def test_a_cell_is_read_exactly(kind: Kind, text: str, value: object) -> None:
    assert kind.parse(text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [(kinds.TIME, "2026-11-20"), (kinds.TIME, "16:00"), (kinds.CLOCK, "25:00"),
     (kinds.COUNT, "1.5"), (kinds.NAME, "two words"), (kinds.FIGURE, "1,25"),
     (kinds.PARTS, "A 60% B"), (kinds.TIME, "2026-11-20 16:00 ../../secrets")],
)  # fmt: skip
def test_a_cell_that_could_mean_something_else_is_refused(kind: Kind, text: str) -> None:
    with pytest.raises(ValueError, match=r"write|whole number|one word|no zone"):
        kind.parse(text)


@pytest.mark.parametrize(
    ("expected", "got", "same"),
    [("12.766%", "12/94", True), ("12.77%", "12/94", True), ("12.765%", "12/94", False),
     ("6/47", "12/94", True), ("0.15", "15/100", True), ("0.15", "15000001/100000000", False),
     ("15%", "15000001/100000000", True)],
)  # fmt: skip
def test_a_percentage_is_compared_at_the_decimals_written(
    expected: str, got: str, same: bool
) -> None:
    assert kinds.SHARE.same(kinds.SHARE.parse(expected), kinds.SHARE.parse(got)) is same


@pytest.mark.parametrize("kind", kinds.ALL, ids=lambda kind: kind.name)
def test_what_a_kind_writes_it_reads_back(kind: Kind) -> None:
    value = kind.parse(kind.sample)
    assert kind.same(kind.parse(kind.show(value)), value)


def test_every_word_and_cell_says_what_it_is_once() -> None:
    for words in (GIVEN, WHEN, THEN, ASK):
        names = [word.name for word in words]
        assert len(set(names)) == len(names)
        for word in words:
            assert word.about.endswith((".", "?")), word.name
            cells = [each.name for each in word.fields]
            assert len(set(cells)) == len(cells), word.name
            assert all(each.about for each in word.fields), word.name
            assert len(word.in_order) >= word.key, word.name

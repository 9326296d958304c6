"""`gateway rules`: what is listed, what is shown whole, and that each rule is proved.

Not here: that the rulebook is whole (`tests/core/test_rules.py`).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from types import CodeType, FrameType

import pytest

from gateway.core.rules import RULES
from gateway.ops import cli
from gateway.ops.rehearse import rehearse
from gateway.ops.rules.command import applied_by, meant
from gateway.ops.rules.proof import ROOT, Proof, proofs
from gateway.ops.rules.references import nodes, reached

SCENARIOS = ROOT / "tests" / "scenarios"
BY_NAME = {rule.name: rule for rule in RULES}


@cache
def behind() -> dict[str, Proof]:
    return proofs()


def code(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(["rules", *words])
    return int(str(ended.value.code))


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert code(*words) == 0
    return capsys.readouterr().out


# --- proof --------------------------------------------------------------------------------------


def test_every_rule_has_a_test() -> None:
    assert [name for name, proof in behind().items() if not proof.tests] == []


def test_every_rule_is_shown_in_a_scenario() -> None:
    assert [name for name, proof in behind().items() if not proof.scenarios] == []


def test_the_stories_of_the_rulebook_are_files() -> None:
    told = {story for rule in RULES for story in rule.stories}
    assert {story for story in told if not (SCENARIOS / f"{story}.day").exists()} == set()


def test_a_rule_acts_in_a_scenario_that_is_listed_for_it() -> None:
    """Plays what is listed, the short files first, until every rule was called."""
    left = set(BY_NAME)
    files = {file for proof in behind().values() for file in proof.scenarios}
    for file in sorted(files, key=asks_alone_first):
        if left & {name for name in left if file in behind()[name].scenarios}:
            left -= called_in(file, left)
    assert left == set()


def asks_alone_first(file: str) -> tuple[bool, str]:
    return ("\nwhen\n" in (SCENARIOS / f"{file}.day").read_text("utf-8"), file)


def called_in(file: str, names: Iterable[str]) -> set[str]:
    """The rules that are called when a scenario file is played."""
    codes = {BY_NAME[name].called.__code__: name for name in names}
    seen: set[str] = set()
    watching(lambda frame: seen.update([codes[frame]] if frame in codes else []), file)
    return seen


def watching(see: Callable[[CodeType], None], file: str) -> None:
    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            see(frame.f_code)

    sys.setprofile(watch)
    try:
        played = rehearse(SCENARIOS / f"{file}.day")
    finally:
        sys.setprofile(None)
    assert not played.differences, file


def test_what_desks_apply_and_what_is_asked_only() -> None:
    found = behind()
    assert found["participant and plan caps, line by line"].desks == ("plan",)
    assert "fund" in found["NAV per unit"].desks
    assert found["net settlement"].desks == ("cash",)
    assert found["four disciplines of a gate"].desks == ("plan", "fund")
    assert found["earliest expiry of a tender offer"].desks == ()
    assert found["four disciplines of a gate"].asks == ("gate",)
    assert found["caps in force"].asks == ("gate_room",)
    assert found["redemption capacity"].commands == ("headroom", "show")
    assert found["NAV error"].commands == ("nav-error",)
    assert found["caps in force"].commands == ()


def test_a_twin_is_applied_by_a_desk_and_held_against_its_rule() -> None:
    found = behind()
    twins = [rule for rule in RULES if rule.twin]
    assert len(twins) >= 10
    assert [rule.name for rule in twins if not found[rule.name].twin_desks] == []
    assert [rule.name for rule in twins if not found[rule.name].twin_tests] == []
    # A desk that reaches the rule itself needs no twin of it.
    assert [rule.name for rule in twins if found[rule.name].desks] == []


def test_who_applies_a_rule_that_no_desk_reaches() -> None:
    found = behind()
    said = {rule.short: applied_by(rule, found[rule.name]) for rule in RULES}
    assert said["repurchases.accept"] == "fund through `gates.meet`"
    assert said["repurchases.offer_faults"] == "`gateway book`"
    assert said["fees.per_thousand"] == "`gateway show`"
    assert said["corrections.corrects_with"] == "connector native"
    assert said["line_eligibility.is_below_minimum"] == "the laws"


def test_what_is_asked_only_is_used_nowhere_else() -> None:
    """A rule that comes to be used leaves this list; one that nobody uses any more joins it."""
    found = behind()
    only = {rule.short for rule in RULES if applied_by(rule, found[rule.name]) == "asked only"}
    assert only == {
        "sessions.Calendar.with_closure", "dilution.date_order", "identifiers.check_digits",
        "identifiers.is_valid", "limits.treat_call", "redemption_queue.price_tranches",
        "calls.split_lines",
        "equalization.equalize_late_close", "money.parse_implied",
    }  # fmt: skip


def test_property_tests_are_told_apart() -> None:
    kinds = {test.is_property for test in behind()["headroom"].tests}
    assert kinds == {True, False}


def test_without_a_checkout_desks_are_known_and_tests_are_not(tmp_path: Path) -> None:
    (tmp_path / "gateway").symlink_to(ROOT / "gateway")
    alone = proofs(tmp_path)
    assert alone["NAV per unit"].desks == behind()["NAV per unit"].desks
    assert {proof.tests for proof in alone.values()} == {()}
    assert {proof.scenarios for proof in alone.values()} == {()}


# --- names in sources ---------------------------------------------------------------------------


def planted(root: Path, **files: str) -> list[Path]:
    for name, text in files.items():
        (root / f"{name}.py").write_text(text, "utf-8")
    return sorted(root.glob("*.py"))


def test_names_are_followed_through_helpers_and_imports(tmp_path: Path) -> None:
    paths = planted(
        tmp_path,
        trade="def price():\n    return 1\n",
        desk="from trade import price as p\n\ndef help():\n    return p()\n\n"
        "def decide():\n    return help()\n\ndef other():\n    return 2\n",
    )
    among = nodes(paths, tmp_path)
    assert "trade.price" in reached(["desk.decide"], among)
    assert "trade.price" not in reached(["desk.other"], among)


def test_a_module_imported_whole_is_followed(tmp_path: Path) -> None:
    paths = planted(
        tmp_path,
        trade="def price():\n    return 1\n",
        desk="import trade as t\n\ndef decide():\n    return t.price()\n",
    )
    assert "trade.price" in reached(["desk.decide"], nodes(paths, tmp_path))


def test_a_field_of_the_same_name_is_no_call_of_a_method(tmp_path: Path) -> None:
    paths = planted(
        tmp_path,
        trade="class Days:\n    def trade_date(self):\n        return 1\n\n"
        "class Order:\n    trade_date: int\n",
        desk="from trade import Days, Order\n\n"
        "def reads(days: Days, order: Order):\n    return order.trade_date\n\n"
        "def asks(days: Days):\n    return days.trade_date()\n",
    )
    among = nodes(paths, tmp_path)
    assert "trade.Days.trade_date" in reached(["desk.asks"], among)
    assert "trade.Days.trade_date" not in reached(["desk.reads"], among)


# --- the command --------------------------------------------------------------------------------


def test_every_rule_is_listed_with_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys)
    assert f"{len(RULES)} rules" in out
    assert "rule 22c-1" in out
    assert "FundTerms.fees" in out


@pytest.mark.parametrize(
    ("asked", "least", "among"),
    [
        ("limits", 9, "race for headroom"),
        ("Fees", 14, "cumulative rounding"),
        ("23c-3", 6, "latest payment"),
        ("13e-4", 3, "withdrawal of a tender"),
        ("g11", 2, "headroom"),
        ("FundTerms.sleeves", 3, "stale mark"),
        ("404a-5", 2, "cost of each $1,000"),
    ],
)
def test_rules_are_found_by_area_public_rule_golden_and_term(
    asked: str, least: int, among: str
) -> None:
    found = [rule.name for rule in meant(asked)]
    assert len(found) >= least
    assert among in found


@pytest.mark.parametrize("asked", ["swing price", "swing_price", "dilution.swing_price"])
def test_a_rule_is_shown_whole(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, *asked.split())
    for part in (
        "NAV × (1 ± factor)", "gateway.core.dilution.swing_price", "domain.md §3.4, golden G32",
        "FundTerms.swing: when its price swings", "ask swing_price", "fund",
        "tests/scenarios/g32_swing_price.day", "test_dilution.py::", "(property)",
        "net_flow_minor: Purchases less redemptions",
    ):  # fmt: skip
        assert part in out


def test_an_answer_in_json_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    (rule,) = json.loads(said(capsys, "race", "for", "headroom", "--json"))
    assert rule["function"] == "gateway.core.limits.grant"
    assert rule["source"] == "golden G12"
    assert rule["figures_from"] == {
        "FundTerms.sharing": "how scarce headroom is shared among plans"
    }
    assert rule["scenarios"] == ["g12_race_for_headroom"]
    assert {"file", "name", "is_property"} == set(rule["tests"][0])


def test_a_rule_nobody_knows_is_refused_with_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert code("swing", "prise") == 2
    assert "nearest: swing price" in capsys.readouterr().err
    assert code("zzzz") == 2
    assert "areas are calendars, orders" in capsys.readouterr().err

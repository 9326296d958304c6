"""The rulebook is whole: every rule of the core stands in it, with its source and its terms."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from types import ModuleType

import pytest

from gateway import core
from gateway.core.book import FundTerms
from gateway.core.liquidity import Suspension, is_suspended
from gateway.core.rule import Area, Rule, goldens_in, source_of, term_meaning
from gateway.core.rules import RULE_MODULES, RULES, TOOLS

LISTED = {rule.where for rule in RULES}
NO_TEXT = "functions of rule modules that are neither rules nor tools"


def modules() -> list[ModuleType]:
    return [
        import_module(f"gateway.core.{each.name}") for each in pkgutil.iter_modules(core.__path__)
    ]


def functions(module: ModuleType) -> dict[str, object]:
    """Public functions of a module, by their full name."""
    return {
        f"{module.__name__}.{name}": each
        for name, each in vars(module).items()
        if inspect.isfunction(each) and each.__module__ == module.__name__ and name[0] != "_"
    }


def members(module: ModuleType) -> Iterator[tuple[str, object]]:
    """Public methods and properties of a module's classes, by their full name."""
    for name, kind in vars(module).items():
        if inspect.isclass(kind) and kind.__module__ == module.__name__:
            for inner, each in vars(kind).items():
                if inner[0] != "_":
                    yield f"{module.__name__}.{name}.{inner}", each


def with_a_source(module: ModuleType) -> set[str]:
    """What of a module names a source in its docstring."""
    every = [*functions(module).items(), *members(module)]
    return {name for name, each in every if source_of(getattr(each, "__doc__", None) or "")}


def test_whatever_names_a_source_is_a_rule() -> None:
    found = {name for module in modules() for name in with_a_source(module)}
    assert found == LISTED


def test_a_function_of_a_rule_module_is_a_rule_or_a_tool() -> None:
    tools = {f"gateway.core.{name}" for name in TOOLS}
    every = {name for module in RULE_MODULES for name in functions(module)}
    assert every - LISTED - tools == set(), NO_TEXT
    assert tools - every == set(), "tools that are gone"
    assert tools & LISTED == set(), "tools that are rules"


def test_a_rule_that_nobody_lists_would_be_found() -> None:
    module = ModuleType("gateway.core.rumours")
    exec('def tell() -> None:\n    """Say. Source: hearsay."""\n', vars(module))
    vars(module)["tell"].__module__ = module.__name__
    assert with_a_source(module) == {"gateway.core.rumours.tell"}


def test_names_and_functions_are_given_once() -> None:
    assert len({rule.name for rule in RULES}) == len({rule.where for rule in RULES}) == len(RULES)
    assert {rule.area for rule in RULES} == set(Area)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.short)
def test_a_rule_says_what_it_is(rule: Rule) -> None:
    assert rule.source
    assert rule.formula
    assert not rule.docstring.startswith("Source")
    assert all(term_meaning(term) for term in (*rule.switch, *rule.terms))
    module, _, _ = rule.short.partition(".")
    assert getattr(import_module(f"gateway.core.{module}"), rule.short.split(".")[1])


def test_every_golden_scenario_about_money_is_answered_by_a_rule() -> None:
    answered = {golden for rule in RULES for golden in rule.goldens}
    every = {f"G{number:02d}" for number in range(1, 34)}
    # Replaying a log is the gateway's own law, and no rule of the trade.
    assert every - answered == {"G33"}


def test_a_term_nobody_states_is_refused() -> None:
    assert term_meaning("FundTerms.tolerance") == "largest unexplained change of NAV in a day"
    with pytest.raises(ValueError, match="FundTerms has no field colour"):
        term_meaning("FundTerms.colour")
    with pytest.raises(ValueError, match="no terms are called Rumours"):
        term_meaning("Rumours.colour")


def test_each_switch_of_a_fund_is_the_switch_of_a_rule() -> None:
    switches = {term for rule in RULES for term in rule.switch}
    optional = {
        f"FundTerms.{name}" for name, kind in FundTerms.__annotations__.items() if "None" in kind
    }
    assert optional <= switches


@pytest.mark.parametrize(
    ("text", "source", "goldens"),
    [
        ("Say. Source: golden G24.", "golden G24", ("G24",)),
        ("Say.\n\nSource: rule 22c-1; golden G01 to G03.", "rule 22c-1; golden G01 to G03",
         ("G01", "G02", "G03")),
        ("Say.\n\nSource: goldens G20-G22,\nand more. Law: L7.", "goldens G20-G22, and more",
         ("G20", "G21", "G22")),
        ("Say where it is from.", "", ()),
    ],
)  # fmt: skip
def test_a_source_is_read_from_the_docstring(
    text: str, source: str, goldens: tuple[str, ...]
) -> None:
    assert source_of(text) == source
    assert goldens_in(source) == goldens


@pytest.mark.parametrize(
    ("day", "suspended"),
    [
        (date(2027, 3, 1), False), (date(2027, 3, 2), True), (date(2027, 3, 31), True),
        (date(2027, 4, 1), False), (date(2027, 6, 1), True), (date(2030, 1, 1), True),
    ],
)  # fmt: skip
def test_a_suspension_lasts_from_its_first_to_its_last_day_or_until_lifted(
    day: date, suspended: bool
) -> None:
    terms = (Suspension(date(2027, 3, 2), date(2027, 3, 31)), Suspension(date(2027, 6, 1), None))
    assert is_suspended(terms, day) == suspended

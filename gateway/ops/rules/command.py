"""`gateway rules`: lists the rules of the trade, or shows one whole.

What is looked for may be an area, a rule's name or function, a golden scenario (`G11`), a
public rule (`23c-3`) or a term (`FundTerms.swing`).

Not here: the rules (`core.rules`), where they are proved (`proof`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from rich.console import Group
from rich.markup import escape
from rich.table import Table

from gateway.core.rule import Area, Rule, term_meaning
from gateway.core.rules import RULES
from gateway.errors import ConfigError
from gateway.ops.answers import console, say_json, table
from gateway.ops.rules.proof import Proof, proofs

COLUMNS = ("area", "rule", "function", "source", "switched on by", "applied by", "tests", "shown")
NO_CHECKOUT = "Tests and scenarios are found where there is a checkout; here there is none."


def run(words: Sequence[str], *, as_json: bool) -> int:
    """List the rules that are meant, or show the only one.

    Args:
        words: What is looked for; every rule if there are none.
        as_json: Answer in JSON.

    Raises:
        ConfigError: No rule is meant.
    """
    asked = " ".join(words)
    found = meant(asked) if asked else list(RULES)
    behind = proofs()
    if as_json:
        say_json([as_object(rule, behind[rule.name]) for rule in found])
        return 0
    out = console()
    if len(found) == 1:
        out.print(whole(found[0], behind[found[0].name]))
    else:
        rows = [row(rule, behind[rule.name]) for rule in found]
        out.print(table(f"{len(found)} rules", COLUMNS, rows))
    if not any(proof.tests for proof in behind.values()):
        out.print(NO_CHECKOUT)
    return 0


def meant(asked: str) -> list[Rule]:
    """The rules of an area, the one of that name or function, or those that mention it."""
    text = asked.casefold()
    if text in set(Area):
        return [rule for rule in RULES if rule.area == text]
    for rule in RULES:
        if text in _names(rule):
            return [rule]
    found = [rule for rule in RULES if any(text in each.casefold() for each in _mentions(rule))]
    if found:
        return found
    known = [*Area, *(name for rule in RULES for name in _names(rule))]
    near = get_close_matches(text, known, n=3, cutoff=0.5)
    hint = f"; nearest: {', '.join(near)}" if near else f"; areas are {', '.join(Area)}"
    raise ConfigError(f"no rule has to do with {asked!r}{hint}")


def _names(rule: Rule) -> tuple[str, ...]:
    last = rule.called.__name__
    return tuple(name.casefold() for name in (rule.name, rule.where, rule.short, last))


def _mentions(rule: Rule) -> tuple[str, ...]:
    return (
        rule.name, rule.short, rule.source, *rule.goldens, *rule.switch, *rule.terms, *rule.stories,
    )  # fmt: skip


def switched_on(rule: Rule, proof: Proof) -> str:
    """The terms that switch a rule on; a dash for one that no desk reaches."""
    return ", ".join(rule.switch) or ("always" if proof.desks or proof.twin_desks else "-")


def applied_by(rule: Rule, proof: Proof) -> str:
    """The desks that apply a rule in a day; else who does, or that it is only asked."""
    if proof.desks:
        return ", ".join(proof.desks)
    others = (
        *(f"connector {name}" for name in proof.connectors),
        *(f"{desk} through `{_short(rule.twin)}`" for desk in proof.twin_desks),
        *(f"`gateway {command}`" for command in proof.commands),
        *(("the laws",) if proof.laws else ()),
    )
    return ", ".join(others) or "asked only"


def _short(function: str) -> str:
    """A function without its rooms, such as `gates.meet`."""
    return function.removeprefix("gateway.core.").removeprefix("gateway.desks.")


def counted(proof: Proof) -> str:
    """How many tests name a rule, and how many of them are property tests."""
    properties = sum(test.is_property for test in proof.tests)
    return f"{len(proof.tests)}, {properties} by property" if properties else f"{len(proof.tests)}"


def short_names(scenarios: Iterable[str]) -> str:
    """Scenarios in a table: golden ones by their number, others by name."""
    return " ".join(
        name[:3].upper() if name[0] == "g" and name[1:3].isdigit() else name for name in scenarios
    )


def row(rule: Rule, proof: Proof) -> tuple[str, ...]:
    """A rule as a row of the table."""
    return tuple(
        escape(cell)
        for cell in (
            rule.area, rule.name, rule.short, rule.source, switched_on(rule, proof),
            applied_by(rule, proof), counted(proof),
            short_names(proof.scenarios) or "in tests alone",
        )
    )  # fmt: skip


def whole(rule: Rule, proof: Proof) -> Group:
    """A rule with all there is to say about it."""
    facts: Mapping[str, Sequence[str]] = {
        "says": [rule.formula],
        "function": [rule.where],
        "area": [rule.area],
        "source": [rule.source],
        "laws": [rule.law] if rule.law else [],
        "switched on by": _explained(rule.switch) or [switched_on(rule, proof)],
        "figures from": _explained(rule.terms),
        "applied by": [applied_by(rule, proof)],
        "held against its twin by": [f"{test.file}::{test.name}" for test in proof.twin_tests],
        "asked by": [f"ask {word}" for word in proof.asks],
        "shown in": [f"tests/scenarios/{name}.day" for name in proof.scenarios]
        or ["no scenario: tests alone"],
        "tested in": [
            f"{test.file}::{test.name}{' (property)' if test.is_property else ''}"
            for test in proof.tests
        ],
    }
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, lines in facts.items():
        if lines:
            grid.add_row(name, escape("\n".join(lines)))
    return Group(f"[bold]{escape(rule.name)}[/]", grid, "", escape(rule.docstring))


def _explained(terms: Iterable[str]) -> list[str]:
    return [f"{term}: {term_meaning(term)}" for term in terms]


def as_object(rule: Rule, proof: Proof) -> dict[str, object]:
    """A rule as JSON has it."""
    return {
        "name": rule.name,
        "area": rule.area,
        "function": rule.where,
        "says": rule.formula,
        "source": rule.source,
        "laws": rule.law,
        "goldens": rule.goldens,
        "switched_on_by": {term: term_meaning(term) for term in rule.switch},
        "figures_from": {term: term_meaning(term) for term in rule.terms},
        "applied_by": proof.desks,
        "commands": proof.commands,
        "connectors": proof.connectors,
        "laws_ask": proof.laws,
        "twin": rule.twin,
        "twin_applied_by": proof.twin_desks,
        "twin_tests": proof.twin_tests,
        "asked_by": proof.asks,
        "scenarios": proof.scenarios,
        "tests": proof.tests,
        "docstring": rule.docstring,
    }

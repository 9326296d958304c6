"""`docs/rules.md`: the rules, area by area, as a page.

Not here: writing it (`gateway.ops.reference`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from gateway.core.rule import Area, Rule
from gateway.core.rules import RULES
from gateway.ops.rules.command import applied_by, switched_on
from gateway.ops.rules.proof import Proof, proofs

HEAD = """\
Every rule of the trade is one pure function. `gateway rules NAME` shows one whole, with its
docstring and each test; `gateway rules FundTerms.swing`, `gateway rules G11` and
`gateway rules 23c-3` list those that have to do with a term, a golden scenario, a public rule.

A source is a public rule, a golden scenario (`tests/scenarios/g01_….day` and so on) or a section
of the domain brief. *Switched on by* names the terms without which a rule never acts. *Applied
by* names the desks that reach it in a day, or else who does beside them: a connector, a command,
the laws. A rule applied *through* another function is that function's exact reference, one case
at a time, and a test holds the two against each other. A rule that is *asked only* answers
questions of scenarios (`ask`) and takes no part in a day yet. Terms are
those of a book file (`FundTerms`, `PlanTerms` and the records in them), or are given with the
question.
"""

TITLES = {
    Area.CALENDARS: "Calendars and cut-offs",
    Area.ORDERS: "Orders",
    Area.LIMITS: "Limits",
    Area.VALUATION: "Valuation",
    Area.PRICES: "Late, wrong and swung prices",
    Area.FEES: "Fees",
    Area.LIQUIDITY: "Gates and liquidity",
    Area.REPURCHASES: "Repurchase and tender offers",
    Area.CAPITAL: "Commitments and calls",
    Area.SETTLEMENT: "Settlement",
    Area.MONEY: "Money and units",
}


def page(root: Path, written: str) -> str:
    """The page.

    Args:
        root: The checkout.
        written: The line that says who wrote it.
    """
    behind = proofs(root)
    parts = [f"# The rulebook\n\n{written}\n{HEAD}"]
    for area in Area:
        rules = [rule for rule in RULES if rule.area is area]
        parts.append(f"## {TITLES[area]}\n\n{_overview(rules, behind)}\n{_proved(rules, behind)}")
    return "\n".join(parts)


def _overview(rules: list[Rule], behind: Mapping[str, Proof]) -> str:
    rows = [
        (
            rule.name, rule.formula, f"`{rule.short}`", rule.source,
            switched_on(rule, behind[rule.name]), ", ".join(rule.terms) or "-",
            applied_by(rule, behind[rule.name]),
        )
        for rule in rules
    ]  # fmt: skip
    columns = (
        "rule", "what it says", "function", "source", "switched on by", "figures from",
        "applied by",
    )  # fmt: skip
    return _table(columns, rows)


def _proved(rules: list[Rule], behind: Mapping[str, Proof]) -> str:
    rows = []
    for rule in rules:
        proof = behind[rule.name]
        shown = ", ".join(proof.scenarios) or "in tests alone"
        tested = ", ".join(name.removeprefix("tests/") for name in proof.files)
        rows.append((rule.name, shown, tested))
    return _table(("rule", "shown in", "tested in"), rows)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines
    )

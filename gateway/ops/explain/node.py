"""A figure with what is behind it: the nodes of an explanation.

A node with an amount is the sum of its children that have one; that is checked when the node
is made, so no explanation that does not add up is ever shown.

Not here: where the figures come from (`money`, `value`, `batch`).
Law: L1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from gateway.errors import LawBroken


@dataclass(frozen=True, slots=True)
class Rule:
    """Why a figure is what it is, and where that is laid down."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Node:
    """One figure or fact of an explanation.

    Attributes:
        kind: What it is: instruction, fund, leg, batch, message, nav, sleeve and so on.
        text: A line for people.
        amount_minor: Minor units, signed as in the node above; None for what is no part of a sum.
        rule: The rule behind the figure.
        facts: The values it was made from, for programs.
        children: What is behind it.
    """

    kind: str
    text: str
    amount_minor: int | None = None
    rule: Rule | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    children: tuple[Node, ...] = ()


def whole(node: Node) -> Node:
    """The node, if its children add up to it; one without an amount is no sum.

    Raises:
        LawBroken: They do not.
    """
    parts = [child.amount_minor for child in node.children if child.amount_minor is not None]
    if parts and node.amount_minor not in (None, sum(parts)):
        raise LawBroken(
            f"law L1: {node.text}: {node.amount_minor} minor units, its {len(parts)} parts add up "
            f"to {sum(parts)}"
        )
    return node


def agree(where: str, what: str, stands: object, follows: object) -> None:
    """What stands in a journal is what follows from the journals before it.

    Raises:
        LawBroken: It is not.
    """
    if stands != follows:
        raise LawBroken(f"law L1: {where}: {what} stands as {stands}, what is behind it gives "
                        f"{follows}")  # fmt: skip


def first(children: Sequence[Node], limit: int) -> tuple[Node, ...]:
    """At most `limit` children; the others in one node with their sum."""
    if len(children) <= limit:
        return tuple(children)
    rest = children[limit:]
    parts = [child.amount_minor for child in rest if child.amount_minor is not None]
    more = Node(
        "more", f"{len(rest):,} more, ask with --limit", sum(parts) if parts else None,
        facts={"left_out": len(rest)},
    )  # fmt: skip
    return (*children[:limit], more)


def tree(node: Node) -> Tree:
    """An explanation as a tree for people."""
    made = Tree(_label(node))
    _grow(made, node.children)
    return made


def show(node: Node, out: Console) -> None:
    """Print an explanation."""
    out.print(tree(node))


def _grow(to: Tree, children: Iterable[Node]) -> None:
    for child in children:
        _grow(to.add(_label(child)), child.children)


def _label(node: Node) -> str:
    text = escape(node.text)
    if node.rule is None:
        return text
    return f"{text}\n[dim]rule: {escape(node.rule.text)} ({escape(node.rule.source)})[/]"


def for_programs(node: Node) -> dict[str, object]:
    """An explanation for programs; what is empty is left out."""
    said: dict[str, object] = {"kind": node.kind, "text": node.text}
    if node.amount_minor is not None:
        said["amount_minor"] = node.amount_minor
    if node.rule is not None:
        said["rule"] = {"text": node.rule.text, "source": node.rule.source}
    if node.facts:
        said["facts"] = dict(node.facts)
    if node.children:
        said["behind"] = [for_programs(child) for child in node.children]
    return said

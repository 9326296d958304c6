"""What a correction goes back to: the way from its batch to the batches of its originals.

Not here: what became of an original, which is a batch to be explained by itself (`batch`).
Source: domain.md §0.9, §6.2. Law: L7.
"""

from __future__ import annotations

from datetime import date

from gateway.core.events import BatchTaken
from gateway.ops.explain.node import Node, Rule, first
from gateway.ops.explain.walk import Walk, message_node
from gateway.ops.reading.orders import Orders

CORRECTION_RULE = Rule(
    "a correction adds: in its original's session it takes the money back, later it is as of it; a "
    "withdrawal takes back what waits of a request",
    "domain.md §1.4, §2.3, §6.2; law L7",
)

Lines = dict[tuple[date, str, date], int]
"""Session, batch id and trade date of an original to the lines that go back to it."""


def count_originals(found: Lines, orders: Orders) -> None:
    """Add the lines of a correction up by the batch that they go back to."""
    if orders.links is None:
        return
    for at in orders.links.original.tolist():
        each = orders.links.originals[at]
        key = (each.session, each.batch_id, each.trade_date)
        found[key] = found.get(key, 0) + 1


async def original_nodes(walk: Walk, sender: str, found: Lines) -> list[Node]:
    """The originals with their messages, where intake took them."""
    if not found:
        return []
    partition = walk.gateway.topology.senders.index(sender)
    names = {key[:2] for key in found}
    taken: dict[tuple[date, str], int] = {}
    async for decided in walk.decisions("intake", partition):
        for event in decided.events:
            if isinstance(event, BatchTaken) and (event.session, event.batch_id) in names:
                taken[event.session, event.batch_id] = decided.offset
    raws = await walk.raw(partition, set(taken.values()))
    nodes = [
        Node(
            "original",
            f"{lines:,} line{'s' * (lines != 1)} of batch {sender}/{session}/{batch_id}, "
            f"NAV of {trade_date}",
            rule=CORRECTION_RULE,
            facts={"sender": sender, "booked": session, "batch_id": batch_id,
                   "trade_date": trade_date, "lines": lines},
            children=(message_node(raws[taken[session, batch_id]]),)
            if (session, batch_id) in taken else (),
        )
        for (session, batch_id, trade_date), lines in sorted(found.items())
    ]  # fmt: skip
    return [Node("originals", "it goes back to", children=first(nodes, walk.limit))]

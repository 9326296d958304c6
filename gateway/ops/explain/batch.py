"""`gateway explain batch <sender>/<session>/<batch id>`: what became of a batch, line by line.

From the sender's messages of that name to the funds its money went to: accepted, diverted,
refused, parked, waiting or on its way, and the sum of these is what intake took.

Not here: sums over many batches (`show orders`).
Source: domain.md §1.4, §1.5, §6.3. Laws: L1, L5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from gateway.core.events import (
    BatchRefused,
    BatchRepeated,
    BatchTaken,
    ControlBreak,
    OrdersDecided,
    SenderDayClosed,
)
from gateway.core.laws import Reference
from gateway.core.vocabulary import REASONS, EventKind
from gateway.errors import ConfigError
from gateway.ops.explain.node import Node, Rule, first, whole
from gateway.ops.explain.originals import Lines as OriginalLines
from gateway.ops.explain.originals import count_originals, original_nodes
from gateway.ops.explain.walk import RawMessage, Walk, message_node, money, unknown
from gateway.ops.reading.orders import Arrivals, Asked, Lines, OrderSums
from gateway.ops.reading.rows import BatchRow, LineRow

DAY_END = "DayEnd"
TAKEN_RULE = Rule("known by session, batch id and digest of its bytes; taken once", "G31; law L3")
DATED_RULE = Rule("a session's orders received before its close get its NAV", "domain.md §1.2")
PARKED_RULE = Rule(
    "orders of a later session wait for the prices of the one before", "domain.md §1.2; law L4"
)
LIMIT_RULE = Rule("what does not fit under a limit goes to the plan's liquid option",
                  "domain.md §2.2; law L2")  # fmt: skip
REFUSED_RULE = Rule("a line carries every reason that applies", "domain.md §1.5")
WITHDRAWN_RULE = Rule("a withdrawal takes back what waits of a request, at most what it says",
                      "domain.md §2.3-§2.4")  # fmt: skip
MAPPED_RULE = Rule("contributions go to the fund that takes another's place", "domain.md §6.2")
CONTROL_RULE = Rule("what a sender declares is compared with what was taken", "domain.md §6.3")

Name = tuple[str, date, str]
Legs = dict[tuple[str, str, str], int]
"""Plan, fund and BUYS or SELLS to minor units; what takes money back buys or sells less."""


@dataclass(slots=True)
class Story:
    """Everything intake and the plan partitions say of one batch."""

    name: Name
    taken: BatchTaken | None = None
    events: list[tuple[int, object]] = field(default_factory=list)
    legs: Legs = field(default_factory=dict)
    raws: dict[int, RawMessage] = field(default_factory=dict)
    originals: OriginalLines = field(default_factory=dict)
    reasons: set[EventKind] = field(default_factory=set)


async def batch(walk: Walk, name: str) -> Node:
    """The explanation of a batch, or of a sender's DayEnd.

    Args:
        walk: The reader.
        name: `<sender>/<session>/<batch id>`; a batch id may hold slashes.

    Raises:
        ConfigError: The name is of another form, or nothing of that name came.
        LawBroken: What became of it does not add up to what was taken.
    """
    story = await _story(walk, _named(name))
    sums = OrderSums(Asked(sender=story.name[0]), walk.limit)
    for partition in [part.partition for part in story.taken.parts] if story.taken else ():
        arrivals = Arrivals()
        async for decided in walk.decisions("plan", partition):
            for lines in arrivals.follow(decided):
                _add(story, sums, lines, arrivals.reference)
        for lines in arrivals.left():
            _add(story, sums, lines, arrivals.reference)
    return _node(walk, story, sums, await original_nodes(walk, story.name[0], story.originals))


def _named(name: str) -> Name:
    sender, _, rest = name.partition("/")
    session, _, batch_id = rest.partition("/")
    try:
        return sender, date.fromisoformat(session), batch_id
    except ValueError:
        raise ConfigError(
            f"batch {name}: name the sender, the session and the batch, as in "
            "batch RK_A/2026-11-24/B1"
        ) from None


async def _story(walk: Walk, name: Name) -> Story:
    senders = walk.gateway.topology.senders
    if name[0] not in senders:
        raise unknown("sender", name[0], senders, "gateway topics")
    story, known = Story(name), set[str]()
    partition = senders.index(name[0])
    async for decided in walk.decisions("intake", partition):
        for event in decided.events:
            key = _key(event)
            if key is None:
                continue
            known.add(f"{name[0]}/{key[0]}/{key[1]}")
            if key == name[1:]:
                story.events.append((decided.offset, event))
                story.taken = event if isinstance(event, BatchTaken) else story.taken
    if not story.events:
        wanted = "/".join(map(str, name))
        raise unknown("batch", wanted, known, f"gateway show orders --sender {name[0]}")
    story.raws = await walk.raw(partition, {offset for offset, _ in story.events})
    return story


def _key(event: object) -> tuple[date | None, str] | None:
    match event:
        case BatchTaken() | BatchRepeated() | BatchRefused():
            return event.session, event.batch_id
        case SenderDayClosed() | ControlBreak():
            return event.session, DAY_END
    return None


def _add(story: Story, sums: OrderSums, lines: Lines, reference: Reference) -> None:
    orders = lines.orders
    if (orders.sender, lines.booked, orders.batch_id) != story.name:
        return
    sums.add(lines, reference)
    count_originals(story.originals, orders)
    story.reasons.add(orders.reason)
    if isinstance(orders, OrdersDecided):
        _legs(story.legs, orders, reference)


def _legs(legs: Legs, event: OrdersDecided, reference: Reference) -> None:
    """Where the money of lines that trade went."""
    if event.reason is EventKind.IN_PLAN_CONVERSION:
        return
    live = event.code == 0
    if event.reason is EventKind.WITHDRAWAL:
        for row in live.nonzero()[0].tolist():
            key = (event.plans[event.plan[row]], event.funds[event.sell_fund[row]], "ASKS LESS OF")
            _put(legs, key, int(event.accepted_minor[row]))
        return
    buys, sells = ("SELLS LESS", "BUYS LESS") if event.takes_back else ("BUYS", "SELLS")
    for at, plan_id in enumerate(event.plans):
        mine = live & (event.plan == at)
        for slot, fund_id in enumerate(event.funds):
            bought = int(event.accepted_minor[mine & (event.buy_fund == slot)].sum())
            sold = int(event.amount_minor[mine & (event.sell_fund == slot)].sum())
            _put(legs, (plan_id, fund_id, buys), bought)
            _put(legs, (plan_id, fund_id, sells), sold)
        diverted = int(event.diverted_minor[mine & (event.buy_fund >= 0)].sum())
        if diverted:
            _put(legs, (plan_id, reference.book.plans[plan_id].liquid_fund, "BUYS"), diverted)


def _put(legs: Legs, key: tuple[str, str, str], minor: int) -> None:
    if minor:
        legs[key] = legs.get(key, 0) + minor


# --- the tree ---------------------------------------------------------------------------


def _node(walk: Walk, story: Story, sums: OrderSums, originals: list[Node]) -> Node:
    sender, session, batch_id = story.name
    taken = story.taken
    rows = list(sums.batches())
    messages = [_message(story, offset, event) for offset, event in story.events]
    head = f"batch {sender}/{session}/{batch_id}"
    if taken is None:
        text = head if batch_id == DAY_END else f"{head}: nothing of it was taken"
        return Node("batch", text, None, CONTROL_RULE if batch_id == DAY_END else TAKEN_RULE,
                    {"sender": sender, "session": session, "batch_id": batch_id},
                    first(messages, walk.limit))  # fmt: skip
    states = [_row(row) for row in rows]
    reasons = sorted(story.reasons - {EventKind.UNSTATED})
    missing = taken.lines - sum(row.lines for row in rows)
    if taken.orders and missing:
        minor = taken.amount_minor - sum(row.asked_minor for row in rows)
        text = f"{missing:,} lines on their way to the plan partitions: {_usd(minor)}"
        states.append(Node("on_its_way", text, minor, facts={"lines": missing}))
    return whole(
        Node(
            "batch",
            f"{head}: {taken.schema}, {taken.lines:,} line{'s' * (taken.lines != 1)} taken"
            + (f", {_usd(taken.amount_minor)}" if taken.orders else "")
            + (f", for {', '.join(reasons)}" if reasons else ""),
            taken.amount_minor if taken.orders else None,
            TAKEN_RULE,
            {"sender": sender, "session": session, "batch_id": batch_id, "schema": taken.schema,
             "lines": taken.lines, "result_id": taken.result_id,
             "reasons": reasons, "plan_partitions": [part.partition for part in taken.parts]},
            (*states, *_went(story, walk.limit), *originals, *_odd(sums, walk.limit),
             *first(messages, walk.limit)),
        )
    )  # fmt: skip


def _usd(minor: int) -> str:
    return money(minor, "USD")


def _row(row: BatchRow) -> Node:
    """The lines of one trade date and state; decided ones split into what became of them."""
    facts = {"trade_date": row.trade_date, "state": row.state, "lines": row.lines}
    head = f"{row.lines:,} line{'s' * (row.lines != 1)} {row.state.lower()}"
    if row.state != "DECIDED":
        wait = f", waiting for {row.trade_date}" if row.trade_date else ""
        return Node("lines", f"{head}{wait}: {_usd(row.asked_minor)}", row.asked_minor,
                    PARKED_RULE, facts)  # fmt: skip
    parts = [Node("accepted", f"accepted as asked {_usd(row.accepted_minor)}",
                  row.accepted_minor)]  # fmt: skip
    if row.diverted_minor:
        parts.append(Node("diverted", f"to the liquid option {_usd(row.diverted_minor)}",
                          row.diverted_minor, LIMIT_RULE))  # fmt: skip
    parts += [
        Node(
            "refused",
            f"refused {count.code}, {count.lines:,} line{'s' * (count.lines != 1)}: "
            f"{_usd(count.amount_minor)}. {REASONS[count.code]}",
            count.amount_minor,
            REFUSED_RULE,
            {"code": count.code, "lines": count.lines},
        )
        for count in row.codes
    ]
    if row.gone_minor:
        text = f"of requests that waited no longer {_usd(row.gone_minor)}"
        parts.append(Node("not_waiting", text, row.gone_minor, WITHDRAWN_RULE))
    return whole(
        Node("lines", f"{head} for {row.trade_date}: {_usd(row.asked_minor)}", row.asked_minor,
             DATED_RULE, facts, tuple(parts))
    )  # fmt: skip


def _went(story: Story, limit: int) -> list[Node]:
    """Where the money went, by plan and fund."""
    legs = [
        Node("leg", f"{plan_id} {side.lower()} {fund_id}: {_usd(minor)}",
             facts={"plan_id": plan_id, "fund_id": fund_id, "side": side, "minor": minor})
        for (plan_id, fund_id, side), minor in sorted(story.legs.items())
    ]  # fmt: skip
    said = "it takes back" if EventKind.WITHDRAWAL in story.reasons else "it trades"
    return [Node("legs", said, children=first(legs, limit))] if legs else []


def _odd(sums: OrderSums, limit: int) -> list[Node]:
    rows: Sequence[LineRow] = sums.exceptions()
    if not rows:
        return []
    nodes = [_line(row) for row in rows]
    left = sums.exceptions_total - len(rows)
    if left > 0:
        nodes.append(Node("more", f"{left:,} more, ask with --limit", facts={"left_out": left}))
    return [Node("exceptions", "lines refused, diverted or sent elsewhere", children=tuple(nodes))]


def _line(row: LineRow) -> Node:
    bound = (
        f", {row.scope.lower()} limit {row.limit_id} had {_usd(row.headroom_minor)} left"
        if row.scope
        else ""
    )
    became = (
        f"refused {', '.join(row.reasons)}"
        if row.code != "NONE"
        else f"{_usd(row.accepted_minor)} accepted"
    )
    if row.diverted_minor:
        became += f", {_usd(row.diverted_minor)} to {row.liquid_fund}"
    elsewhere = f" in the place of {row.asked_fund}" if row.asked_fund else ""
    rule = MAPPED_RULE if row.asked_fund and row.code == "NONE" else REFUSED_RULE
    return Node(
        "line",
        f"line {row.line}, {row.plan_id} participant {row.participant}: asked "
        f"{_usd(row.asked_minor)} of {row.buy_fund or row.sell_fund}{elsewhere}, {became}{bound}",
        rule=LIMIT_RULE if row.scope else rule,
        facts={"line": row.line, "plan_id": row.plan_id, "participant": row.participant,
               "asked_minor": row.asked_minor, "accepted_minor": row.accepted_minor,
               "diverted_minor": row.diverted_minor, "code": row.code, "scope": row.scope,
               "limit_id": row.limit_id, "headroom_minor": row.headroom_minor,
               "reasons": row.reasons, "asked_fund": row.asked_fund},
    )  # fmt: skip


def _message(story: Story, offset: int, event: object) -> Node:
    """One message of that name and what intake decided on it."""
    rule, text, facts = TAKEN_RULE, "", dict[str, object]()
    match event:
        case BatchTaken():
            text = "taken"
        case BatchRepeated():
            text = "the same bytes again: ignored"
        case BatchRefused():
            verdict = "quarantined" if event.quarantined else "rejected"
            text = f"{verdict} {', '.join(event.codes)}: {event.detail}"
            facts = {"codes": event.codes, "detail": event.detail}
        case SenderDayClosed():
            rule = CONTROL_RULE
            text = (
                f"closed: {event.lines:,} lines of {event.batches:,} batches, "
                f"{_usd(event.amount_minor)}, as declared"
            )
        case ControlBreak():
            rule = CONTROL_RULE
            text = (
                f"control break: declared {_usd(event.declared_minor)} in "
                f"{event.declared_lines:,} lines of {event.declared_batches:,} batches, taken "
                f"{_usd(event.taken_minor)} in {event.taken_lines:,} of "
                f"{event.taken_batches:,}: nothing was closed"
            )
    return Node("verdict", text, None, rule, facts, (message_node(story.raws[offset]),))

"""How intake turns a sender's lines into columns, by plan partition, without identifiers.

Not here: whether the batch is taken at all (`intake`).
Law: L8 (participants leave intake as keyed tokens).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from gateway.connector.protocol import HoldingLines, OrderLines
from gateway.core.events import PartitionCount
from gateway.core.orders import HoldingsBatch, OrderBatch
from gateway.core.vocabulary import I32, I64, RejectCode
from gateway.desks.desk import Send, Topology

LINES_PER_MESSAGE = 10_000
"""A message of so many lines stays well below a megabyte."""

LARGEST_DAY_MINOR = 10**14
"""A trillion dollars: more than any sender orders in a day, so that no sum leaves 64 bits."""

LARGEST_STATEMENT_UNITS = 10**17
"""Scaled units of one statement; at 10.00 a unit of four decimals, a hundred trillion dollars."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The key that turns identifiers into tokens; the name says which key it is."""

    key: bytes

    def token(self, plan_id: str, participant_id: str) -> int:
        """A participant's token: keyed BLAKE2 of plan and identifier, 64 bits."""
        digest = blake2b(
            f"{plan_id}\0{participant_id}".encode(), digest_size=8, key=self.key
        ).digest()
        return int.from_bytes(digest, "little", signed=True)

    def tokens(self, plans: Sequence[str], plan: I32, participants: Sequence[str]) -> I64:
        """Tokens of many lines; a participant of several lines of a plan is hashed once.

        Args:
            plans: Plan ids.
            plan: Shape (n,), index into `plans`.
            participants: Shape (n,), identifiers.
        """
        if len(plans) == 1:
            return self._tokens_of(plans[0], participants)
        tokens = np.empty(len(plan), np.int64)
        people = np.array(participants, object)
        order = np.argsort(plan, kind="stable")
        edges = np.searchsorted(plan[order], np.arange(len(plans) + 1))
        for index, name in enumerate(plans):
            rows = order[edges[index] : edges[index + 1]]
            tokens[rows] = self._tokens_of(name, people[rows].tolist())
        return tokens

    def _tokens_of(self, plan_id: str, participants: Sequence[str]) -> I64:
        key, prefix = self.key, f"{plan_id}\0".encode()
        known = {
            who: blake2b(prefix + who.encode(), digest_size=8, key=key).digest()
            for who in dict.fromkeys(participants)
        }
        digests = b"".join(map(known.__getitem__, participants))
        return np.frombuffer(digests, "<i8").astype(np.int64)


def total(column: I64) -> int:
    """The exact sum of a column, beyond 64 bits too."""
    # Halves of 32 bits cannot leave 64 bits in any batch that fits a message.
    high, low = int((column >> 32).sum()), int((column & 0xFFFF_FFFF).sum())
    return (high << 32) + low


def order_faults(lines: OrderLines) -> tuple[tuple[RejectCode, ...], str]:
    """What is wrong with a batch as a whole, every reason in the order of RejectCode."""
    count = len(lines.amount_minor)
    codes: list[RejectCode] = []
    details: list[str] = []
    if count == 0:
        codes.append(RejectCode.EMPTY_BATCH)
        details.append("the batch has no lines")
    amount = total(lines.amount_minor)
    if (count, amount) != (lines.control_count, lines.control_amount_minor):
        codes.append(RejectCode.CONTROL_TOTAL)
        details.append(
            f"declared {lines.control_amount_minor} minor units in {lines.control_count} lines, "
            f"received {amount} in {count}: difference {amount - lines.control_amount_minor} minor "
            f"units, {count - lines.control_count} lines; nothing was taken, send it corrected"
        )
    if total(np.abs(lines.amount_minor)) > LARGEST_DAY_MINOR:
        codes.append(RejectCode.AMOUNT_RANGE)
        details.append(f"the amounts add up to more than {LARGEST_DAY_MINOR} minor units")
    return tuple(codes), "; ".join(details)


def holding_faults(lines: HoldingLines) -> tuple[tuple[RejectCode, ...], str]:
    """What is wrong with a statement as a whole, every reason in the order of RejectCode."""
    codes: list[RejectCode] = []
    details: list[str] = []
    if not len(lines.units):
        codes.append(RejectCode.EMPTY_BATCH)
        details.append("the statement has no lines")
    if total(np.abs(lines.units)) > LARGEST_STATEMENT_UNITS:
        codes.append(RejectCode.AMOUNT_RANGE)
        details.append(f"the units add up to more than {LARGEST_STATEMENT_UNITS}, scaled")
    if (lines.units < 0).any():
        codes.append(RejectCode.NEGATIVE_AMOUNT)
        details.append("units are zero or more")
    return tuple(codes), "; ".join(details)


def order_sends(
    lines: OrderLines, sender: str, topology: Topology, keyring: Keyring
) -> tuple[list[Send], tuple[PartitionCount, ...]]:
    """A batch as messages to the plan partitions, and what each partition gets."""
    plans, plan, amount = lines.plans, lines.plan, lines.amount_minor
    tokens = keyring.tokens(plans, plan, lines.participants)
    home = np.array([topology.home("plan", name).partition for name in plans], np.int32)[plan]
    sends: list[Send] = []
    counts: list[PartitionCount] = []
    for address in topology.everywhere("plan"):
        rows = np.flatnonzero(home == address.partition)
        chunks = [
            rows[at : at + LINES_PER_MESSAGE] for at in range(0, len(rows), LINES_PER_MESSAGE)
        ]
        for chunk in chunks:
            used, local = np.unique(plan[chunk], return_inverse=True)
            batch = OrderBatch(
                sender, lines.batch_id, lines.session, lines.kind, lines.currency,
                tuple(plans[index] for index in used.tolist()), lines.funds,
                chunk.astype(np.int32), local.astype(np.int32), tokens[chunk],
                lines.money_source[chunk], lines.sell_fund[chunk], lines.buy_fund[chunk],
                amount[chunk], lines.received_at[chunk], lines.reason,
                None if lines.links is None else lines.links.rows(chunk),
            )  # fmt: skip
            sends.append(Send(address, batch))
        if chunks:
            counts.append(
                PartitionCount(address.partition, len(chunks), len(rows), int(amount[rows].sum()))
            )
    return sends, tuple(counts)


def holding_sends(
    lines: HoldingLines, sender: str, topology: Topology, keyring: Keyring
) -> list[Send]:
    """A holdings statement as messages to the plan partitions."""
    plans, plan = lines.plans, lines.plan
    tokens = keyring.tokens(plans, plan, lines.participants)
    home = np.array([topology.home("plan", name).partition for name in plans], np.int32)[plan]
    sends: list[Send] = []
    for address in topology.everywhere("plan"):
        rows = np.flatnonzero(home == address.partition)
        for at in range(0, len(rows), LINES_PER_MESSAGE):
            chunk = rows[at : at + LINES_PER_MESSAGE]
            used, local = np.unique(plan[chunk], return_inverse=True)
            batch = HoldingsBatch(
                sender, lines.batch_id, lines.session,
                tuple(plans[index] for index in used.tolist()), lines.funds,
                local.astype(np.int32), tokens[chunk], lines.fund[chunk], lines.units[chunk],
            )  # fmt: skip
            sends.append(Send(address, batch))
    return sends

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
from gateway.core.vocabulary import I32, I64, NOTHING, RejectCode
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

    def tokens(self, plans: Sequence[str], participants: Sequence[str]) -> I64:
        """Tokens of many lines; a participant of several lines is hashed once."""
        lines = list(zip(plans, participants, strict=True))
        key = self.key
        known = {
            line: blake2b(f"{line[0]}\0{line[1]}".encode(), digest_size=8, key=key).digest()
            for line in dict.fromkeys(lines)
        }
        return np.frombuffer(b"".join(map(known.__getitem__, lines)), "<i8").astype(np.int64)


def dictionary(names: Sequence[str]) -> tuple[tuple[str, ...], I32]:
    """The distinct names in order of first appearance, and each line's index."""
    known = tuple(dict.fromkeys(names))
    codes = dict(zip(known, range(len(known)), strict=True))
    return known, np.fromiter(map(codes.__getitem__, names), np.int32, len(names))


def leg_dictionary(names: Sequence[str]) -> tuple[tuple[str, ...], I32]:
    """The same for the legs of orders, where "" says that there is no such leg."""
    codes = dict.fromkeys(names, NOTHING)
    known = tuple(name for name in codes if name)
    codes.update(zip(known, range(len(known)), strict=True))
    return known, np.fromiter(map(codes.__getitem__, names), np.int32, len(names))


def order_faults(lines: OrderLines) -> tuple[tuple[RejectCode, ...], str]:
    """What is wrong with a batch as a whole, every reason in the order of RejectCode."""
    count = len(lines.amount_minor)
    codes: list[RejectCode] = []
    details: list[str] = []
    if count == 0:
        codes.append(RejectCode.EMPTY_BATCH)
        details.append("the batch has no lines")
    amount = sum(lines.amount_minor)
    if (count, amount) != (lines.control_count, lines.control_amount_minor):
        codes.append(RejectCode.CONTROL_TOTAL)
        details.append(
            f"declared {lines.control_amount_minor} minor units in {lines.control_count} lines, "
            f"received {amount} in {count}: difference {amount - lines.control_amount_minor} minor "
            f"units, {count - lines.control_count} lines; nothing was taken, send it corrected"
        )
    if sum(map(abs, lines.amount_minor)) > LARGEST_DAY_MINOR:
        codes.append(RejectCode.AMOUNT_RANGE)
        details.append(f"the amounts add up to more than {LARGEST_DAY_MINOR} minor units")
    return tuple(codes), "; ".join(details)


def holding_faults(lines: HoldingLines) -> tuple[tuple[RejectCode, ...], str]:
    """What is wrong with a statement as a whole, every reason in the order of RejectCode."""
    codes: list[RejectCode] = []
    details: list[str] = []
    if not lines.units:
        codes.append(RejectCode.EMPTY_BATCH)
        details.append("the statement has no lines")
    if sum(map(abs, lines.units)) > LARGEST_STATEMENT_UNITS:
        codes.append(RejectCode.AMOUNT_RANGE)
        details.append(f"the units add up to more than {LARGEST_STATEMENT_UNITS}, scaled")
    if min(lines.units, default=0) < 0:
        codes.append(RejectCode.NEGATIVE_AMOUNT)
        details.append("units are zero or more")
    return tuple(codes), "; ".join(details)


def order_sends(
    lines: OrderLines, sender: str, topology: Topology, keyring: Keyring
) -> tuple[list[Send], tuple[PartitionCount, ...]]:
    """A batch as messages to the plan partitions, and what each partition gets."""
    plans, plan = dictionary(lines.plans)
    half = len(lines.plans)
    funds, fund = leg_dictionary([*lines.sell_funds, *lines.buy_funds])
    sell, buy = fund[:half], fund[half:]
    tokens = keyring.tokens(lines.plans, lines.participants)
    amount = np.array(lines.amount_minor, np.int64)
    received = np.array(lines.received_at, np.int64)
    source = np.array(lines.money_source, np.int8)
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
                tuple(plans[index] for index in used.tolist()), funds, chunk.astype(np.int32),
                local.astype(np.int32), tokens[chunk], source[chunk], sell[chunk], buy[chunk],
                amount[chunk], received[chunk],
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
    plans, plan = dictionary(lines.plans)
    funds, fund = dictionary(lines.funds)
    tokens = keyring.tokens(lines.plans, lines.participants)
    units = np.array(lines.units, np.int64)
    home = np.array([topology.home("plan", name).partition for name in plans], np.int32)[plan]
    sends: list[Send] = []
    for address in topology.everywhere("plan"):
        rows = np.flatnonzero(home == address.partition)
        for at in range(0, len(rows), LINES_PER_MESSAGE):
            chunk = rows[at : at + LINES_PER_MESSAGE]
            used, local = np.unique(plan[chunk], return_inverse=True)
            batch = HoldingsBatch(
                sender, lines.batch_id, lines.session,
                tuple(plans[index] for index in used.tolist()), funds,
                local.astype(np.int32), tokens[chunk], fund[chunk], units[chunk],
            )  # fmt: skip
            sends.append(Send(address, batch))
    return sends

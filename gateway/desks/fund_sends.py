"""What a fund partition sends once it has struck: fills to plans, obligations to cash.

Not here: when it strikes (`fund`, `fund_release`).
Laws: L1, L4.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gateway.core.settlement import Obligation
from gateway.desks.desk import Address, Send, Topology
from gateway.desks.fund_state import FundState
from gateway.desks.strike import Struck

ROWS_PER_MESSAGE = 1_000
"""Legs in one message of obligations."""


def fill_sends(struck: Sequence[Struck], to: Address) -> tuple[list[Send], int]:
    """The fills for a plan partition, and the minor units in them."""
    fills = [fill for fund in struck for at, fill in fund.fills if at == to.partition]
    amount = sum(int(fill.buy_minor.sum() + fill.sell_minor.sum()) for fill in fills)
    return [Send(to, fill) for fill in fills], amount


def obligation_sends(
    state: FundState, struck: Sequence[Struck], session: date, to: Address, topology: Topology
) -> tuple[list[Send], int]:
    """The legs of a cash partition's parties, and the minor units in them."""
    sends: list[Send] = []
    amount = 0
    for fund in struck:
        rows = [row for row in fund.obligations if topology.home("cash", row.counterparty) == to]
        amount += sum(row.amount_minor for row in rows)
        sends.extend(
            Send(
                to,
                Obligation(
                    state.partition, session, fund.nav.currency,
                    tuple(rows[at : at + ROWS_PER_MESSAGE]),
                ),
            )
            for at in range(0, len(rows), ROWS_PER_MESSAGE)
        )  # fmt: skip
    return sends, amount

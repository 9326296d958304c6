"""What was taken back of requests, by session, plan and fund.

Not here: what waits (`queue`), withdrawals that were refused, which are order lines (`orders`).
Source: domain.md §2.3-§2.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from gateway.core.requests import RequestsWithdrawn
from gateway.desks.plan_state import PlanState
from gateway.ops.reading.orders import Asked, token_of


@dataclass(frozen=True, slots=True)
class WithdrawnRow:
    """What one plan's participants took back of their requests in a session, minor units.

    Attributes:
        lines: Of how many order lines.
        noted_minor: What of it had to wait for the fund's answer; below 0: what was answered.
    """

    session: date
    plan_id: str
    fund_id: str
    lines: int
    withdrawn_minor: int
    noted_minor: int
    currency: str


@dataclass(slots=True)
class Withdrawals:
    """What was taken back in one plan partition while its journal is folded."""

    rows_of: dict[tuple[date, str, str, int], list[tuple[str, int, int, int]]] = field(
        default_factory=dict
    )

    def follow(self, event: RequestsWithdrawn) -> None:
        """Take an event in."""
        rows = zip(event.plan.tolist(), event.fund.tolist(), event.participant.tolist(),
                   event.batch.tolist(), event.line.tolist(), event.withdrawn_minor.tolist(),
                   event.noted_minor.tolist(), strict=True)  # fmt: skip
        for plan, fund, who, batch, line, minor, noted in rows:
            key = (event.session, event.names[plan], event.names[fund], who)
            self.rows_of.setdefault(key, []).append((event.names[batch], line, minor, noted))

    def rows(self, state: PlanState, asked: Asked) -> Iterator[WithdrawnRow]:
        """What was asked for, all participants of a plan together."""
        day = asked.as_of if asked.session is None else asked.session
        who = None if asked.participant is None else token_of(asked.participant)
        sums: dict[tuple[date, str, str], list[tuple[str, int, int, int]]] = {}
        for (session, plan, fund, participant), taken in self.rows_of.items():
            wanted = (
                day in (None, session)
                and asked.plan in (None, plan)
                and asked.fund in (None, fund)
                and who in (None, participant)
                and asked.sender in (None, state.book.plans[plan].recordkeeper)
            )
            if wanted:
                sums.setdefault((session, plan, fund), []).extend(taken)
        for (session, plan, fund), taken in sums.items():
            yield WithdrawnRow(
                session, plan, fund, len({(batch, line) for batch, line, _, _ in taken}),
                sum(minor for _, _, minor, _ in taken), sum(noted for *_, noted in taken),
                state.book.funds[fund].currency,
            )  # fmt: skip

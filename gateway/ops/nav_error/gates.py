"""What went through a fund's gate, as trades of the session whose NAV it got.

Not here: fills of other orders (`trades`), what an error is (`figures`).
Source: domain.md §1.4, §3.4. Law: L1.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from gateway.core.requests import RequestsFilled
from gateway.desks.plan_nav_errors import met_parts
from gateway.desks.plan_state import PlanState
from gateway.ops.nav_error.figures import Side, Traded
from gateway.ops.reading.orders import token

Accounts = dict[int, list[int]]
"""By token: minor units paid, units, minor units kept."""


@dataclass(slots=True)
class Gates:
    """What a plan partition's requests of one fund were met with.

    Attributes:
        met: By session of the NAV, dealing day, NAV and plan: all events of a day together.
    """

    met: dict[tuple[date, date, int, str], Accounts] = field(default_factory=dict)

    def follow(self, state: PlanState, event: RequestsFilled, sessions: Collection[date]) -> None:
        """Take in what became of requests, before the event is folded."""
        plans = list(state.plan_slots)
        for part in met_parts(state, event):
            if part.nav_of not in sessions:
                continue
            columns = np.stack((part.paid_minor, part.sold, part.kept_minor), 1).tolist()
            whose = state.accounts.plans_of(part.account).tolist()
            who = state.accounts.token[part.account].tolist()
            for plan, each, row in zip(whose, who, columns, strict=True):
                key = (part.nav_of, event.session, part.nav, plans[plan])
                sums = self.met.setdefault(key, {}).setdefault(each, [0, 0, 0])
                sums[:] = [had + more for had, more in zip(sums, row, strict=True)]

    def traded(self, state: PlanState) -> Iterator[tuple[date, Traded]]:
        """The redemptions by session of their NAV, accounts in the order of their tokens."""
        for (nav_of, met_on, _, plan_id), accounts in sorted(self.met.items()):
            rows = [(who, *accounts[who]) for who in sorted(accounts)]
            yield (
                nav_of,
                Traded(
                    plan_id, state.book.plans[plan_id].recordkeeper, Side.REDEMPTION, met_on,
                    tuple(token(row[0]) for row in rows), tuple(row[1] for row in rows),
                    tuple(row[2] for row in rows), sum(row[3] for row in rows),
                ),
            )  # fmt: skip

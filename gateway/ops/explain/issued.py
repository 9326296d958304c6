"""Reading the cash journals for one instruction: its legs, its state and what followed it.

Not here: what is behind the legs (`money`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from gateway.core.events import InstructionAdvanced, LegReopened
from gateway.core.nav_correction import NAV_ERROR, NAV_ERROR_FUND_SIDE
from gateway.core.netting import InstructionState
from gateway.core.settlement import (
    CORRECTION,
    REOPENED,
    Obligation,
    ObligationRow,
    SettlementInstruction,
)
from gateway.ops.explain.walk import Walk, unknown

AGAIN = (REOPENED, CORRECTION)
NAV_ERRORS = (NAV_ERROR, NAV_ERROR_FUND_SIDE)


@dataclass(frozen=True, slots=True)
class Leg:
    """An obligation, the session it was sent for, and the message of the cash inbox it came in."""

    row: ObligationRow
    session: date
    arrived: int


@dataclass(slots=True)
class Issued:
    """An instruction with its legs, the state it is in and why."""

    partition: int
    instruction: SettlementInstruction
    legs: list[Leg]
    state: InstructionState = InstructionState.ISSUED
    settled_minor: int = 0
    why: str = ""
    reopened: list[ObligationRow] = field(default_factory=list)
    followed_by: str = ""

    @property
    def own_legs(self) -> list[Leg]:
        """The legs that came from a strike, not from another instruction."""
        others = (*AGAIN, *NAV_ERRORS)
        return [leg for leg in self.legs if leg.row.reason not in others]

    @property
    def nav_errors(self) -> list[Leg]:
        """The legs by which a wrong NAV is put right."""
        return [leg for leg in self.legs if leg.row.reason in NAV_ERRORS]

    @property
    def owed_again(self) -> list[Leg]:
        """The legs that another instruction did not settle."""
        return [leg for leg in self.legs if leg.row.reason in AGAIN]


Key = tuple[str, str, date]


@dataclass(slots=True)
class _Reader:
    """One cash journal, followed for one instruction."""

    partition: int
    wanted: str
    known: list[str] = field(default_factory=list)
    found: Issued | None = None
    waiting: dict[Key, list[Leg]] = field(default_factory=dict)

    def follow(self, event: object, offset: int) -> None:
        match event:
            case Obligation():
                for row in event.rows:
                    self._wait(event.currency, row, event.session, offset)
            case LegReopened():
                self._wait(event.currency, event.row, event.row.trade_date, offset)
                if event.instruction_id == self.wanted and self.found is not None:
                    self.found.reopened.append(event.row)
            case SettlementInstruction():
                self._issue(event)
            case InstructionAdvanced() if event.instruction_id == self.wanted:
                assert self.found is not None, "an instruction advanced before it was issued"
                self.found.state, self.found.settled_minor = event.state, event.settled_minor
                self.found.why = f"{event.source}: {event.detail}" if event.detail else ""

    def _wait(self, currency: str, row: ObligationRow, session: date, offset: int) -> None:
        key = (row.counterparty, currency, row.settlement_date)
        self.waiting.setdefault(key, []).append(Leg(row, session, offset))

    def _issue(self, event: SettlementInstruction) -> None:
        self.known.append(event.instruction_id)
        before = event.replaces or event.corrects
        key = (event.counterparty, event.currency, event.settlement_date)
        legs = [] if before else self.waiting.pop(key)
        if event.instruction_id == self.wanted:
            self.found = Issued(self.partition, event, legs)
        if before == self.wanted and self.found is not None:
            self.found.followed_by = event.instruction_id


async def find(walk: Walk, instruction_id: str) -> Issued:
    """An instruction with its legs, from the journals.

    Raises:
        ConfigError: There is no such instruction.
    """
    known: list[str] = []
    for partition in range(walk.gateway.topology.cash):
        reader = _Reader(partition, instruction_id)
        async for decided in walk.decisions("cash", partition):
            for event in decided.events:
                reader.follow(event, decided.offset)
        if reader.found is not None:
            return reader.found
        known.extend(reader.known)
    raise unknown("instruction", instruction_id, known, "gateway show instructions")

"""Law L1 of withdrawals: a request shrinks by what was taken back of it, and by nothing else.

Each withdrawal that was accepted names a line. What is taken back of requests is laid against it:
the same line, participant and fund, the whole amount once, at once or of what a fund's answer
left; and only where the fund's terms allow it.

Not here: what became of requests otherwise (`conservation_requests`).
Law: L1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from gateway.core.conservation_strikes import say
from gateway.core.events import OrdersDecided
from gateway.core.laws import Reference, Violation
from gateway.core.requests import RequestsWithdrawn
from gateway.core.vocabulary import EventKind
from gateway.core.withdrawals import Withdrawal

EPOCH = date(1970, 1, 1)
Came = tuple[date | None, str, int]
"""Session a batch was booked under, its name, and a line of it."""


@dataclass(slots=True)
class RequestLine:
    """A request as its line was decided.

    Attributes:
        left: What of it waits, minor units.
        asked: Its trade date.
        came: The line.
        noted: What was taken back of it while its fund was to answer, minor units.
    """

    plan: str
    participant: int
    fund: str
    buys: str
    left: int
    asked: date = EPOCH
    came: Came = (None, "", 0)
    noted: int = 0


@dataclass(slots=True)
class _Claim:
    """A withdrawal that was accepted: what it goes back to, and what it has still to take."""

    about: tuple[Came, str, int, str]
    left: int


@dataclass(slots=True)
class Claims:
    """Withdrawals that have still to be taken of requests.

    Attributes:
        open: Those of the lines decided last, by batch and line.
        answered: Requests answered while a withdrawal was noted of them.
    """

    open: dict[tuple[str, int], _Claim] = field(default_factory=dict)
    answered: set[int] = field(default_factory=set)

    def accept(self, where: str, event: OrdersDecided, reference: Reference) -> list[Violation]:
        """Take lines in; whatever was decided before them has been taken by now."""
        found = list(self.closed(where))
        self.open, self.answered = {}, set()
        if event.reason is not EventKind.WITHDRAWAL or event.links is None:
            return found
        links = event.links
        for at in (event.code == 0).nonzero()[0].tolist():
            original = links.originals[links.original[at]]
            came = (original.session, original.batch_id, int(links.line[at]))
            fund = event.funds[event.sell_fund[at]]
            about = (came, event.plans[event.plan[at]], int(event.participant[at]), fund)
            number = (event.batch_id, int(event.line[at]))
            self.open[number] = _Claim(about, int(event.accepted_minor[at]))
            here = f"{where} batch {event.batch_id} line {event.line[at]}"
            terms = reference.book.funds.get(fund)
            gate = None if terms is None else terms.gate
            may = gate is not None and gate.withdrawal is not Withdrawal.NONE
            found.extend(say(here, "the fund lets requests be withdrawn", True, may))
            whole = 0 < event.accepted_minor[at] <= event.amount_minor[at]
            found.extend(say(here, "more than nothing, no more than asked", True, bool(whole)))
        return found

    def closed(self, where: str) -> Iterator[Violation]:
        """What was accepted and has not been taken of any request."""
        for (batch, line), claim in self.open.items():
            here = f"{where} batch {batch} line {line}"
            yield from say(here, "accepted and not withdrawn", 0, claim.left)
        for number in sorted(self.answered):
            yield Violation("L1", f"{where} request {number}", "answered, and not withdrawn then")

    def take(
        self, where: str, event: RequestsWithdrawn, lines: Sequence[RequestLine]
    ) -> Iterator[Violation]:
        """Lay what is taken back against what was accepted, and against what waits."""
        rows = zip(event.request.tolist(), event.plan.tolist(), event.fund.tolist(),
                   event.batch.tolist(), event.line.tolist(), event.participant.tolist(),
                   event.withdrawn_minor.tolist(), event.noted_minor.tolist(),
                   event.left_minor.tolist(), event.by_batch.tolist(), event.by_line.tolist(),
                   strict=True)  # fmt: skip
        for number, plan, fund, batch, at, who, minor, noted, left, by, by_line in rows:
            here = f"{where} request {number} withdrawn {event.session}"
            line = lines[number] if number < len(lines) else RequestLine("", 0, "", "", 0)
            told = (event.names[batch], at, event.names[plan], who, event.names[fund])
            known = (*line.came[1:], line.plan, line.participant, line.fund)
            yield from say(here, "line", known, told)
            if by >= 0:
                claim = self.open.get((event.names[by], by_line))
                about = None if claim is None else claim.about
                wanted = (line.came, line.plan, line.participant, line.fund)
                yield from say(here, "what the withdrawal goes back to", wanted, about)
                if claim is not None:
                    claim.left -= minor + noted
            else:
                self.answered.discard(number)
                yield from say(here, "noted before", line.noted, -noted)
                yield from say(here, "taken of what was noted", min(line.noted, line.left), minor)
            line.left -= minor
            line.noted += noted
            yield from say(here, "what waits", line.left, left)
            sound = min(minor, line.noted, line.left - line.noted) >= 0
            yield from say(here, "nothing below zero, no more noted than waits", True, sound)

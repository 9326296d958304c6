"""What desks tell people beside the figures: operations, and whoever said something wrong.

Not here: what intake answers a message with (`intake_answers`), statuses of order lines.
"""

from __future__ import annotations

from datetime import date

from gateway.core.orders import BatchStatus
from gateway.core.vocabulary import OPERATIONS, RejectCode
from gateway.desks.desk import Address, Send


def tell(
    name: str, session: date, verdict: str, detail: str, *codes: RejectCode, to: str = OPERATIONS
) -> Send:
    """Tell somebody what became of something.

    Args:
        name: What it is called: a message, a decision, an instruction, a limit.
        session: The session it concerns.
        verdict: What became of it, a word of docs/errors.md.
        detail: In words; names no participant.
        codes: The reasons, if it was refused.
        to: Who is told.
    """
    return Send(
        Address("out", name=to),
        BatchStatus(to, name, session, "", verdict, codes, detail, 0, 0),
    )

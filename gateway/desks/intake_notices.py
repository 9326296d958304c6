"""How intake takes a manager's answer to a request for money, or a gate of its vehicle.

Not here: whether a fund asked for it (`strike_redemptions`), capital notices (`intake`).
"""

from __future__ import annotations

from dataclasses import replace

from gateway.core.money import fits_int64
from gateway.core.redemption_events import LiquidityKind, LiquidityNotice
from gateway.core.vocabulary import RejectCode
from gateway.desks.desk import Decision, Send, Topology
from gateway.desks.intake_answers import accept, refuse
from gateway.desks.intake_state import IntakeState, Received

LARGEST_PAYMENT_MINOR = 10**15
"""Ten trillion dollars: what no single holding is worth."""


def take_liquidity_notice(
    topology: Topology, state: IntakeState, message: Received, notice: LiquidityNotice
) -> Decision:
    """Pass a notice on to its fund, or say why not."""
    name = (notice.notice_date, notice.batch_id)
    figures = [notice.paid_minor, notice.deducted_minor, notice.queued_minor]
    if not all(0 <= figure <= LARGEST_PAYMENT_MINOR for figure in figures):
        low = min(figures) < 0
        code = RejectCode.NEGATIVE_AMOUNT if low else RejectCode.AMOUNT_RANGE
        detail = f"payments are from 0 to {LARGEST_PAYMENT_MINOR} minor units"
        return refuse(message, name, (code,), detail)
    fault = _fault(notice)
    if fault:
        return refuse(message, name, (RejectCode.NOTICE,), fault)
    stamped = replace(notice, recorded_at=message.recorded_at)
    return accept(state, message, name, [Send(topology.home("fund", notice.fund_id), stamped)], 1)


def _fault(notice: LiquidityNotice) -> str:
    """What cannot be, whatever the fund asked."""
    capped = notice.kind is LiquidityKind.CAP
    if capped != (notice.cap is not None):
        return "a cap states a share, and nothing else does"
    cap = notice.cap
    # A share with more digits than a message has room for would stop us when it is passed on.
    if cap is not None and not (0 <= cap.num <= cap.den and fits_int64(cap.den)):
        return "a cap is a share from 0% to 100%, with at most 18 digits"
    if notice.last is not None and notice.last < notice.first:
        return f"it ends on {notice.last}, before it begins on {notice.first}"
    return ""

"""What managers and operations are told of vehicles: requests, refusals, gates, calls in danger.

Not here: what is asked (`strike_redemptions`), which calls are in danger (`strike_alarms`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gateway.core.marks import NavStruck
from gateway.core.redemption_events import (
    CallAlarmed,
    GateNoted,
    LiquidityKind,
    LiquidityNoticeRefused,
    RedemptionRequest,
)
from gateway.desks.desk import Address, Send
from gateway.desks.fund_state import FundState
from gateway.desks.strike_redemptions import Redemptions
from gateway.desks.telling import tell


def redemption_sends(state: FundState, back: Redemptions, nav: NavStruck) -> list[Send]:
    """What managers are asked, what they are told of their notices, and gates for operations."""
    sends = [unusable(refused, nav.session) for refused in back.refused]
    sends += [_gate(gate, nav.session) for gate in back.gates]
    for each in back.asked:
        party = state.book.parties[each.manager]
        request = RedemptionRequest(
            each.request_id, each.fund_id, each.vehicle_id, each.manager, each.session,
            nav.currency, each.amount_minor,
        )  # fmt: skip
        sends.append(Send(Address("out", name=party.receiver), request))
    return sends


def unusable(refused: LiquidityNoticeRefused, session: date) -> Send:
    """What the sender of an answer or a gate is told that no fund can use."""
    return tell(
        refused.batch_id, session, "REJECTED", refused.detail, *refused.codes, to=refused.sender
    )


def _gate(gate: GateNoted, session: date) -> Send:
    until = "until further notice" if gate.last is None else f"to {gate.last}"
    what = (
        f"caps redemptions at {gate.cap}"
        if gate.kind is LiquidityKind.CAP
        else "suspends redemptions: nothing is asked of it"
    )
    detail = f"{gate.vehicle_id} {what} from {gate.first} {until}"
    return tell(f"{gate.fund_id}/{gate.vehicle_id}", session, "GATED", detail)


def alarm_sends(alarms: Sequence[CallAlarmed]) -> list[Send]:
    """The calls in danger, for operations; amounts are in the fund's currency."""
    return [
        tell(
            f"{each.fund_id}/{each.batch_id}", each.session, "CALL_ALARM",
            f"call {each.batch_id} of {each.vehicle_id} over {each.call_minor} minor units is due "
            f"{each.due_date}; liquid {each.liquid_minor}, lacking {each.lacking_minor}",
        )
        for each in alarms
    ]  # fmt: skip

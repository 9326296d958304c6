"""What is said and decided about money that a fund asks back from its managers' vehicles.

A fund asks by its terms (`FundTerms.band`, `FundTerms.buffer`), never because a limit was passed
by the market. The manager answers with what it pays, what it takes off for an early repurchase,
and what of the request waits; the rest lapses and may be asked for again. Requests and answers
add up: asked = paid + deducted + waiting + lapsed.

Not here: how much is asked (`redemption_needs`), gates of the plans' own sales.
Source: domain.md §2.3-§2.5. Laws: L1, L4.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from gateway.core.liquidity import Suspension
from gateway.core.money import Ratio
from gateway.core.redemption_needs import AskReason
from gateway.core.vocabulary import RejectCode


class LiquidityKind(StrEnum):
    """What a manager says about the liquidity of a vehicle."""

    PAYMENT = "PAYMENT"
    CAP = "CAP"
    SUSPENSION = "SUSPENSION"


@dataclass(frozen=True, slots=True)
class LiquidityNotice:
    """A manager's answer to a request, or a gate of its vehicle."""

    sender: Annotated[str, "manager that states it"]
    batch_id: Annotated[str, "the manager's own name of the notice"]
    vehicle_id: Annotated[str, "vehicle"]
    fund_id: Annotated[str, "fund that holds it"]
    kind: Annotated[LiquidityKind, "payment, cap or suspension"]
    notice_date: Annotated[date, "day of the notice"]
    currency: Annotated[str, "ISO 4217 code"]
    request_id: Annotated[str, "of a payment: the request it answers; else empty"]
    paid_minor: Annotated[int, "of a payment: what is paid, minor units"]
    deducted_minor: Annotated[int, "of a payment: what stays with the vehicle, minor units"]
    queued_minor: Annotated[int, "of a payment: what of the request waits, minor units"]
    cap: Annotated[Ratio | None, "of a cap: share that the vehicle lets out"]
    first: Annotated[date, "day of the payment; first day of a cap or suspension"]
    last: Annotated[date | None, "last day of a cap or suspension; None until another replaces it"]
    recorded_at: Annotated[int, "UTC microseconds: broker stamp"]


@dataclass(frozen=True, slots=True)
class RedemptionRequest:
    """What a manager is asked for: money back from its vehicle."""

    request_id: Annotated[str, "name of the request, for the answer"]
    fund_id: Annotated[str, "fund that asks"]
    vehicle_id: Annotated[str, "vehicle"]
    manager: Annotated[str, "manager that is asked"]
    session: Annotated[date, "session at whose close it was asked"]
    currency: Annotated[str, "ISO 4217 code"]
    amount_minor: Annotated[int, "minor units asked"]


@dataclass(frozen=True, slots=True)
class RedemptionRequested:
    """A fund asks money back, and from which figures that follows."""

    fund_id: Annotated[str, "fund"]
    vehicle_id: Annotated[str, "vehicle"]
    session: Annotated[date, "session"]
    request_id: Annotated[str, "name of the request"]
    manager: Annotated[str, "manager that is asked"]
    reason: Annotated[AskReason, "band of the alternatives, or liquid buffer"]
    amount_minor: Annotated[int, "minor units asked"]
    holding_minor: Annotated[int, "the holding after the session, minor units"]
    liquid_minor: Annotated[int, "liquid sleeve after the session, minor units"]
    alternative_minor: Annotated[int, "all private holdings after the session, minor units"]
    net_assets_minor: Annotated[int, "net assets after the session's orders, minor units"]
    open_minor: Annotated[int, "asked before and not paid yet, of all vehicles, minor units"]


@dataclass(frozen=True, slots=True)
class RedemptionAnswered:
    """A manager's answer is in order; what it pays is booked when its money must move."""

    fund_id: Annotated[str, "fund"]
    vehicle_id: Annotated[str, "vehicle"]
    request_id: Annotated[str, "request it answers"]
    batch_id: Annotated[str, "the manager's own name of the notice"]
    sender: Annotated[str, "manager"]
    notice_date: Annotated[date, "day of the notice"]
    payment_date: Annotated[date, "day the money moves"]
    paid_minor: Annotated[int, "what is paid, minor units"]
    deducted_minor: Annotated[int, "what stays with the vehicle, minor units"]
    queued_minor: Annotated[int, "what of the request waits, minor units"]
    lapsed_minor: Annotated[int, "what of it lapses and may be asked for again, minor units"]

    @property
    def gross_minor(self) -> int:
        """What leaves the holding, minor units."""
        return self.paid_minor + self.deducted_minor


@dataclass(frozen=True, slots=True)
class RedemptionPaid:
    """A vehicle's payment was booked: at the end of the session, after its NAV."""

    fund_id: Annotated[str, "fund"]
    vehicle_id: Annotated[str, "vehicle"]
    session: Annotated[date, "session"]
    request_id: Annotated[str, "request it pays"]
    batch_id: Annotated[str, "the manager's own name of the notice"]
    paid_minor: Annotated[int, "paid into the liquid sleeve, minor units"]
    deducted_minor: Annotated[int, "lost to the vehicle, minor units"]
    settlement_date: Annotated[date, "day the money moves"]

    @property
    def gross_minor(self) -> int:
        """What leaves the holding, minor units."""
        return self.paid_minor + self.deducted_minor


@dataclass(frozen=True, slots=True)
class GateNoted:
    """A vehicle's manager caps or suspends redemptions; the newest of a kind holds."""

    fund_id: Annotated[str, "fund"]
    vehicle_id: Annotated[str, "vehicle"]
    batch_id: Annotated[str, "the manager's own name of the notice"]
    sender: Annotated[str, "manager"]
    notice_date: Annotated[date, "day of the notice"]
    kind: Annotated[LiquidityKind, "cap or suspension"]
    cap: Annotated[Ratio | None, "of a cap: share that the vehicle lets out"]
    first: Annotated[date, "first day"]
    last: Annotated[date | None, "last day; None until another replaces it"]

    @property
    def suspension(self) -> Suspension:
        """The days it holds."""
        return Suspension(self.first, self.last)


@dataclass(frozen=True, slots=True)
class LiquidityNoticeRefused:
    """An answer or gate that the fund cannot use; the manager is told."""

    fund_id: Annotated[str, "fund"]
    sender: Annotated[str, "manager"]
    batch_id: Annotated[str, "the manager's own name of the notice"]
    notice_date: Annotated[date, "day of the notice"]
    codes: Annotated[tuple[RejectCode, ...], "every reason, in the order of RejectCode"]
    detail: Annotated[str, "what is wrong with it"]


@dataclass(frozen=True, slots=True)
class CallAlarmed:
    """A call is due soon and the liquid sleeve will not have it; operations is told once."""

    fund_id: Annotated[str, "fund"]
    vehicle_id: Annotated[str, "vehicle"]
    batch_id: Annotated[str, "the manager's own name of the call"]
    session: Annotated[date, "session after which it was seen"]
    due_date: Annotated[date, "day the money must be there"]
    call_minor: Annotated[int, "the call, minor units"]
    liquid_minor: Annotated[int, "liquid sleeve after the session, minor units"]
    lacking_minor: Annotated[int, "what lacks of it after calls due before it, minor units"]

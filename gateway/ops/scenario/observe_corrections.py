"""What came of a wrong NAV, in the words of `then` rows.

Not here: other events (`observe`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from gateway.core.nav_correction import CorrectionFill, NavCorrection, NavErrorBooked
from gateway.ops.scenario.stage import Stage
from gateway.ops.scenario.words import Observed


def corrections(
    event: NavCorrection | CorrectionFill | NavErrorBooked,
    stage: Stage,
    names: Mapping[int, str],
) -> Iterator[Observed]:
    """The correct NAV, what accounts differ by, and what the fund booked."""
    match event:
        case NavCorrection():
            yield Observed("corrected_nav", {
                "fund": event.fund_id, "nav": _figure(event.nav, event.nav_scale),
                "published": _figure(event.published, event.nav_scale),
                "session": event.session, "is": event.kind.value, "booked": event.effective,
            })  # fmt: skip
        case CorrectionFill():
            yield from _accounts(event, names)
        case NavErrorBooked():
            scale = stage.world.fund_terms(event.fund_id).unit_scale
            yield Observed("nav_error_booked", {
                "fund": event.fund_id, "units": _figure(event.units_change, scale),
                "payer": event.payer, "paid_in": event.paid_in_minor,
                "paid_out": event.paid_out_minor, "kept": event.kept_minor,
                "outstanding": _figure(event.units, scale), "liquid": event.liquid_minor,
                "session": event.session, "booked": event.booked,
            })  # fmt: skip


def _accounts(event: CorrectionFill, names: Mapping[int, str]) -> Iterator[Observed]:
    rows = zip(event.plan.tolist(), event.participant.tolist(), event.units_due.tolist(),
               event.minor_due.tolist(), event.units.tolist(), event.paid_minor.tolist(),
               strict=True)  # fmt: skip
    for plan, who, units_due, minor_due, units, paid in rows:
        yield Observed("correction", {
            "participant": names.get(who, "?"), "fund": event.fund_id,
            "units_due": _figure(units_due, event.unit_scale), "money_due": minor_due,
            "units": _figure(units, event.unit_scale), "paid": paid, "session": event.session,
            "plan": event.plans[plan],
        })  # fmt: skip


def _figure(value: int, scale: int) -> Decimal:
    return Decimal(value).scaleb(-scale)

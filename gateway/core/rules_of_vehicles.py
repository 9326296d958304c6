"""The rules of private vehicles: what they let out, what they call, and where cash comes from.

Not here: the rules of an order's way (`rules_of_orders`), those of a fund (`rules_of_funds`).
"""

from __future__ import annotations

from gateway.core import (
    calls,
    capital_returns,
    cash_needs,
    equalization,
    gates,
    liquidity,
    netted_notices,
    redemption_needs,
    redemption_queue,
    repurchases,
    withdrawals,
)
from gateway.core.rule import Area, Rule

_GATE = ("FundTerms.gate",)
_GATES = (
    "gated_exchange_in_the_fund", "gate_four_disciplines", "gate_offers_and_young_units",
    "gate_suspended_and_held",
)  # fmt: skip
_CAP = (
    "GateCap.cap", "GateCap.basis", "GateCap.period", "GateCap.net_of_subscriptions",
)  # fmt: skip
_DATES = ("GateCap.first", "GateCap.last")
_SUSPENSION = ("Suspension.first", "Suspension.last")
_BUFFER = ("BufferTerms.low", "BufferTerms.target", "BufferTerms.high")
_BAND_STORY = ("fund_back_into_its_band",)
_GATED = ("redemption_from_a_gated_vehicle",)
_ALARM = ("call_alarm_before_the_due_date",)
_LATE = ("late_close_in_the_fund",)

LIQUIDITY = (
    Rule(
        "caps in force", liquidity.caps_in_force, Area.LIQUIDITY,
        "of each name the version that began last and has not ended", switch=_GATE, terms=_DATES,
    ),
    Rule(
        "period of a cap", liquidity.is_same_period, Area.LIQUIDITY,
        "the same dealing day, calendar month or calendar quarter", switch=_GATE,
        terms=("GateCap.period",),
    ),
    Rule(
        "room under a cap", liquidity.cap_room, Area.LIQUIDITY,
        "⌊cap × basis⌋ - paid in the period (+ subscribed), at least 0", switch=_GATE,
        terms=_CAP, stories=_GATES,
    ),
    Rule(
        "room of a gate", liquidity.gate_room, Area.LIQUIDITY,
        "the least room its caps leave; 0 while suspended", terms=(*_CAP, *_DATES, *_SUSPENSION),
        twin="gateway.core.gates.gate_opens",
    ),
    Rule(
        "suspension", liquidity.is_suspended, Area.LIQUIDITY,
        "first day ≤ day ≤ last day", switch=("Suspension.first",), terms=("Suspension.last",),
        stories=("gate_suspended_and_held", *_GATED),
    ),
    Rule(
        "proration factor", liquidity.proration_factor, Area.LIQUIDITY,
        "room ÷ asked, exact, at most 1",
        twin="gateway.core.gates.meet",
    ),
    Rule(
        "part of an amount that is met", liquidity.filled_amount, Area.LIQUIDITY,
        "asked × factor, half-up to the cent",
        twin="gateway.core.gates.meet",
    ),
    Rule(
        "part of units that is met", liquidity.filled_units, Area.LIQUIDITY,
        "⌊asked × factor⌋",
        twin="gateway.core.gates.meet",
    ),
    Rule(
        "four disciplines of a gate", redemption_queue.apply_gate, Area.LIQUIDITY,
        "RESUBMIT and CARRY: room × ask ÷ Σ asks; FIFO: by age; RATABLE: by units held; "
        "paid + queued + lapsed = asked", switch=_GATE, terms=("GateTerms.policy",),
        stories=_GATES,
    ),
    Rule(
        "faults of a gate", gates.gate_faults, Area.LIQUIDITY,
        "one version a cap and day, shares from 0 to 1, dates in order, offers on OFFERS alone",
        switch=_GATE, terms=("GateTerms.caps", "GateTerms.offers", "GateTerms.suspensions"),
        stories=("gate_suspended_and_held",),
    ),
    Rule(
        "dealing day", gates.is_dealing_day, Area.LIQUIDITY,
        "every session, the last one of a month or quarter, or the pricing date of an offer",
        switch=_GATE, terms=("GateTerms.dealing",), stories=_GATES,
    ),
    Rule(
        "offer priced today", gates.offer_on, Area.REPURCHASES, "pricing date = session",
        switch=_GATE, terms=("GateTerms.offers",), stories=("gate_offers_and_young_units",),
    ),
    Rule(
        "requests in time for a dealing day", gates.last_request_day, Area.LIQUIDITY,
        "trade date ≤ an offer's request deadline, and ≤ dealing day - notice; others wait",
        switch=_GATE, terms=("GateTerms.offers", "GateTerms.notice_days"),
        stories=("gate_offers_and_young_units", "notice_before_a_dealing_day"),
    ),
    Rule(
        "what a fund lets out", gates.gate_opens, Area.LIQUIDITY,
        "the least of caps, offer and liquid sleeve after purchases; 0 while suspended",
        switch=_GATE, terms=("GateTerms.caps", "GateTerms.offers", "GateTerms.suspensions"),
        stories=_GATES,
    ),
    Rule(
        "requests met", gates.meet, Area.LIQUIDITY,
        "met by discipline; units = met ÷ NAV; kept = offer's fee and deduction from young units",
        switch=_GATE, terms=("GateTerms.policy", "GateTerms.pricing", "GateTerms.early_deduction"),
        stories=_GATES,
    ),
    Rule(
        "what caps count", gates.remembered, Area.LIQUIDITY,
        "sessions of the calendar quarter", switch=_GATE, stories=_GATES,
    ),
    Rule(
        "oldest units leave first", gates.after_leaving, Area.REPURCHASES,
        "units in no lot, then lots by age", switch=("GateTerms.early_deduction",),
        stories=("gate_offers_and_young_units",),
    ),
    Rule(
        "lots that are still young", gates.still_young, Area.REPURCHASES,
        "next closing < bought + 1 year", switch=("GateTerms.early_deduction",),
        stories=("gate_offers_and_young_units",),
    ),
    Rule(
        "gated exchange", redemption_queue.gated_exchange, Area.LIQUIDITY,
        "bought = sold = what was released",
        twin="gateway.desks.plan_request_sends.told_of_requests",
    ),
    Rule(
        "one NAV or a NAV per tranche", redemption_queue.price_tranches, Area.LIQUIDITY,
        "GAT1: all at the first NAV, rounded cumulatively; GATM: each at its own, half-up",
    ),
    Rule(
        "capital returned to holders", capital_returns.returned, Area.LIQUIDITY,
        "min(decided, liquid) × units ÷ Σ units of all holders; requests lapse",
        stories=("queue_ended_as_return_of_capital",),
    ),
    Rule(
        "queue ended as a return of capital", redemption_queue.convert_queue, Area.LIQUIDITY,
        "amount × units ÷ Σ units of all holders, largest remainder; requests lapse",
    ),
    Rule(
        "cash waterfall", cash_needs.draw, Area.LIQUIDITY,
        "inflow, cash, liquid sleeve, credit line, each to what it has; the rest is asked for",
    ),
    Rule(
        "cash buffer in its band", cash_needs.buffer_move, Area.LIQUIDITY,
        "below low or above high: target × net assets - cash; else 0",
        terms=("FundTerms.buffer", *_BUFFER), stories=_BAND_STORY,
    ),
    Rule(
        "purchase within the band", redemption_needs.to_buy, Area.LIQUIDITY,
        "⌊target × net assets⌋ - alternatives, at most what is liquid above the buffer's low end; "
        "0 from the low end of the band on",
        terms=("FundTerms.target", "FundTerms.band", "BandTerms.low", *_BUFFER),
        stories=_BAND_STORY,
    ),
    Rule(
        "money asked back from vehicles", redemption_needs.to_ask_back, Area.LIQUIDITY,
        "above the band: alternatives - ⌊target × net assets⌋; below the buffer: ⌈its target × net "
        "assets⌉ - liquid; the larger, what is asked already counted as paid",
        switch=("FundTerms.band", "FundTerms.buffer"),
        terms=("BandTerms.high", "FundTerms.target", *_BUFFER), stories=(*_BAND_STORY, *_GATED),
    ),
    Rule(
        "vehicles asked in order", redemption_needs.ask_in_order, Area.LIQUIDITY,
        "each for min(need left, holding - asked of it)",
        switch=("FundTerms.band", "FundTerms.buffer"), terms=("FundTerms.sleeves",),
        stories=_BAND_STORY,
    ),
    Rule(
        "ten business days ahead", cash_needs.forecast, Area.LIQUIDITY,
        "there + Σ flows - Σ calls due, day by day; short on the first day below 0",
        stories=_ALARM,
    ),
)  # fmt: skip

REPURCHASES = (
    Rule(
        "size of an offer", repurchases.offer_room, Area.REPURCHASES,
        "⌊offer × outstanding⌋ + ⌊extra × outstanding⌋, extra at most 2 %", terms=("Offer.share",),
    ),
    Rule(
        "interval fund's 5 to 25 %", repurchases.is_interval_offer, Area.REPURCHASES,
        "5 % ≤ offer ≤ 25 %", terms=("Offer.share",),
    ),
    Rule(
        "tenders taken", repurchases.accept, Area.REPURCHASES,
        "⌊tendered × min(1, room ÷ Σ tendered)⌋; odd lots first where the terms say so",
        twin="gateway.core.gates.meet",
    ),
    Rule(
        "request deadlines", repurchases.deadlines, Area.REPURCHASES,
        "notice + 21 to notice + 42 calendar days", terms=("Offer.notice_date",),
    ),
    Rule(
        "latest pricing", repurchases.latest_pricing, Area.REPURCHASES,
        "deadline + 14 calendar days, or the next session", terms=("Offer.request_deadline",),
    ),
    Rule(
        "latest payment", repurchases.latest_payment, Area.REPURCHASES,
        "pricing + 7 calendar days, or the last settlement day before",
        terms=("Offer.pricing_date",),
    ),
    Rule(
        "faults of an interval fund's offer", repurchases.offer_faults, Area.REPURCHASES,
        "size, fee ≤ 2 %, notice, pricing, payment, liquid assets ≥ offer",
        terms=(
            "Offer.share", "Offer.fee", "Offer.notice_date", "Offer.request_deadline",
            "Offer.pricing_date", "Offer.payment_date",
        ),
        stories=("interval_offer_beyond_liquid",),
    ),
    Rule(
        "earliest expiry of a tender offer", repurchases.tender_open_until, Area.REPURCHASES,
        "the 20th business day, or the 10th after a change of price or amount",
        terms=("Offer.notice_date", "Offer.request_deadline"),
    ),
    Rule(
        "withdrawal of a tender", repurchases.may_withdraw, Area.REPURCHASES,
        "until it expires; again after 40 business days if not taken",
        switch=("GateTerms.withdrawal",), terms=("Offer.notice_date", "Offer.request_deadline"),
        stories=("tender_withdrawn",),
    ),
    Rule(
        "offer of a request", withdrawals.offer_of, Area.REPURCHASES,
        "the first still to be priced whose deadline the request met, or the last that was",
        switch=("GateTerms.withdrawal",), terms=("Offer.request_deadline", "Offer.pricing_date"),
        stories=("tender_withdrawn", "withdrawal_refused"),
    ),
    Rule(
        "withdrawal of a request", withdrawals.may_take_back, Area.REPURCHASES,
        "never, until the offer's deadline, as a tender is, or while it waits",
        switch=("GateTerms.withdrawal",),
        stories=(
            "request_withdrawn_before_the_dealing_day", "tender_withdrawn", "withdrawal_refused",
        ),
    ),
    Rule(
        "next monthly closing", repurchases.next_monthly_closing, Area.REPURCHASES,
        "the first day of the next month",
    ),
    Rule(
        "held a year", repurchases.is_held_a_year, Area.REPURCHASES,
        "subscription closing after the repurchase ≥ subscribed + 1 year",
    ),
    Rule(
        "early repurchase deduction", repurchases.early_repurchase, Area.REPURCHASES,
        "proceeds × 2 %, half-up, stays in the fund if held less than a year",
        twin="gateway.core.gates.meet",
    ),
    Rule(
        "largest deduction", repurchases.largest_deduction, Area.REPURCHASES,
        "proceeds × 2 %, half-up: a manager that takes off more is refused", stories=_BAND_STORY,
    ),
)  # fmt: skip

_DRAWDOWN = ("SleeveTerms.calls",)
_NOTICE = ("CommitmentTerms.notice_days", "CommitmentTerms.calendar")
_STORY = ("capital_call_in_the_fund",)

CAPITAL = (
    Rule(
        "unfunded commitment", calls.Commitment.unfunded_minor, Area.CAPITAL,
        "commitment - called inside + recallable", switch=_DRAWDOWN,
        terms=("CommitmentTerms.commitment_minor", "CommitmentTerms.called_inside_minor",
               "CommitmentTerms.recallable_minor"),
        stories=(*_STORY, "commitment_taken_over_in_mid_life"),
    ),
    Rule(
        "due date of a call", calls.due_date, Area.CAPITAL,
        "notice + n business days of the named calendar", switch=_DRAWDOWN, terms=_NOTICE,
        stories=_STORY,
    ),
    Rule(
        "faults of a call", calls.call_faults, Area.CAPITAL,
        "lines add up, none below 0, effects are 0 or -amount, inside ≤ unfunded, notice, a "
        "business day",
        switch=_DRAWDOWN, terms=_NOTICE, stories=_STORY,
    ),
    Rule(
        "faults of a distribution", calls.distribution_faults, Area.CAPITAL,
        "lines add up, none below 0, effects are 0 or +amount, unfunded ≤ commitment",
        switch=_DRAWDOWN, stories=_STORY,
    ),
    Rule(
        "totals after a call", calls.after_call, Area.CAPITAL,
        "called inside + lines inside; called outside + the others", switch=_DRAWDOWN,
    ),
    Rule(
        "totals after a distribution", calls.after_distribution, Area.CAPITAL,
        "recallable + lines recallable; kept + the others", switch=_DRAWDOWN,
    ),
    Rule(
        "call netted against a distribution", calls.net_wire, Area.CAPITAL,
        "call - distribution: one wire, two facts", switch=_DRAWDOWN,
        stories=("g24_capital_call", "call_netted_against_distribution"),
    ),
    Rule(
        "netted notices", netted_notices.netted_faults, Area.CAPITAL,
        "one call and one distribution of a vehicle and due date, each netted once; stated net = "
        "call - distribution", switch=_DRAWDOWN, stories=("call_netted_against_distribution",),
    ),
    Rule(
        "money a call needs", netted_notices.needed_minor, Area.CAPITAL,
        "all of it; where netted, call - distribution, 0 at least", switch=_DRAWDOWN,
        stories=("call_netted_against_distribution",),
    ),
    Rule(
        "call split over investors", calls.split_lines, Area.CAPITAL,
        "each line × commitment ÷ Σ commitments, largest remainder",
    ),
    Rule(
        "alarm of an unpaid call", calls.call_alarm, Area.CAPITAL,
        "3 business days before: due soon; on the day: due today; after it: default",
        switch=_DRAWDOWN, terms=("CommitmentTerms.calendar",), stories=_ALARM,
    ),
    Rule(
        "funding of a call", calls.fund_call, Area.CAPITAL,
        "cash, then the liquid sleeve, less what is set aside; what is lacking raises the alarm",
        switch=_DRAWDOWN, stories=_ALARM,
    ),
    Rule(
        "late closers pay with interest", equalization.equalize_late_close, Area.CAPITAL,
        "late ÷ all × called, and × 8 % × days ÷ 365 on it; refunded by commitment",
    ),
    Rule(
        "interest of a late close", equalization.interest_of, Area.CAPITAL,
        "Σ its lines: beside the commitment and no part of the holding", switch=_DRAWDOWN,
        stories=_LATE,
    ),
    Rule(
        "faults of a refund", equalization.equalization_faults, Area.CAPITAL,
        "as of a distribution; every line but interest is unfunded again", switch=_DRAWDOWN,
        stories=_LATE,
    ),
    Rule(
        "totals after a refund", equalization.after_equalization, Area.CAPITAL,
        "called inside - principal", switch=_DRAWDOWN, stories=_LATE,
    ),
)  # fmt: skip

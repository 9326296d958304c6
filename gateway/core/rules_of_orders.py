"""The rules of an order's way: when it counts, whether it fits, what is paid for it.

Not here: the rules of a fund (`rules_of_funds`), those of vehicles (`rules_of_vehicles`).
"""

from __future__ import annotations

from gateway.core import (
    accounts,
    breach_reports,
    cash_breaks,
    corrections,
    dilution,
    eligibility,
    identifiers,
    limits,
    line_eligibility,
    line_limits,
    money,
    netting,
    settling_days,
    wire_parts,
)
from gateway.core.rule import Area, Rule
from gateway.core.sessions import Calendar, local_at

_CLOSES = (
    "CalendarTerms.exchange_closed", "CalendarTerms.early_closes", "CalendarTerms.close_minutes",
    "CalendarTerms.zone",
)  # fmt: skip
_MONEY_DAYS = ("CalendarTerms.exchange_closed", "CalendarTerms.bank_closed")

CALENDARS = (
    Rule(
        "trade date", Calendar.trade_date, Area.CALENDARS,
        "the first session whose close is after the receipt; at the very close, the next",
        terms=_CLOSES, stories=("exchange_closes_in_mid_day",),
    ),
    Rule(
        "trade dates of a batch", Calendar.trade_dates, Area.CALENDARS,
        "the trade date of each line", terms=_CLOSES,
    ),
    Rule(
        "cut-off", Calendar.cutoff_at, Area.CALENDARS,
        "the close on the clock of the wall, in UTC; earlier on half days", terms=_CLOSES,
    ),
    Rule(
        "local time", local_at, Area.CALENDARS,
        "the wall clock's minute in UTC; the earlier of two, the later side of a gap",
        terms=("CalendarTerms.zone",),
    ),
    Rule(
        "session", Calendar.is_session, Area.CALENDARS,
        "Monday to Friday, unless the exchange is shut", terms=("CalendarTerms.exchange_closed",),
    ),
    Rule(
        "bank day", Calendar.is_bank_day, Area.CALENDARS,
        "Monday to Friday, unless banks are shut", terms=("CalendarTerms.bank_closed",),
    ),
    Rule(
        "settlement day", Calendar.is_settlement_day, Area.CALENDARS,
        "session and bank day", terms=_MONEY_DAYS,
    ),
    Rule(
        "settlement date", Calendar.settlement_date, Area.CALENDARS,
        "trade date + n settlement days", terms=("FundTerms.settle_days", *_MONEY_DAYS),
    ),
    Rule(
        "settlement date on a fund's calendar", settling_days.settling_date, Area.CALENDARS,
        "trade date + n settlement days, bank days or sessions; where banks are shut, the next "
        "bank day", terms=("FundTerms.settle_days", "FundTerms.settles_on", *_MONEY_DAYS),
        stories=("settlement_calendar_per_leg", "settlement_counted_in_sessions"),
    ),
    Rule(
        "business days of a contract", Calendar.add_business_days, Area.CALENDARS,
        "day + n bank days, or sessions, as the contract names them",
        terms=("CommitmentTerms.calendar", "CalendarTerms.bank_closed"),
    ),
    Rule(
        "changed calendar", Calendar.with_changes, Area.CALENDARS,
        "another version under another name; the one that was in force stays as it was",
        terms=("CalendarTerms.version",), stories=("exchange_closes_in_mid_day",),
    ),
    Rule(
        "exchange does not open", Calendar.with_closure, Area.CALENDARS,
        "orders not yet priced get the next session", terms=("CalendarTerms.version",),
    ),
)  # fmt: skip

ORDERS = (
    Rule(
        "late transmission is not late trading", dilution.date_order, Area.ORDERS,
        "trade date by receipt; as-of if sent after 05:00 of the next session", terms=_CLOSES,
    ),
    Rule(
        "sales within what is held", accounts.within_available, Area.ORDERS,
        "Σ earlier sales of the position + this one ≤ its value at the last NAV",
        stories=("g10_net_settlement",),
    ),
    Rule(
        "what corrects an order", corrections.corrects_with, Area.ORDERS,
        "a contribution: a sale, for lost earnings a purchase; a distribution: a purchase",
        stories=("ineligible_contribution_and_late_earnings", "contribution_reversed_same_day"),
    ),
    Rule(
        "taken back, or as of the original", corrections.takes_back, Area.ORDERS,
        "taken back while the original's session is open; later at the NAV of that session",
        switch=("FundTerms.as_of_sessions",),
        stories=("contribution_reversed_same_day", "bounced_contribution_after_the_fill"),
    ),
    Rule(
        "check digits", identifiers.check_digits, Area.ORDERS,
        "CUSIP and ISIN: doubled digits mod 10; LEI: 98 - base mod 97; ABA: weights 3 7 1 mod 10",
    ),
    Rule(
        "valid identifier", identifiers.is_valid, Area.ORDERS,
        "right length, right characters, and its own check digits",
    ),
)  # fmt: skip

_JOINED = ("PlanTerms.agreements", "Agreement.fund_id", "Agreement.first", "Agreement.last")
_QUALIFIED = (
    "FundTerms.qualification", "PlanTerms.qualifications", "PlanQualification.kind",
    "PlanQualification.as_of", "PlanQualification.valid_until",
)  # fmt: skip
_CLOSED = ("FundTerms.closed", "ClosedPeriod.side", "ClosedPeriod.first", "ClosedPeriod.last")
_BLACKOUT = (
    "PlanTerms.blackouts", "Blackout.first", "Blackout.last", "Blackout.funds", "Blackout.stops",
)  # fmt: skip
_MAPPED = (
    "PlanTerms.mappings", "FundMapping.from_fund", "FundMapping.to_fund", "FundMapping.first",
)  # fmt: skip
_LEAST = ("FundTerms.minimum_purchase_minor", "FundTerms.minimum_sale_minor")
_JOINDER = ("joinder_before_first_order",)
_SEVERAL = ("minimums_and_several_reasons",)
_CHANGE_OF_FUNDS = ("blackout_and_mapping",)

ELIGIBILITY = (
    Rule(
        "participation agreement in force", eligibility.may_trade, Area.ORDERS,
        "purchases from its first session to its last; sales from its first on",
        switch=("PlanTerms.agreements",), terms=_JOINED[1:], stories=_JOINDER,
    ),
    Rule(
        "investor qualification", eligibility.is_qualified, Area.ORDERS,
        "what the plan is on the trade date ≥ what the fund asks; purchases only",
        switch=("FundTerms.qualification",), terms=_QUALIFIED[1:],
        stories=("investor_qualification",),
    ),
    Rule(
        "fund closed to purchases or suspended", eligibility.is_closed, Area.ORDERS,
        "first ≤ trade date ≤ last, both included, or until it opens again",
        switch=_CLOSED[:1], terms=_CLOSED[1:], stories=_SEVERAL,
    ),
    Rule(
        "blackout", eligibility.is_blacked_out, Area.ORDERS,
        "exchanges and distributions of its funds stop from the first session to the last",
        switch=_BLACKOUT[:1], terms=_BLACKOUT[1:], stories=_CHANGE_OF_FUNDS,
    ),
    Rule(
        "fund that took another's place", eligibility.mapped_to, Area.ORDERS,
        "the mapping that began last by the trade date, from fund to fund",
        switch=_MAPPED[:1], terms=_MAPPED[1:], stories=_CHANGE_OF_FUNDS,
    ),
    Rule(
        "where a contribution goes", eligibility.contributed_to, Area.ORDERS,
        "the mapped fund; in a blackout of contributions the one to come, else the liquid option",
        switch=_MAPPED[:1], terms=(*_MAPPED[1:], *_BLACKOUT, "PlanTerms.liquid_fund"),
        stories=_CHANGE_OF_FUNDS,
    ),
    Rule(
        "exchange that follows a mapping", eligibility.follows_mapping, Area.ORDERS,
        "sells the fund that was replaced, buys the one in its place: passes blackout and minimum",
        switch=_MAPPED[:1], terms=_MAPPED[1:], stories=_CHANGE_OF_FUNDS,
        twin="gateway.desks.plan_dating.part_of",
    ),
    Rule(
        "amounts at will", eligibility.is_at_will, Area.ORDERS,
        "exchanges, distributions and rollovers; not what comes with a payroll",
        switch=_LEAST[:1], stories=_SEVERAL,
    ),
    Rule(
        "minimum of a line", eligibility.is_too_small, Area.ORDERS,
        "0 < amount < minimum; of a sale only where the position could reach the minimum",
        terms=_LEAST, stories=_SEVERAL,
        twin="gateway.desks.plan_dating.part_of",
    ),
    Rule(
        "what stops a purchase", line_eligibility.purchase_faults, Area.ORDERS,
        "agreement, qualification and closed fund, every reason that applies",
        terms=(*_JOINED, *_QUALIFIED, *_CLOSED), stories=_JOINDER,
    ),
    Rule(
        "what stops a sale", line_eligibility.sale_faults, Area.ORDERS,
        "agreement and suspension, every reason that applies", terms=(*_JOINED, *_CLOSED),
        stories=_SEVERAL,
        twin="gateway.desks.plan_dating.part_of",
    ),
    Rule(
        "what stops an order line", line_eligibility.trade_faults, Area.ORDERS,
        "reasons of its sale, its purchase, the liquid option behind it, and of blackouts",
        terms=(*_JOINED, *_QUALIFIED, *_CLOSED, *_BLACKOUT, *_MAPPED), stories=_JOINDER,
        twin="gateway.desks.plan_dating.part_of",
    ),
    Rule(
        "purchase below the minimum", line_eligibility.is_below_minimum, Area.ORDERS,
        "too small, unless the exchange follows a mapping", terms=(_LEAST[0], *_MAPPED),
        stories=_SEVERAL,
    ),
)  # fmt: skip

_SHARES = ("Limit.cap", "FundTerms.alternative")
_NARROW = (
    "FundTerms.limits", "Limit.scope", "Limit.about", "SleeveTerms.manager",
    "SleeveTerms.asset_class", "SleeveTerms.issuer", "Limit.counts_unfunded",
)  # fmt: skip
_NARROW_STORY = ("limits_on_one_manager_and_class", "limit_counts_unfunded")
_REPORTS = ("Limit.report_days", "Limit.plan_days", "Limit.report_again_days")
_BREACH_STORY = ("passive_breach_reports", "breach_not_cured_in_time")
_PERSONAL = ("PlanTerms.participant_limit", "PlanTerms.plan_limit")

LIMITS = (
    Rule(
        "within the cap", limits.is_within, Area.LIMITS,
        "alternatives × den ≤ num × total; exactly the cap is within", terms=_SHARES,
    ),
    Rule(
        "headroom", limits.headroom, Area.LIMITS,
        "⌊cap × total after⌋ - alternatives before, at least 0",
        terms=("FundTerms.limit", *_NARROW, *_SHARES), stories=_NARROW_STORY,
    ),
    Rule(
        "warning from the soft cap", limits.is_above_soft_cap, Area.LIMITS,
        "alternatives × den > num × total, by the soft cap", switch=("Limit.soft_cap",),
        terms=("FundTerms.limit", *_NARROW), stories=_NARROW_STORY,
    ),
    Rule(
        "redemption capacity", limits.redemption_capacity, Area.LIMITS,
        "total - ⌈alternatives ÷ cap⌉, at least 0", terms=("FundTerms.limit", "Limit.cap"),
    ),
    Rule(
        "inflow that cures", limits.inflow_to_cure, Area.LIMITS,
        "⌈alternatives ÷ cap⌉ - total, at least 0", terms=("FundTerms.limit", "Limit.cap"),
    ),
    Rule(
        "race for headroom", limits.grant, Area.LIMITS,
        "FIFO: in the order of receipt; PRO_RATA: room × ask ÷ Σ asks, largest remainder",
        terms=("FundTerms.sharing",),
    ),
    Rule(
        "passive breach and cure clock", limits.review, Area.LIMITS,
        "above the cap by the market: purchases freeze, cure by session + cure days; nothing sold",
        terms=("FundTerms.limit", *_NARROW, "Limit.cap", "Limit.cure_days"), stories=_BREACH_STORY,
    ),
    Rule(
        "reports of a passive breach", breach_reports.reports_fallen, Area.LIMITS,
        "first: bank days; plan: calendar days; again: every so many days while passed; when the "
        "cure is late; when it is cured", switch=_REPORTS,
        terms=("FundTerms.limit", "FundTerms.limits", "Limit.cure_days", *_MONEY_DAYS),
        stories=_BREACH_STORY,
    ),
    Rule(
        "overdue report", breach_reports.is_overdue, Area.LIMITS,
        "last day before the day asked for, and not made by then", switch=_REPORTS,
        stories=_BREACH_STORY[1:],
    ),
    Rule(
        "late cure", breach_reports.is_past_cure, Area.LIMITS,
        "cure by before the session, and the limit passed still", terms=("Limit.cure_days",),
        stories=_BREACH_STORY[1:],
    ),
    Rule(
        "call while in breach", limits.treat_call, Area.LIMITS,
        "paid either way; PASSIVE_COMMITMENT if frozen or (alternatives + call) above the cap",
        switch=("SleeveTerms.calls",), terms=("Limit.cap",),
    ),
    Rule(
        "participant and plan caps, line by line", line_limits.hold_lines, Area.LIMITS,
        "min(ask, headroom of the participant, headroom of the plan), each line after the earlier",
        terms=(*_PERSONAL, *_SHARES, "Limit.on_excess", "PlanTerms.liquid_fund"),
    ),
)  # fmt: skip

SETTLEMENT = (
    Rule(
        "net settlement", netting.net, Area.SETTLEMENT,
        "Σ paid in - Σ paid out, by counterparty, currency and settlement day",
        terms=("PlanTerms.settling_entity", "FundTerms.custodian", "FundTerms.currency"),
        stories=("currencies_never_mixed",),
    ),
    Rule(
        "one wire, once nothing can be added", netting.releasable, Area.SETTLEMENT,
        "settlement day of the next session's trades > settlement day",
        terms=("FundTerms.settle_days", "FundTerms.settles_on", *_MONEY_DAYS),
    ),
    Rule(
        "soonest settlement of a session", settling_days.soonest_date, Area.SETTLEMENT,
        "the least of its settlement days over all funds, each on its own calendar",
        terms=("FundTerms.settle_days", "FundTerms.settles_on", *_MONEY_DAYS),
        stories=("settlement_calendar_per_leg", "settlement_counted_in_sessions"),
    ),
    Rule(
        "parts of a wire", wire_parts.wire_parts, Area.SETTLEMENT,
        "Σ paid in and Σ paid out, by who submitted the orders and by trade date",
        terms=("PlanTerms.recordkeeper", "PlanTerms.settling_entity"),
        stories=("tri_party_settlement",),
    ),
    Rule(
        "name of an instruction", netting.instruction_id, Area.SETTLEMENT,
        "SI-<settlement day>-<counterparty>-<currency>-<how many before it, + 1>",
    ),
    Rule(
        "life of an instruction", netting.may_become, Area.SETTLEMENT,
        "only the steps its state allows; settled, rejected and cancelled are final",
        stories=("instruction_statuses_repeated_and_in_conflict",),
    ),
    Rule(
        "unpaid part", netting.unpaid_minor, Area.SETTLEMENT,
        "amount - settled, signed as the amount",
        stories=("instruction_settled_in_parts",),
    ),
    Rule(
        "cash advice", cash_breaks.judge, Area.SETTLEMENT,
        "exact in party, currency, amount and day: settled; else a break of the first category "
        "that applies",
        stories=("cash_advice_matched", "cash_advice_breaks"),
    ),
    Rule(
        "missing cash", cash_breaks.is_missing, Area.SETTLEMENT,
        "settlement date before the session that opens, and neither advised nor final",
        stories=("cash_advice_breaks",),
    ),
    Rule(
        "resolved break", cash_breaks.is_resolved, Area.SETTLEMENT,
        "missing: final; other day: settled; other amount: so much was settled in part",
        stories=("cash_advice_breaks",),
    ),
    Rule(
        "age of a break", cash_breaks.age_in_business_days, Area.SETTLEMENT,
        "bank days after its day, up to the day asked for",
        terms=("CalendarTerms.bank_closed",), stories=("cash_advice_breaks",),
    ),
    Rule(
        "corrected instruction", netting.corrected, Area.SETTLEMENT,
        "at once: right - settled; with a later wire: unpaid - that",
        stories=(
            "instruction_corrected_before_settlement", "instruction_corrected_after_settlement",
        ),
    ),
)  # fmt: skip

_UNITS = ("FundTerms.nav_scale", "FundTerms.unit_scale")

MONEY = (
    Rule(
        "split to the cent", money.split, Area.MONEY,
        "⌊total × weight ÷ Σ weights⌋, what is left to the largest remainders, then weights",
    ),
    Rule(
        "split of a whole batch", money.split_columns, Area.MONEY,
        "the split of each group",
        stories=("g09_omnibus_units",),
    ),
    Rule("rounding", money.half_up, Area.MONEY, "the nearest; halves away from zero"),
    Rule(
        "units for money", money.units_for, Area.MONEY,
        "money ÷ NAV at the fund's decimals of units, half-up or cut off, as its terms say",
        terms=(*_UNITS, "FundTerms.unit_rounding"),
        stories=("g09_omnibus_units", "units_rounded_down"),
    ),
    Rule(
        "value of units", money.value_of, Area.MONEY,
        "units × NAV, half-up to the cent", terms=_UNITS,
    ),
    Rule(
        "values of many positions", money.values_of, Area.MONEY,
        "units × NAV of each, half-up to the cent", terms=_UNITS,
        stories=("g10_net_settlement",),
    ),
    Rule(
        "implied point", money.parse_implied, Area.MONEY,
        "9(7)v99: the digits, the last two behind the point; blank is not zero",
    ),
)  # fmt: skip

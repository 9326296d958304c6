"""The words every message shares: enumerations, columns and their order.

Money is a count of minor units (cents for USD) with its currency beside it, units
and NAVs are integers with a scale, instants are UTC microseconds, dates are
exchange days. A column is a numpy array with one entry per line; participants
appear in columns as keyed tokens, never as identifiers (law L8).

Not here: rules. What a message means is decided by the desks.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
I8 = npt.NDArray[np.int8]

Doc = Annotated

OPERATIONS = "operations"
"""The sender of book changes and of what people decide; its ticks announce sessions."""

CLOCK = "clock"
"""Who ticks are from, in whatever sender's topic they stand."""


class MoneySource(StrEnum):
    """Where participant money came from; the order is the code used in columns."""

    PRE_TAX = "PRE_TAX"
    ROTH = "ROTH"
    CATCH_UP = "CATCH_UP"
    AFTER_TAX = "AFTER_TAX"
    MATCH = "MATCH"
    SAFE_HARBOR = "SAFE_HARBOR"
    PROFIT_SHARING = "PROFIT_SHARING"
    QNEC = "QNEC"
    ROLLOVER = "ROLLOVER"
    LOAN_REPAYMENT = "LOAN_REPAYMENT"
    FORFEITURE = "FORFEITURE"


class OrderKind(StrEnum):
    """What an order does with participant money."""

    CONTRIBUTION = "CONTRIBUTION"
    EXCHANGE = "EXCHANGE"
    DISTRIBUTION = "DISTRIBUTION"


class EventKind(StrEnum):
    """Why an order is sent; which of them a kind of order can have, its inbound record says."""

    UNSTATED = "UNSTATED"
    TERMINATION = "TERMINATION"
    RETIREMENT = "RETIREMENT"
    HARDSHIP = "HARDSHIP"
    IN_SERVICE = "IN_SERVICE"
    RMD = "RMD"
    QDRO = "QDRO"
    DEATH = "DEATH"
    REFUND = "REFUND"
    LOAN = "LOAN"
    CASH_OUT = "CASH_OUT"
    PLAN_TRANSFER = "PLAN_TRANSFER"
    FEE = "FEE"
    PARTICIPANT = "PARTICIPANT"
    REBALANCE = "REBALANCE"
    GLIDE_PATH = "GLIDE_PATH"
    MODEL = "MODEL"
    MAPPING = "MAPPING"
    IN_PLAN_CONVERSION = "IN_PLAN_CONVERSION"
    FORFEITURE_SWEEP = "FORFEITURE_SWEEP"
    REVERSAL = "REVERSAL"
    BOUNCED = "BOUNCED"
    INELIGIBLE = "INELIGIBLE"
    LATE_DEPOSIT_EARNINGS = "LATE_DEPOSIT_EARNINGS"
    WITHDRAWAL = "WITHDRAWAL"


class RejectCode(StrEnum):
    """Why something was refused; several may apply, listed in this order."""

    NONE = "NONE"
    WRONG_SENDER = "WRONG_SENDER"
    CONFLICT = "CONFLICT"
    SESSION_CLOSED = "SESSION_CLOSED"
    CALENDAR = "CALENDAR"
    EMPTY_BATCH = "EMPTY_BATCH"
    CONTROL_TOTAL = "CONTROL_TOTAL"
    CURRENCY = "CURRENCY"
    SCHEMA = "SCHEMA"
    AMOUNT_RANGE = "AMOUNT_RANGE"
    NEGATIVE_AMOUNT = "NEGATIVE_AMOUNT"
    UNKNOWN_PLAN = "UNKNOWN_PLAN"
    NOT_THE_RECORDKEEPER = "NOT_THE_RECORDKEEPER"
    UNKNOWN_FUND = "UNKNOWN_FUND"
    NO_AGREEMENT = "NO_AGREEMENT"
    UNKNOWN_PARTICIPANT = "UNKNOWN_PARTICIPANT"
    AS_OF_REQUIRED = "AS_OF_REQUIRED"
    UNKNOWN_ORIGINAL = "UNKNOWN_ORIGINAL"
    CORRECTED_BEFORE = "CORRECTED_BEFORE"
    INSUFFICIENT_UNITS = "INSUFFICIENT_UNITS"
    LIMIT_HARD = "LIMIT_HARD"
    MARK_FROM_THE_FUTURE = "MARK_FROM_THE_FUTURE"
    UNKNOWN_VEHICLE = "UNKNOWN_VEHICLE"
    UNKNOWN_INSTRUCTION = "UNKNOWN_INSTRUCTION"
    INSTRUCTION_STATE = "INSTRUCTION_STATE"
    BOOK_REFERENCE = "BOOK_REFERENCE"
    FOUR_EYES = "FOUR_EYES"
    DECISION_STATE = "DECISION_STATE"
    NO_COMMITMENT = "NO_COMMITMENT"
    NOTICE = "NOTICE"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    MIN_AMOUNT = "MIN_AMOUNT"
    CLOSED_TO_PURCHASES = "CLOSED_TO_PURCHASES"
    SUSPENDED = "SUSPENDED"
    BLACKOUT = "BLACKOUT"
    NOTHING_WAITING = "NOTHING_WAITING"
    WITHDRAWAL_CLOSED = "WITHDRAWAL_CLOSED"


class TickKind(StrEnum):
    """The moments of a session that matter."""

    SESSION_OPENED = "SESSION_OPENED"
    CUT_OFF = "CUT_OFF"
    VALUATION_CUT_OFF = "VALUATION_CUT_OFF"
    CLOSE_DEADLINE = "CLOSE_DEADLINE"


REASONS: Mapping[RejectCode, str] = MappingProxyType(
    {
        RejectCode.NONE: "Nothing is wrong; in a column it marks a line that was not refused.",
        RejectCode.WRONG_SENDER: "The message names another sender than the topic's owner, or its "
        "sender may not say such a thing.",
        RejectCode.CONFLICT: "A message of the same session and batch id came before with other "
        "bytes; a person decides which one holds.",
        RejectCode.SESSION_CLOSED: "The session is closed for this sender, or so long ago that a "
        "repeat could not be told from a new message, or it has begun and a "
        "book change for it comes too late.",
        RejectCode.CALENDAR: "The date is not an open session, lies beyond the calendar, or is no "
        "date at all.",
        RejectCode.EMPTY_BATCH: "The batch or statement has no lines.",
        RejectCode.CONTROL_TOTAL: "Lines or amounts declared differ from those received; nothing "
        "of it was taken.",
        RejectCode.CURRENCY: "The currency is not the fund's.",
        RejectCode.SCHEMA: "The bytes are no record of a known schema, or a record that the "
        "sender's dialect does not have.",
        RejectCode.AMOUNT_RANGE: "The amounts are larger than a day, a statement or a holding "
        "can be.",
        RejectCode.NEGATIVE_AMOUNT: "An amount, price, level or number of units is below its least "
        "value; an order line is greater than zero.",
        RejectCode.UNKNOWN_PLAN: "The plan is not in the book.",
        RejectCode.NOT_THE_RECORDKEEPER: "The plan's records are kept by another sender.",
        RejectCode.UNKNOWN_FUND: "The fund is not in the book, or the line lacks a fund that its "
        "kind of order has; an in-plan conversion names one fund.",
        RejectCode.NO_AGREEMENT: "The plan has no participation agreement with the fund, or none "
        "that is in force on the trade date.",
        RejectCode.UNKNOWN_PARTICIPANT: "The participant is not known in this plan.",
        RejectCode.AS_OF_REQUIRED: "The order was received in an earlier session than the one it "
        "is booked under; it needs an as-of order with a reason. Or it corrects one further back "
        "than its fund takes orders as of.",
        RejectCode.UNKNOWN_ORIGINAL: "The correction goes back to no order that traded: its batch "
        "is not known for that trade date, the line was refused, or less of it is in flight.",
        RejectCode.CORRECTED_BEFORE: "The original was corrected before in this fund.",
        RejectCode.INSUFFICIENT_UNITS: "The sale is worth more than the units held at the last "
        "NAV, less sales in flight.",
        RejectCode.LIMIT_HARD: "The purchase would pass a minority limit: what does not fit goes "
        "to the plan's liquid option or, if the limit says so, the line is refused whole.",
        RejectCode.MARK_FROM_THE_FUTURE: "The mark was measured after the day it was received.",
        RejectCode.UNKNOWN_VEHICLE: "No holding of the fund answers to this vehicle and sender.",
        RejectCode.UNKNOWN_INSTRUCTION: "No instruction has this id, or it was final and its "
        "settlement date is more than ten sessions past.",
        RejectCode.INSTRUCTION_STATE: "The instruction's state does not allow this step.",
        RejectCode.BOOK_REFERENCE: "The book change names a party, fund, dialect or calendar that "
        "does not stand; nothing of it was taken.",
        RejectCode.FOUR_EYES: "An approval repeats no open request, or comes from whoever asked.",
        RejectCode.DECISION_STATE: "What was decided does not fit what stands: nothing waits for "
        "it, or it would break a law.",
        RejectCode.NO_COMMITMENT: "The fund has no commitment to this vehicle.",
        RejectCode.NOTICE: "Lines, amounts or dates of a manager's notice do not stand; the "
        "detail says which.",
        RejectCode.NOT_ELIGIBLE: "The plan is not, or not any more, the accredited investor or "
        "qualified purchaser that may buy the fund.",
        RejectCode.MIN_AMOUNT: "The line is below the fund's least purchase or sale.",
        RejectCode.CLOSED_TO_PURCHASES: "The fund takes no purchases on the trade date.",
        RejectCode.SUSPENDED: "The fund takes no sales on the trade date.",
        RejectCode.BLACKOUT: "The plan is in a blackout for the fund on the trade date: only "
        "contributions go on, and exchanges into the fund that takes its place.",
        RejectCode.NOTHING_WAITING: "No request of that line waits at the fund's gate: it was met, "
        "has lapsed or was withdrawn, or there never was one.",
        RejectCode.WITHDRAWAL_CLOSED: "The fund's terms do not let the request be withdrawn, or "
        "not at this time; it goes to the fund as it was asked.",
    }
)
"""What each reason means, in a sentence for whoever is told it."""

DISTRIBUTION_REASONS = (
    EventKind.UNSTATED, EventKind.TERMINATION, EventKind.RETIREMENT, EventKind.HARDSHIP,
    EventKind.IN_SERVICE, EventKind.RMD, EventKind.QDRO, EventKind.DEATH, EventKind.REFUND,
    EventKind.LOAN, EventKind.CASH_OUT, EventKind.PLAN_TRANSFER, EventKind.FEE,
    EventKind.FORFEITURE_SWEEP,
)  # fmt: skip
"""What money is paid out for; a fee of participants is paid out too. Source: domain.md §6.2."""
EXCHANGE_REASONS = (
    EventKind.UNSTATED, EventKind.PARTICIPANT, EventKind.REBALANCE, EventKind.GLIDE_PATH,
    EventKind.MODEL, EventKind.MAPPING, EventKind.IN_PLAN_CONVERSION, EventKind.FORFEITURE_SWEEP,
)  # fmt: skip
"""What money is moved for. Source: domain.md §6.2."""
CORRECTION_REASONS = (
    EventKind.REVERSAL, EventKind.BOUNCED, EventKind.INELIGIBLE, EventKind.LATE_DEPOSIT_EARNINGS,
    EventKind.WITHDRAWAL,
)  # fmt: skip
"""What an order is corrected for. Source: domain.md §6.2."""
MONEY_SOURCES = tuple(MoneySource)
ORDER_KINDS = tuple(OrderKind)
REJECT_CODES = tuple(RejectCode)
REJECT_INDEX = {code: index for index, code in enumerate(REJECT_CODES)}
NOTHING = -1
"""The index in a fund column that says: this order has no such leg."""

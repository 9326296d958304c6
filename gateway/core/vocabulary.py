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
        "kind of order has.",
        RejectCode.NO_AGREEMENT: "The plan has no participation agreement with the fund.",
        RejectCode.UNKNOWN_PARTICIPANT: "The participant is not known in this plan.",
        RejectCode.AS_OF_REQUIRED: "The order was received in an earlier session than the one it "
        "is booked under; it needs an as-of order with a reason.",
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
    }
)
"""What each reason means, in a sentence for whoever is told it."""

MONEY_SOURCES = tuple(MoneySource)
ORDER_KINDS = tuple(OrderKind)
REJECT_CODES = tuple(RejectCode)
REJECT_INDEX = {code: index for index, code in enumerate(REJECT_CODES)}
NOTHING = -1
"""The index in a fund column that says: this order has no such leg."""

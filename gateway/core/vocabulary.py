"""The words every message shares: enumerations, columns and their order.

Money is a count of minor units (cents for USD) with its currency beside it, units
and NAVs are integers with a scale, instants are UTC microseconds, dates are
exchange days. A column is a numpy array with one entry per line; participants
appear in columns as keyed tokens, never as identifiers (law L8).

Not here: rules. What a message means is decided by the desks.
"""

from __future__ import annotations

from enum import StrEnum
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


class TickKind(StrEnum):
    """The moments of a session that matter."""

    SESSION_OPENED = "SESSION_OPENED"
    CUT_OFF = "CUT_OFF"
    VALUATION_CUT_OFF = "VALUATION_CUT_OFF"
    CLOSE_DEADLINE = "CLOSE_DEADLINE"


MONEY_SOURCES = tuple(MoneySource)
ORDER_KINDS = tuple(OrderKind)
REJECT_CODES = tuple(RejectCode)
REJECT_INDEX = {code: index for index, code in enumerate(REJECT_CODES)}
NOTHING = -1
"""The index in a fund column that says: this order has no such leg."""

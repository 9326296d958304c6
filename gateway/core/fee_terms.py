"""What a fund's documents state of its performance fee and of the cap on its expenses.

Records of the book; `FundTerms` has them. The management fee's terms stand in `book`.

Not here: the rules (`performance_fees`, `performance_periods`, `fees`, `expense_caps`).
Source: domain.md §4.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from gateway.core.fees import RECAPTURE_YEARS
from gateway.core.money import Ratio
from gateway.core.performance_fees import HurdleBase, HurdleKind, PerformanceTerms


class Crystallizes(StrEnum):
    """How often the performance fee becomes due on a dated event."""

    YEAR = "YEAR"
    QUARTER = "QUARTER"


@dataclass(frozen=True, slots=True)
class PerformanceFeeTerms:
    """A fund's performance fee: recomputed at each strike, due on its dated event."""

    rate: Annotated[Ratio, "share of the gain, such as 12.5/100"]
    hurdle: Annotated[Ratio, "simple return a year before any fee, 0/1 for none"]
    kind: Annotated[HurdleKind, "what the hurdle does once passed"]
    catch_up: Annotated[Ratio, "share of the gain beyond the hurdle; not below the rate"]
    base: Annotated[HurdleBase, "what the hurdle grows on"]
    payee: Annotated[str, "party that is paid what crystallises"]
    crystallizes: Annotated[Crystallizes, "how often it becomes due"] = Crystallizes.YEAR
    year_end_month: Annotated[int, "month in which its year ends; quarters count from there"] = 12
    year_end_day: Annotated[int, "day on which it ends, the month's last if that has fewer"] = 31

    @property
    def formula(self) -> PerformanceTerms:
        """What it is of a gain."""
        return PerformanceTerms(self.rate, self.hurdle, self.kind, self.catch_up, self.base)


@dataclass(frozen=True, slots=True)
class ExpenseCap:
    """A cap on a fund's total annual operating expenses; whoever is paid the fee waives.

    The management fee counts with its own rate. Other expenses and the fees of acquired funds
    count as stated: they are borne in the values of what the fund owns. A performance fee does
    not count.
    """

    cap: Annotated[Ratio, "largest total annual operating expenses, as a share of net assets"]
    other: Annotated[Ratio, "other expenses a year, as a share of net assets"]
    acquired: Annotated[Ratio, "fees of acquired funds a year, as a share of net assets"]
    recapture_years: Annotated[int, "years in which a waiver may be taken back; 0: never"] = (
        RECAPTURE_YEARS
    )

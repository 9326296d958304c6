"""Cells and rows about a fund's performance fee and the cap on its expenses.

Not here: the other rows (`words_in`, `words_out`), the terms they stand for (`fee_terms`).
"""

from __future__ import annotations

from gateway.core.fee_terms import Crystallizes
from gateway.core.fees import RECAPTURE_YEARS, FeeBase, PaidEach
from gateway.core.performance_fees import HurdleBase, HurdleKind
from gateway.ops.scenario.kinds import AMOUNT, DATE, NAME, SHARE, YES, choice, counted
from gateway.ops.scenario.words import Field as F
from gateway.ops.scenario.words import Word, cell

FUND = cell("fund", NAME, "fund")
SESSION = F("session", DATE, "session")
CAP_CELLS = (
    F("expense_cap", SHARE, "cap on its total annual operating expenses; who is paid the fee "
      "waives", "none"),
    F("other_expenses", SHARE, "other expenses a year that count under the cap", "0%"),
    F("acquired_fees", SHARE, "fees of acquired funds a year that count under the cap", "0%"),
    F("recapture_years", counted(0, 10), "years in which a waiver may be taken back",
      f"{RECAPTURE_YEARS}"),
)  # fmt: skip
BASE_CELLS = (
    F("fee_base", choice(*FeeBase), "what the management fee is a share of: net assets, those "
      "before unpaid fees, capital committed, or called and not returned", "NET"),
    F("fee_paid", choice(*PaidEach), "how often it is paid, at the first strike after", "QUARTER"),
)  # fmt: skip
FEE_CELLS = (
    *BASE_CELLS,
    F("performance", SHARE, "performance fee, a share of the gain", "none"),
    F("hurdle", SHARE, "return a year before any of it", "0%"),
    F("hurdle_kind", choice(*HurdleKind), "what the hurdle does once passed", "CATCH_UP"),
    F("catch_up", SHARE, "share of the gain beyond the hurdle", "100%"),
    F("hurdle_base", choice(*HurdleBase), "what the hurdle grows on", "START"),
    F("crystallizes", choice(*Crystallizes), "how often it becomes due", "YEAR"),
    F("year_end", DATE, "a day whose month and day end its year", "31 December"),
    F("performance_payee", NAME, "who is paid it", "TRUSTEE"),
    *CAP_CELLS,
)
"""Cells of a `fund` row, beside those of the management fee."""

EXPENSES = Word("expenses", "What changes of a fund's management fee and of the cap on its "
                "expenses; cells that are not written stay as they are.", (
    FUND, F("fee", SHARE, "management fee a year", "as it is"), *BASE_CELLS,
    *CAP_CELLS,
    F("from", DATE, "session it holds from (in `when` only)", "the next session"),
))  # fmt: skip

FEE_ROWS = (
    Word("waiver", "What the cap on a fund's expenses did on the days of a management fee.", (
        FUND, F("waived", AMOUNT, "waived in the session"),
        F("recaptured", AMOUNT, "of earlier waivers taken back in the session"),
        F("lapsed", AMOUNT, "of earlier waivers past their last day"),
        F("left", AMOUNT, "waived and still to be taken back"),
        F("accrued", AMOUNT, "waived less taken back, off what the fund owes"),
        F("settled", AMOUNT, "of it, settled with the fee paid at the end of the session"),
        F("expenses", SHARE, "total annual operating expenses before any waiver"),
        F("first", DATE, "first day it is for"), SESSION,
    )),
    Word("performance", "A fund's performance fee at a strike.", (
        FUND, F("accrued", AMOUNT, "accrued since its period began, taken off net assets"),
        F("posted", AMOUNT, "change of it since the last strike"),
        F("gross", AMOUNT, "net assets before it"),
        F("mark", AMOUNT, "assets from which gains bear it: high-water mark of all units"),
        F("start", AMOUNT, "worth of the units when they entered the period"),
        F("loss", AMOUNT, "losses not yet made good"),
        F("hurdle", AMOUNT, "what the hurdle has grown to"),
        F("due", AMOUNT, "crystallised, paid at the end of the session"),
        F("crystallized", YES, "whether its period ended"),
        F("next_start", AMOUNT, "start after the session's orders"),
        F("next_loss", AMOUNT, "losses to make good after the session's orders"),
        F("next_accrued", AMOUNT, "accrued after the session's orders"), SESSION,
    )),
)  # fmt: skip

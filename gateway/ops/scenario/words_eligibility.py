"""The rows of the book about who may order what, and when.

Not here: the other rows of the book (`words_in`), the terms they make (`eligibility`).
"""

from __future__ import annotations

from gateway.core.eligibility import Qualification, Side
from gateway.core.vocabulary import OrderKind
from gateway.ops.scenario.kinds import AMOUNT, DATE, NAME, choice, several
from gateway.ops.scenario.words import Field as F
from gateway.ops.scenario.words import Word, cell

KINDS = choice(*(kind.value for kind in OrderKind))
QUALIFIED = choice(*(kind.value for kind in Qualification))
PLAN = F("plan", NAME, "plan it holds for", "every plan")
FROM_SESSION = F("from", DATE, "session it is in the book from (in `when` only)",
                 "the next session")  # fmt: skip
FIRST = F("first", DATE, "first session", None)
LAST = F("last", DATE, "last session", "until somebody ends it")

OF_A_FUND = (
    F("qualification", QUALIFIED, "what its investors must be", "NONE"),
    F("minimum_purchase", AMOUNT, "least purchase of a line at will", "0.00: none"),
    F("minimum_sale", AMOUNT, "least sale of a line", "0.00: none"),
)
"""Cells of a `fund` row."""

ELIGIBILITY = (
    Word("agreement", "When a plan's participation agreement with a fund is in force; without a "
         "row it always is. A row with the same first session takes the place of an earlier "
         "one, as with the rows below.", (
        cell("fund", NAME, "fund"), FIRST, LAST, PLAN, FROM_SESSION,
    )),
    Word("qualified", "That a plan is a qualified investor, as its papers say.", (
        cell("kind", QUALIFIED, "what it is"), FIRST,
        F("last", DATE, "last day the papers are good for", "for good"), PLAN, FROM_SESSION,
    )),
    Word("fund_closed", "A time in which a fund takes no purchases, or no sales.", (
        cell("fund", NAME, "fund"), cell("side", choice(*(s.value for s in Side)), "to what"),
        FIRST, LAST, FROM_SESSION,
    ), key=2),
    Word("blackout", "A time in which participants cannot move money.", (
        FIRST, F("last", DATE, "last session", None),
        F("funds", several(NAME), "funds it is about", "all funds"),
        F("stops", several(KINDS), "kinds of orders stopped; contributions are sent elsewhere, "
          "never refused", "EXCHANGE DISTRIBUTION"),
        PLAN, FROM_SESSION,
    ), key=0),
    Word("mapping", "A fund takes another one's place in a plan.", (
        cell("fund", NAME, "fund that is left"), cell("into", NAME, "fund in its place"),
        F("first", DATE, "session from which contributions go there", None), PLAN, FROM_SESSION,
    )),
)  # fmt: skip

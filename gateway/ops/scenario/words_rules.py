"""Questions about rules that no golden scenario asks.

Part of the table `words_out.ASK`; the answers are in `ask_rules`.

Not here: questions about orders, limits and values (`words_out`), about terms (`words_terms`).
"""

from __future__ import annotations

from gateway.core.fees import FeeBase
from gateway.core.repurchases import OfferFault
from gateway.ops.scenario.kinds import (
    AMOUNT,
    COUNT,
    DATE,
    FIGURE,
    SHARE,
    TIME,
    YES,
    choice,
    counted,
    several,
)
from gateway.ops.scenario.words import Field as F
from gateway.ops.scenario.words import Word, answer, cell

AMOUNTS = several(AMOUNT)
NO_FAULT = "NONE"
FAULTS = several(choice(*(fault.value for fault in OfferFault), NO_FAULT))

RULES = (
    Word("closure", "Which session's NAV does an order get if the exchange does not open?", (
        cell("closed", DATE, "day on which it does not"), cell("received", TIME, "receipt"),
        answer("is", DATE, "trade date"), answer("settles", DATE, "its settlement date at T+1"),
    ), key=2),
    Word("soft_cap", "Are people to be warned?", (
        cell("alternatives", AMOUNT, "alternatives"), cell("total", AMOUNT, "total"),
        cell("soft_cap", SHARE, "soft cap"), answer("is", YES, "whether the share is above it"),
    ), key=3),
    Word("units_roll", "Does the register of a fund's units roll?", (
        cell("opening", FIGURE, "units at the opening"),
        F("subscribed", FIGURE, "units issued", "0"),
        F("redeemed", FIGURE, "units taken back", "0"),
        F("closing", FIGURE, "units at the close", None),
        answer("is", FIGURE, "units too many, below zero if too few; 0 if it rolls"),
    )),
    Word("error_period", "What is owed to a fund for the days of an error?", (
        cell("days", AMOUNTS, "each day's gain of the fund, below zero for a loss"),
        answer("is", AMOUNT, "what the responsible party pays"),
    )),
    Word("fee_base", "What is a fee a share of?", (
        cell("base", choice(*(base.value for base in FeeBase)), "base that the terms name"),
        F("net", AMOUNT, "net assets", "0.00"), F("gross", AMOUNT, "gross assets", "0.00"),
        F("committed", AMOUNT, "capital committed", "0.00"),
        F("invested", AMOUNT, "capital invested", "0.00"),
        F("rate", SHARE, "the fee's share of it a year, to ask for `share`", "none"),
        answer("is", AMOUNT, "the base"),
        answer("share", SHARE, "what the fee comes to as a share of net assets"),
    )),
    Word("recapture_room", "How much may be recaptured without passing the cap again?", (
        cell("expenses", SHARE, "expenses now"), cell("cap", SHARE, "the lower cap"),
        F("assets", AMOUNT, "net assets", None), F("days", counted(1, 9999), "days of 365", "365"),
        answer("is", AMOUNT, "room"),
    ), key=2),
    Word("expenses", "Which share of its assets do a class's expenses come to a year?", (
        cell("charged", AMOUNT, "what was charged"),
        F("assets", AMOUNT, "average net assets", None),
        F("days", counted(1, 9999), "days of 365", "365"), answer("is", SHARE, "share a year"),
    )),
    Word("participant_charges", "How is a charge shown to participants?", (
        cell("charge", AMOUNT, "the charge"), F("held", several(COUNT), "units held", None),
        answer("is", AMOUNTS, "each participant's part"),
    )),
    Word("redeemed_fee", "Which part of an accrued fee is due when units leave?", (
        cell("accrued", AMOUNT, "accrued on all units"),
        F("redeemed", FIGURE, "units that leave", None),
        F("outstanding", FIGURE, "units before", None),
        answer("is", AMOUNT, "due now"), answer("stays", AMOUNT, "accrued still"),
    )),
    Word("offer_faults", "In what does an interval fund's offer depart from the rule?", (
        cell("share", SHARE, "share of units offered for"), F("fee", SHARE, "fee kept", "0%"),
        F("notice", DATE, "day of the notice", None), F("deadline", DATE, "request deadline", None),
        F("priced", DATE, "pricing date", None), F("paid", DATE, "payment date", None),
        F("liquid", AMOUNT, "liquid assets", "0.00"), F("offered", AMOUNT, "offer at NAV", "0.00"),
        answer("is", FAULTS, "faults, or NONE"),
        answer("size", YES, "whether 5 to 25 % are offered for"),
    )),
    Word("withdrawal", "May tendered units be withdrawn?", (
        cell("day", DATE, "day of the withdrawal"), F("commenced", DATE, "first day", None),
        F("expires", DATE, "last day of the offer", None), F("taken", YES, "already taken", "no"),
        answer("is", YES, "whether they may"),
    )),
)  # fmt: skip

"""Questions about the terms of funds and vehicles: gates, offers, calls, fees, wrong prices.

Part of the table `words_out.ASK`; the answers are in `ask_terms` and `ask_fees`.

Not here: questions about orders, limits and values (`words_out`).
"""

from __future__ import annotations

from gateway.ops.scenario.kinds import (
    AMOUNT,
    COUNT,
    DATE,
    FIGURE,
    NAME,
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
CALENDAR = choice("BANK", "EXCHANGE")
PRICING = choice("ONE_NAV", "PER_TRANCHE")
PUBLISHED = F("published", FIGURE, "NAV that was used", None)
CORRECT = F("correct", FIGURE, "NAV that was right", None)
CASH = F("cash", AMOUNT, "cash there", "0.00")
LIQUID = F("liquid", AMOUNT, "liquid sleeve", "0.00")

LATE_AND_WRONG_PRICES = (
    Word("transmission", "Which session's NAV does an order get that was sent late?", (
        cell("received", TIME, "when the plan's agent received it"),
        cell("sent", TIME, "when it was transmitted"),
        answer("trade_date", DATE, "session whose NAV it gets"),
        answer("as_of", YES, "whether it is processed as of an earlier day"),
    )),
    Word("dilution", "What does a purchase processed late cost the fund?", (
        cell("amount", AMOUNT, "the purchase"),
        F("as_of", FIGURE, "NAV of its own session", None),
        F("processed", FIGURE, "NAV of the session it is processed in", None),
        answer("units", FIGURE, "units issued, at four decimals"), answer("is", AMOUNT, "cost"),
    )),
    Word("nav_error", "Is a wrong NAV an error, and a material one?", (
        cell("published", FIGURE, "NAV that was used"), cell("correct", FIGURE, "the right one"),
        F("smallest", FIGURE, "difference from which it is an error", "0.01"),
        answer("is", choice("NONE", "IMMATERIAL", "MATERIAL"), "what it is"),
        answer("share", SHARE, "difference as a share of the correct NAV"),
    ), key=2),
    Word("repriced_purchase", "What does a purchase at a wrong NAV become?", (
        cell("amount", AMOUNT, "the purchase"), PUBLISHED, CORRECT,
        answer("before", FIGURE, "units it got, at four decimals"),
        answer("after", FIGURE, "units it should have got"), answer("change", FIGURE, "difference"),
        answer("worth", AMOUNT, "what the difference is worth"),
        answer("fixed", YES, "whether it is corrected: from $10 on"),
    )),
    Word("repriced_redemption", "What does a redemption at a wrong NAV become?", (
        cell("units", FIGURE, "units redeemed"), PUBLISHED, CORRECT,
        answer("before", AMOUNT, "money it got"), answer("after", AMOUNT, "money it should have"),
        answer("change", AMOUNT, "difference, below zero if overpaid"),
        answer("fixed", YES, "whether it is corrected: from $10 on"),
    )),
    Word("error_effect", "What did a session at a wrong NAV do to its fund?", (
        cell("purchases", AMOUNTS, "purchases"),
        F("redemptions", several(FIGURE), "units redeemed", "none"), PUBLISHED, CORRECT,
        answer("on_purchases", AMOUNT, "gain of the fund, below zero for a loss"),
        answer("on_redemptions", AMOUNT, "gain of the fund, below zero for a loss"),
        answer("owed", AMOUNT, "what the responsible party pays to the fund"),
    )),
    Word("immaterial_error", "What did a day whose error is not material do to its fund?", (
        cell("units", FIGURE, "units sold less units redeemed"), PUBLISHED, CORRECT,
        answer("is", AMOUNT, "gain of the fund, below zero for a loss"),
    )),
    Word("swing_price", "Which price does everybody get on a day of large flows?", (
        cell("nav", FIGURE, "NAV per unit"), F("flow", AMOUNT, "purchases less redemptions", None),
        F("net_assets", AMOUNT, "net assets before them", None),
        F("threshold", SHARE, "share beyond which it swings", None),
        F("factor", SHARE, "how far", None), F("up", YES, "whether it also swings up", "no"),
        answer("is", FIGURE, "price, at four decimals or the NAV's"),
    )),
)  # fmt: skip

GATES_AND_OFFERS = (
    Word("gate_room", "How much does a gate with a cap a month and a cap a quarter let out?", (
        F("month_nav", AMOUNT, "net assets at the end of the month before", "0.00"),
        F("month_cap", SHARE, "share of them that is paid in a month", "no cap"),
        F("quarter_nav", AMOUNT, "net assets at the end of the quarter before", "0.00"),
        F("quarter_cap", SHARE, "share of them that is paid in a quarter", "no cap"),
        F("paid_before", AMOUNT, "paid in earlier months of the quarter", "0.00"),
        F("paid", AMOUNT, "paid this month", "0.00"), answer("is", AMOUNT, "room"),
    ), key=0),
    Word("gate", "Who gets how much of what a gate lets out?", (
        cell("room", AMOUNT, "what it lets out"), F("asks", AMOUNTS, "new requests", None),
        F("waiting", AMOUNTS, "requests of an earlier dealing day", "none"),
        F("held", several(COUNT), "units of those who ask, for RATABLE; waiting first", "none"),
        F("policy", choice("RESUBMIT", "CARRY", "FIFO", "RATABLE"), "discipline", None),
        answer("is", AMOUNTS, "paid: those waiting first"),
        answer("factor", SHARE, "share met of the new requests; not for RATABLE"),
        answer("queued", AMOUNT, "what waits"), answer("lapsed", AMOUNT, "what lapses"),
    )),
    Word("gated_exchange", "What does an exchange out of a gated fund buy?", (
        cell("amount", AMOUNT, "the exchange"), F("factor", SHARE, "share that is met", None),
        F("pricing", PRICING, "how later parts are priced", "PER_TRANCHE"),
        answer("sold", AMOUNT, "the sale"), answer("is", AMOUNT, "the purchase"),
        answer("queued", AMOUNT, "what waits"), answer("status", NAME, "the order's status"),
        answer("code", NAME, "ISO reason of a partial settlement"),
    )),
    Word("tranches", "What are the parts of a gated request paid?", (
        cell("units", several(FIGURE), "units met on each dealing day"),
        F("navs", several(FIGURE), "NAV of each", None), F("pricing", PRICING, "which NAV", None),
        answer("is", AMOUNTS, "paid for each"), answer("code", NAME, "ISO reason"),
    )),
    Word("return_of_capital", "How is money shared when a queue is ended for good?", (
        cell("amount", AMOUNT, "what is distributed"),
        F("held", several(COUNT), "units of all holders", None), answer("is", AMOUNTS, "shares"),
    )),
    Word("repurchase_offer", "How much of a tender is taken?", (
        cell("ours", FIGURE, "units we tender"), F("tendered", FIGURE, "units all tender", None),
        F("outstanding", FIGURE, "units outstanding", None),
        F("offer", SHARE, "share of them offered for", None),
        F("extra", SHARE, "share taken beyond it, at most 2%", "0%"),
        F("odd_lots", FIGURE, "units of holders of fewer than 100 who tender all", "0"),
        answer("room", FIGURE, "units that may be taken"),
        answer("factor", SHARE, "share taken of units that are no odd lots"),
        answer("is", FIGURE, "units of ours that are taken"),
    )),
    Word("offer_dates", "Do the dates of an interval fund's offer keep to the rule?", (
        cell("notice", DATE, "day of the notice"), cell("deadline", DATE, "request deadline"),
        F("priced", DATE, "pricing date", "the last one"),
        answer("is", YES, "whether the deadline is allowed"),
        answer("first", DATE, "first deadline allowed"), answer("last", DATE, "last one"),
        answer("price_by", DATE, "last pricing date"), answer("pay_by", DATE, "last payment date"),
    ), key=2),
    Word("tender_expiry", "When may a tender offer expire at the earliest?", (
        cell("commenced", DATE, "day it begins"),
        F("changed", several(DATE), "days a change of price or amount was announced", "none"),
        answer("is", DATE, "day at whose end it may"),
    )),
    Word("early_repurchase", "What is paid for units that leave?", (
        cell("amount", AMOUNT, "units at the NAV"),
        F("subscribed", DATE, "closing at which they were bought", None),
        F("repurchased", DATE, "repurchase date; closings are on first days of months", None),
        answer("next_closing", DATE, "closing after it"), answer("is", AMOUNT, "paid"),
        answer("kept", AMOUNT, "stays in the fund"),
    )),
    Word("waterfall", "Where does the money for participants come from?", (
        cell("need", AMOUNT, "what is to be paid"), F("inflow", AMOUNT, "same-day inflow", "0.00"),
        CASH, LIQUID, F("credit", AMOUNT, "credit line, if allowed", "0.00"),
        answer("is", AMOUNTS, "from inflow, cash, liquid sleeve, credit line"),
        answer("requested", AMOUNT, "what is asked of the managers"),
    )),
    Word("buffer", "What is moved into a cash buffer?", (
        cell("cash", AMOUNT, "cash"), cell("net_assets", AMOUNT, "net assets"),
        F("band", several(SHARE), "low, target and high", None),
        answer("is", AMOUNT, "moved in, below zero if out"),
    ), key=2),
    Word("forecast", "Does the money last for the next business days?", (
        cell("there", AMOUNT, "cash and liquid assets"), cell("today", DATE, "day"),
        F("calls", AMOUNTS, "calls", "none"), F("due", several(DATE), "their due dates", "none"),
        F("flows", AMOUNTS, "expected flows, out if below zero", "none"),
        F("on", several(DATE), "their days", "none"),
        F("days", counted(1, 60), "business days looked ahead", "10"),
        F("calendar", CALENDAR, "whose business days", "BANK"),
        answer("left", AMOUNT, "what is left after the last day"),
        answer("short_on", DATE, "first day that ends below zero"),
        answer("shortfall", AMOUNT, "the deepest any day falls below zero"),
    ), key=2),
)  # fmt: skip

CALLS = (
    Word("unfunded", "What may still be called after a call and a distribution?", (
        cell("commitment", AMOUNT, "capital committed"),
        F("called", AMOUNT, "called inside before", "0.00"),
        F("recallable", AMOUNT, "given back before and recallable", "0.00"),
        F("inside", AMOUNTS, "lines of the call that count", "none"),
        F("outside", AMOUNTS, "lines of the call beside the commitment", "none"),
        F("kept", AMOUNT, "distributed for good", "0.00"),
        F("returned", AMOUNT, "distributed and recallable", "0.00"),
        answer("before", AMOUNT, "unfunded before"), answer("is", AMOUNT, "unfunded after"),
        answer("wire", AMOUNT, "call less distribution, below zero if received"),
    )),
    Word("call_due", "When is a call due?", (
        cell("notice", DATE, "day of the notice"), F("days", counted(0, 60), "business days", "10"),
        F("calendar", CALENDAR, "calendar the contract names", None),
        answer("is", DATE, "due date"),
    )),
    Word("call_split", "How is a call split over commitments, to the cent?", (
        cell("amount", AMOUNT, "the call"), F("commitments", AMOUNTS, "commitments", None),
        answer("is", AMOUNTS, "shares"),
    )),
    Word("equalization", "What does a late closer pay, and what do the others receive?", (
        cell("called", AMOUNT, "called inside so far, of all"),
        F("earlier", AMOUNTS, "commitments of those who were there", None),
        F("late", AMOUNTS, "commitments of those who join", None),
        F("days", COUNT, "days since the call was due", None),
        F("rate", SHARE, "simple interest a year", "8%"),
        answer("principal", AMOUNTS, "paid by each late closer: called inside"),
        answer("interest", AMOUNTS, "paid by each beside the commitment"),
        answer("receive", AMOUNTS, "received by each of the others"),
    )),
    Word("call_funding", "Can a call be paid from the liquid sleeve?", (
        cell("call", AMOUNT, "the call"), CASH, LIQUID,
        F("set_aside", AMOUNT, "redemptions and other calls that come first", "0.00"),
        answer("is", YES, "whether it can"), answer("from_cash", AMOUNT, "from cash"),
        answer("from_liquid", AMOUNT, "from the liquid sleeve"),
        answer("lacking", AMOUNT, "what is lacking"),
    )),
    Word("call_alarm", "How urgent is an unpaid call?", (
        cell("due", DATE, "due date"), cell("today", DATE, "day"),
        F("calendar", CALENDAR, "calendar the contract names", "BANK"),
        answer("is", choice("NONE", "DUE_SOON", "DUE_TODAY", "DEFAULT"), "alarm"),
    ), key=2),
)  # fmt: skip

FEES = (
    Word("fee", "What accrues of a fee on assets, and what is posted today?", (
        cell("base", AMOUNT, "base, the same on all days"), F("rate", SHARE, "share a year", None),
        F("first", DATE, "first day that accrues", "2026-01-01"),
        F("days", counted(1, 9999), "days so far", "1"),
        F("count", choice("ACT_365F", "ACT_ACT", "THIRTY_360"), "day count", "ACT_365F"),
        F("posted", AMOUNT, "posted so far", "0.00"),
        answer("accrued", FIGURE, "exact accrual so far, at six decimals"),
        answer("is", AMOUNT, "posted today"),
    )),
    Word("performance_fee", "What is the fee on a period's performance?", (
        cell("gross", FIGURE, "NAV per unit before it"),
        F("start", FIGURE, "NAV the period began with", None),
        F("loss", FIGURE, "losses carried into it", "0"),
        F("rate", SHARE, "share of the gain", None), F("hurdle", SHARE, "return a year", "0%"),
        F("kind", choice("SOFT", "HARD", "CATCH_UP"), "what the hurdle does", "CATCH_UP"),
        F("catch_up", SHARE, "share beyond the hurdle", "100%"),
        F("base", choice("START", "HIGH_WATER_MARK"), "what the hurdle grows on", "START"),
        F("days", counted(0, 9999), "days of 365 since it began", "365"),
        answer("is", FIGURE, "fee per unit, at four decimals or the NAV's"),
        answer("net", FIGURE, "NAV after it"),
        answer("mark", FIGURE, "high-water mark, were the period to end"),
        answer("carry", FIGURE, "loss carried on, were the period to end"),
    )),
    Word("expense_cap", "How much of a class's expenses is waived under a cap?", (
        cell("rates", several(SHARE), "fees, expenses, acquired fund fees"),
        cell("cap", SHARE, "the cap"), answer("total", SHARE, "all of them"),
        answer("is", SHARE, "waived"),
        answer("per_thousand", AMOUNT, "what $1,000 cost a year after the waiver"),
    ), key=2),
    Word("recapture", "How much of waived expenses may be taken back?", (
        cell("room", AMOUNT, "what the cap leaves"), cell("on", DATE, "day"),
        F("waived", AMOUNTS, "waivers not yet taken back", None),
        F("waived_on", several(DATE), "their days", None),
        F("years", counted(1, 9), "years in which they may be", "3"),
        answer("is", AMOUNT, "taken back"), answer("left", AMOUNT, "may be taken later"),
        answer("lapsed", AMOUNT, "may not be taken any more"),
    ), key=2),
)  # fmt: skip

IDENTIFIERS = (
    Word("identifier", "Does an identifier pass its own check?", (
        cell("kind", choice("CUSIP", "ISIN", "LEI", "ABA"), "what it is"),
        cell("text", NAME, "the identifier"), answer("is", YES, "whether it does"),
    ), key=2),
    Word("check_digits", "Which check digits complete an identifier?", (
        cell("kind", choice("CUSIP", "ISIN", "LEI", "ABA"), "what it is"),
        cell("base", NAME, "the identifier without them"), answer("is", NAME, "check digits"),
    ), key=2),
)  # fmt: skip

TERMS = (*LATE_AND_WRONG_PRICES, *GATES_AND_OFFERS, *CALLS, *FEES, *IDENTIFIERS)

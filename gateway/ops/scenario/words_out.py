"""The rows of `then`: what came out of the desks, and questions to a single rule.

A row names what it wants to see; cells it does not name are not looked at. `ask` rows
carry a question and its answer: no desk has part in them.

Not here: what goes in (`words_in`).
"""

from __future__ import annotations

from gateway.core.cash_breaks import BreakKind
from gateway.core.fees import FeeBase
from gateway.ops.scenario import lineage
from gateway.ops.scenario.kinds import (
    AMOUNT,
    COUNT,
    DATE,
    FIGURE,
    NAME,
    SHARE,
    TEXT,
    TIME,
    YES,
    choice,
    counted,
    several,
)
from gateway.ops.scenario.words import Field as F
from gateway.ops.scenario.words import Word, answer, by_name, cell
from gateway.ops.scenario.words_breaches import BREACHES
from gateway.ops.scenario.words_fees import FEE_ROWS
from gateway.ops.scenario.words_gates import GATES_OUT
from gateway.ops.scenario.words_rules import RULES
from gateway.ops.scenario.words_terms import TERMS
from gateway.ops.scenario.words_vehicles import VEHICLES

PARTICIPANT = cell("participant", NAME, "participant")
AMOUNT_CELL = cell("amount", AMOUNT, "money")
FUND = cell("fund", NAME, "fund")
INTO = F("into", NAME, "fund bought")
FROM = F("from", NAME, "fund sold")
BATCH = F("batch", NAME, "batch of the order")
PLAN = F("plan", NAME, "plan")
SESSION = F("session", DATE, "session")
TRADE_DATE = F("trade_date", DATE, "session whose NAV it gets")
SETTLES = F("settles", DATE, "day the money moves, once the session has closed")
LIMIT = F("limit", NAME, "limit that bound: PARTICIPANT_CAP or PLAN_CAP")
HEADROOM = F("headroom", AMOUNT, "what that limit had left")
DIRECTION = choice("pays", "receives", "even")

THEN = (
    Word("answer", "What a sender is told of a message.", (
        cell("batch", NAME, "batch, or `DayEnd`, or the statement"),
        cell("verdict", choice("ACCEPTED", "DUPLICATE", "REJECTED", "QUARANTINED", "CLOSED",
                               "BREAK", "OVERDUE", "WARNED", "LEFT_OUT", "REDATED",
                               "CANCEL_REQUESTED", "CANCELLED", "CANCEL_REFUSED", "CORRECTED",
                               "REOPENED", "UNPAID", "PAID_ANYWAY", "GATED",
                               "CALL_ALARM", "RESOLVED", "REPORT_DUE", "REPORT_OVERDUE",
                               "CURE_OVERDUE"), "verdict"),
        F("codes", several(NAME), "reasons"),
        F("lines", COUNT, "lines taken"),
        F("amount", AMOUNT, "money taken"),
        F("result", NAME, "the answer's id: R1, R2, … in the order of appearance; the same for "
          "the same bytes"),
        F("says", TEXT, "part of the explanation"),
        F("sender", NAME, "who is told"),
    )),
    Word("accepted", "Money that goes where it was asked to go.", (
        PARTICIPANT, AMOUNT_CELL, INTO, FROM, TRADE_DATE, SETTLES, BATCH, PLAN,
        F("asked", NAME, "fund that was asked for, if another takes its place"),
        F("reason", NAME, "why it was sent"),
    )),
    Word("diverted", "Money that a limit sends to the plan's liquid option.", (
        PARTICIPANT, AMOUNT_CELL, INTO, F("asked", NAME, "fund that was asked for"), LIMIT,
        HEADROOM, TRADE_DATE, SETTLES, BATCH, PLAN,
    )),
    Word("rejected", "An order that is refused.", (
        PARTICIPANT, AMOUNT_CELL, F("code", NAME, "why, the first reason"),
        F("codes", several(NAME), "every reason, in the order of docs/errors.md"), LIMIT,
        HEADROOM, INTO, FROM, TRADE_DATE, BATCH, PLAN,
    )),
    Word("parked", "An order that waits for its session to open.", (
        PARTICIPANT, AMOUNT_CELL, TRADE_DATE, INTO, FROM, BATCH, PLAN,
    )),
    Word("flow", "A plan's money into and out of a fund in a session.", (
        FUND, cell("plan", NAME, "plan"), F("buy", AMOUNT, "bought"), F("sell", AMOUNT, "sold"),
        SESSION,
    ), key=2),
    Word("fill", "What a plan's money became: omnibus units at the session's NAV.", (
        FUND, cell("plan", NAME, "plan"), F("buy", AMOUNT, "bought"),
        F("buy_units", FIGURE, "units issued"), F("sell", AMOUNT, "sold"),
        F("sell_units", FIGURE, "units cancelled"), F("nav", FIGURE, "NAV used"), SESSION,
    ), key=2),
    Word("confirmed", "What a participant is told of its units.", (
        PARTICIPANT, FUND, F("units", FIGURE, "units added, negative if taken"),
        F("buy", AMOUNT, "bought"), F("sell", AMOUNT, "sold"), F("nav", FIGURE, "NAV used"),
        TRADE_DATE, PLAN,
    ), key=2),
    Word("nav", "A fund's NAV for a session.", (
        FUND, cell("nav", FIGURE, "NAV per unit"), SESSION,
        F("status", choice("INDICATIVE", "ESTIMATED", "OFFICIAL", "CORRECTED"), "standing"),
        F("held", YES, "whether nothing is filled at it"),
        F("holds", several(NAME), "why it is held or an estimate"),
        F("net_assets", AMOUNT, "net assets before the session's orders"),
        F("alternatives", AMOUNT, "private holdings in them"),
        F("share", SHARE, "private holdings as a share of them"),
        F("units", FIGURE, "units outstanding before the session's orders"),
        F("opening_units", FIGURE, "units that the strike before priced"),
        F("subscribed", FIGURE, "units issued since"),
        F("redeemed", FIGURE, "units cancelled since"),
        F("previous", FIGURE, "NAV of the session before"),
        F("oldest_mark", DATE, "measurement date of the oldest mark used"),
    )),
    Word("released", "Two people let a held NAV stand, or put another in its place.", (
        FUND, cell("nav", FIGURE, "NAV that stands"), F("struck", FIGURE, "NAV as it was struck"),
        SESSION, F("by", NAME, "who asked"), F("approved_by", NAME, "who approved"),
    )),
    Word("corrected_nav", "Two people named the correct NAV of a session that was filled.", (
        FUND, cell("nav", FIGURE, "NAV that was right"),
        F("published", FIGURE, "NAV that was used"), SESSION,
        F("is", choice("IMMATERIAL", "MATERIAL"), "what the difference calls for"),
        F("booked", DATE, "session with whose opening it is booked"),
    )),
    Word("correction", "What an account differs by at the correct NAV: its purchases of the "
         "session, or its redemptions.", (
        PARTICIPANT, FUND, F("units_due", FIGURE, "units too few, below zero if too many"),
        F("money_due", AMOUNT, "money too little, below zero if too much"),
        F("units", FIGURE, "units booked; 0 if it is left as it is, or paid"),
        F("paid", AMOUNT, "money paid"), SESSION, PLAN,
    ), key=2),
    Word("nav_error_booked", "What a wrong NAV came to for its fund.", (
        FUND, F("units", FIGURE, "units issued less units cancelled"),
        F("payer", NAME, "who is responsible"), F("paid_in", AMOUNT, "what that party pays"),
        F("paid_out", AMOUNT, "what plans are paid"), F("kept", AMOUNT, "gain that stays"),
        F("outstanding", FIGURE, "units outstanding afterwards"),
        F("liquid", AMOUNT, "liquid sleeve afterwards"), SESSION,
        F("booked", DATE, "session that was open"),
    )),
    Word("fee", "A fund's management fee of the days since its last strike.", (
        FUND, F("posted", AMOUNT, "posted in the session"),
        F("accrued", AMOUNT, "posted and unpaid, taken off net assets"),
        F("paid", AMOUNT, "of it, paid at the end of the session"),
        F("base", AMOUNT, "what it is a share of"), F("first", DATE, "first day it is for"),
        F("of", choice(*FeeBase), "which base that is"),
        F("net_assets", AMOUNT, "net assets of the session before"), SESSION,
    )),
    *FEE_ROWS,
    Word("capital", "A call or distribution was booked.", (
        FUND, cell("vehicle", NAME, "vehicle"),
        cell("kind", choice("CALL", "DISTRIBUTION", "EQUALIZATION"), "which way"), AMOUNT_CELL,
        F("unfunded", AMOUNT, "unfunded commitment afterwards"),
        F("called", AMOUNT, "called inside the commitment since inception"),
        F("outside", AMOUNT, "called outside it"),
        F("recallable", AMOUNT, "distributed and recallable"),
        F("kept", AMOUNT, "distributed for good"),
        F("interest", AMOUNT, "of it, interest of a late close"),
        F("netted_with", NAME, "notice it is netted with; - for none"),
        F("net", AMOUNT, "net of both: the call less the distribution"),
        F("settlement_date", DATE, "day the money moves"), SESSION,
    ), key=3),
    *GATES_OUT,
    *VEHICLES,
    Word("valued", "What a private holding was worth at a strike.", (
        FUND, cell("vehicle", NAME, "vehicle"), F("value", AMOUNT, "value"),
        F("mark", AMOUNT, "mark it follows from"), F("measured", DATE, "date of that mark"),
        *lineage.SEEN, SESSION,
    ), key=2),
    Word("true_up", "A new mark replaced an estimate.", (
        FUND, cell("vehicle", NAME, "vehicle"),
        F("effect", AMOUNT, "difference booked in the session's NAV"),
        F("before", AMOUNT, "value by the old mark"), F("after", AMOUNT, "value by the new mark"),
        F("mark", AMOUNT, "the new mark"), F("measured", DATE, "date of the new mark"), SESSION,
    ), key=2),
    Word("purchase", "What a fund put into its private holdings.", (
        FUND, F("asked", AMOUNT, "what the target would have put there"),
        F("granted", AMOUNT, "what was put there"),
        F("trimmed", AMOUNT, "what stayed liquid instead"),
        F("headroom", AMOUNT, "what the fund's limit had left"),
        F("net_flow", AMOUNT, "purchases of the fund less redemptions"),
        F("frozen", YES, "whether purchases are frozen"),
        F("liquid", AMOUNT, "liquid sleeve afterwards"), F("limit", NAME, "the limit"), SESSION,
    )),
    Word("share", "A plan's part in such a purchase.", (
        FUND, cell("plan", NAME, "plan"), F("asked", AMOUNT, "its part of what was asked"),
        F("granted", AMOUNT, "its part of what was granted"), SESSION,
    ), key=2),
    Word("breach", "Whether a fund is in passive breach after a session's valuation.", (
        FUND, cell("open", YES, "whether a breach is open"),
        F("since", DATE, "session it was first seen"), F("cure_by", DATE, "day to cure it by"),
        SESSION,
    )),
    *BREACHES,
    Word("obligation", "What a party owes or is owed for one reason.", (
        cell("counterparty", NAME, "party"), cell("direction", DIRECTION, "which way"),
        AMOUNT_CELL, F("fund", NAME, "fund"), F("reason", NAME, "PLAN_PURCHASE, PLAN_REDEMPTION, "
        "FUND_SIDE, NAV_ERROR and so on"), F("reference", NAME, "plan or vehicle"),
        F("trade_date", DATE, "session whose NAV was used"),
        F("settlement_date", DATE, "day the money moves"),
    )),
    Word("instruction", "A net payment of a party for a settlement day.", (
        cell("counterparty", NAME, "party"), cell("direction", DIRECTION, "which way"),
        AMOUNT_CELL, F("currency", NAME, "ISO 4217 code"),
        F("settlement_date", DATE, "day the money moves"),
        F("trade_dates", several(DATE), "sessions behind it"),
        F("gross_in", AMOUNT, "what the party owed"),
        F("gross_out", AMOUNT, "what it was owed"), F("legs", COUNT, "obligations in it"),
        F("session", DATE, "session at whose close it was issued"),
        F("state", NAME, "how far it has come: SENT, SETTLED and so on"),
        F("settled", AMOUNT, "what was paid of it so far"),
        F("name", NAME, "its id"),
        F("replaces", NAME, "cancelled instruction in whose place it stands; - for none"),
        F("corrects", NAME, "settled instruction to which it adds a difference; - for none"),
    )),
    Word("wire_part", "What an instruction pays for one submitter's orders of one session.", (
        cell("counterparty", NAME, "party of the instruction"),
        cell("submitter", NAME, "recordkeeper that sent the orders; - for none"),
        cell("direction", DIRECTION, "which way"), AMOUNT_CELL,
        F("trade_date", DATE, "session whose NAV was used"),
        F("settlement_date", DATE, "day the money moves"),
        F("gross_in", AMOUNT, "what the party owed"),
        F("gross_out", AMOUNT, "what it was owed"), F("name", NAME, "the instruction's id"),
    ), key=2),
    Word("step", "A step in the life of an instruction, after it was sent.", (
        cell("counterparty", NAME, "party of the instruction"),
        cell("state", NAME, "state it is in now"), F("settled", AMOUNT, "what was paid so far"),
        F("by", NAME, "who said so: its receiver or operations"),
        F("says", TEXT, "part of why"), F("name", NAME, "the instruction's id"),
    ), key=2),
    Word("owed_again", "What an instruction did not settle, or settled too much, as an open leg.", (
        cell("counterparty", NAME, "party"), cell("direction", DIRECTION, "which way"),
        AMOUNT_CELL, F("settlement_date", DATE, "day of the wire it goes out with"),
        F("from", NAME, "instruction it comes from"), F("reason", NAME, "REOPENED or CORRECTION"),
    )),
    Word("cancellation", "A receiver is told that an instruction is off, or asked to agree.", (
        cell("counterparty", NAME, "party of the instruction"),
        F("asks", YES, "whether the receiver has to agree"), F("name", NAME, "the instruction"),
    ), key=1),
    Word("advised", "A bank's advice agrees with an instruction, or sends money back.", (
        cell("counterparty", NAME, "party"), cell("direction", DIRECTION, "which way"),
        AMOUNT_CELL, F("instruction", NAME, "instruction it settles; - for none"),
        F("resolves", NAME, "break whose money it sends back; - for none"),
    )),
    Word("cash_break", "Cash advised and instructions do not agree.", (
        cell("kind", choice(*(kind.value for kind in BreakKind)), "category"),
        cell("counterparty", NAME, "party"), F("expected", AMOUNT, "money that should have moved"),
        F("advised", AMOUNT, "money that moved; below zero, the party was paid"),
        F("instruction", NAME, "instruction it is about; - for none"),
        F("since", DATE, "day its age counts from"), F("opened", DATE, "session it was found in"),
        F("currency", NAME, "ISO 4217 code"), F("name", NAME, "its name"),
    ), key=2),
    Word("break_closed", "A break is resolved.", (
        cell("name", NAME, "the break"), F("by", TEXT, "part of what resolved it"),
        SESSION,
    )),
    Word("quarantined", "A message set aside with its bytes.", (
        cell("sender", NAME, "whose topic it came on"), F("codes", several(NAME), "reasons"),
        F("says", TEXT, "part of the explanation"),
    )),
    Word("holding", "Units a participant has now, or had as recorded at an earlier `then`.", (
        PARTICIPANT, FUND, F("units", FIGURE, "units"),
        F("as_recorded", COUNT, "number of the `then` block of this scenario, from 1"),
    ), key=2),
    Word("replay", "The messages of the scenario so far, decided once more in another way, "
         "compared by the hash of instructions, NAVs, confirmations and holdings (`journal`: "
         "byte for byte).", (
        cell("how", choice("journal", "from_zero", "new_owners", "one_by_one", "twice",
                           "by_sender", "partitions"), "journal: every inbox is decided again; "
             "from_zero: on a fresh log; new_owners: every desk is given up and folded from its "
             "journal after each message; one_by_one: in takes of a single message; twice: every "
             "message is delivered twice; by_sender: the senders' messages arrive one sender "
             "after the other; partitions: with `count` partitions a desk"),
        F("count", counted(1, 64), "partitions a desk, 1 to 64"),
        F("is", choice("same", "different"), "outcome"),
    ), key=1),
    Word("only", "Of these words, nothing came out but the rows above in this block.", (
        cell("words", several(NAME), "row words"),
    ), key=0),
)  # fmt: skip

ALTERNATIVE = cell("alternatives", AMOUNT, "alternatives")
TOTAL = cell("total", AMOUNT, "total they are a share of")
CAP = cell("cap", SHARE, "the cap")

ASK = (
    Word("trade_date", "Which session's NAV does an order get, and when does its money move?", (
        cell("received", TIME, "when it was received"), answer("is", DATE, "trade date"),
        answer("settles", DATE, "settlement date at T+1"),
    )),
    Word("settlement_date", "When does the money of a trade move?", (
        cell("trade_date", DATE, "trade date"),
        F("days", counted(0, 30), "settlement days after it", "1"),
        answer("is", DATE, "settlement date"),
    )),
    Word("cut_off", "When does a session close?", (
        cell("session", DATE, "session"), answer("is", TIME, "its close"),
    )),
    Word("local_time", "What does the clock in New York show?", (
        cell("at", TIME, "an instant"), answer("is", TEXT, "date and time on the clock"),
    )),
    Word("split", "How is an amount split by weights, to the cent?", (
        cell("amount", AMOUNT, "amount"), F("by", several(COUNT), "weights", None),
        answer("is", several(AMOUNT), "shares"),
    )),
    Word("split_units", "How are units split by weights, to the last decimal?", (
        cell("units", FIGURE, "units; their decimals are the scale"),
        F("by", several(AMOUNT), "weights", None), answer("is", several(FIGURE), "shares"),
    )),
    Word("units", "How many units does an amount buy?", (
        cell("amount", AMOUNT, "amount"), F("nav", FIGURE, "NAV per unit", None),
        F("unit_scale", counted(0, 9), "decimals of units, at most 9", "4"),
        answer("is", FIGURE, "units"),
    )),
    Word("value", "What are units worth?", (
        cell("units", FIGURE, "units"), F("nav", FIGURE, "NAV per unit", None),
        answer("is", AMOUNT, "value"),
    )),
    Word("within", "Is a share at or below a cap, exactly?", (
        ALTERNATIVE, TOTAL, CAP, answer("is", YES, "whether it is"),
        answer("share", SHARE, "the share"),
    ), key=0),
    Word("headroom", "How much more may be bought, the total being the one after the trade?", (
        ALTERNATIVE, TOTAL, CAP, answer("is", AMOUNT, "headroom"),
    ), key=0),
    Word("grant", "How is scarce headroom shared among those who ask?", (
        cell("headroom", AMOUNT, "what there is"), F("asks", several(AMOUNT), "asks in the order "
        "of receipt", None), F("sharing", choice("FIFO", "PRO_RATA"), "how", "FIFO"),
        answer("is", several(AMOUNT), "grants"),
    )),
    Word("redemption_capacity", "How much can be paid from the liquid part before a cap is "
         "passed?", (
        ALTERNATIVE, TOTAL, CAP, answer("is", AMOUNT, "capacity"),
    ), key=0),
    Word("inflow_to_cure", "Which liquid inflow brings a share back to a cap?", (
        ALTERNATIVE, TOTAL, CAP, answer("is", AMOUNT, "smallest inflow"),
    ), key=0),
    Word("capital_call", "How does a call on an old commitment count?", (
        cell("amount", AMOUNT, "the call"), ALTERNATIVE, TOTAL, CAP,
        F("in_breach", YES, "whether a passive breach is open", "no"),
        answer("paid", YES, "whether it is paid"),
        answer("is", choice("ORDINARY", "PASSIVE_COMMITMENT"), "how it counts"),
    )),
    Word("roll_forward", "What is a mark worth after so many sessions?", (
        cell("mark", AMOUNT, "the mark"), F("beta", SHARE, "share of the proxy's move", None),
        F("proxy", several(FIGURE), "proxy levels, the mark's first", None),
        F("flows", several(AMOUNT), "calls (positive) and distributions (negative), one for each "
          "level after the first", "none"),
        answer("is", AMOUNT, "value"),
    )),
    Word("true_up", "What does a better mark change today?", (
        cell("old", AMOUNT, "the old mark"), cell("new", AMOUNT, "the new mark"),
        F("beta", SHARE, "share of the proxy's move", None),
        F("proxy", several(FIGURE), "proxy levels, the mark's first", None),
        F("flows", several(AMOUNT), "as in `roll_forward`", "none"),
        answer("effect", AMOUNT, "difference"), answer("before", AMOUNT, "value by the old mark"),
        answer("after", AMOUNT, "value by the new mark"),
        answer("change", SHARE, "difference as a share of the old value"),
    ), key=2),
    Word("tolerance", "Is a day's change of NAV explained?", (
        cell("previous", FIGURE, "NAV of the session before"), cell("nav", FIGURE, "NAV"),
        F("expected", SHARE, "change that indices explain", "0%"),
        F("tolerance", SHARE, "largest unexplained change", "2%"),
        answer("held", YES, "whether the NAV is held"),
        answer("unexplained", SHARE, "the part nothing explains"),
    ), key=2),
    Word("stale", "Is a mark too old?", (
        cell("measured", DATE, "measurement date"), cell("session", DATE, "session"),
        F("limit", COUNT, "calendar days it may be old", "120"),
        answer("days", COUNT, "its age"), answer("is", YES, "whether it is stale"),
    ), key=2),
    lineage.INDEPENDENCE,
    Word("net", "What do amounts come to?", (
        cell("pays", several(AMOUNT), "what the party owes"),
        F("receives", several(AMOUNT), "what it is owed", "none"),
        answer("direction", DIRECTION, "which way"), answer("is", AMOUNT, "the net"),
    )),
    Word("picture", "Which amount do digits with an implied point stand for?", (
        cell("digits", TEXT, "digits as the file has them; - for blanks"),
        F("decimals", counted(0, 9), "digits after the implied point, at most 9", "2"),
        answer("is", NAME, "the amount, or BLANK"),
    )),
    *TERMS,
    *RULES,
)  # fmt: skip

THEN_WORDS = by_name(THEN)
ASK_WORDS = by_name(ASK)

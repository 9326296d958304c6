"""The rows of `given` and `when`: the market as it stands, and what happens in it.

Not here: what comes out (`words_out`).
"""

from __future__ import annotations

from gateway.core.book import Wrapper
from gateway.core.decisions import DecisionKind
from gateway.core.fees import DayCount
from gateway.core.logic import NEWEST
from gateway.core.money import UnitRounding
from gateway.core.netting import OF_THE_PARTNER
from gateway.core.settling_days import SettlesOn
from gateway.core.vocabulary import (
    CORRECTION_REASONS,
    DISTRIBUTION_REASONS,
    EXCHANGE_REASONS,
    MONEY_SOURCES,
)
from gateway.ops.scenario import lineage
from gateway.ops.scenario.kinds import (
    AMOUNT,
    CLOCK,
    COUNT,
    DATE,
    FIGURE,
    NAME,
    PARTS,
    SHARE,
    TEXT,
    TIME,
    YES,
    choice,
    counted,
    several,
)
from gateway.ops.scenario.words import Field as F
from gateway.ops.scenario.words import Word, by_name, cell
from gateway.ops.scenario.words_breaches import REFERENCE, REPORT_CELLS
from gateway.ops.scenario.words_eligibility import ELIGIBILITY, OF_A_FUND
from gateway.ops.scenario.words_fees import EXPENSES, FEE_CELLS
from gateway.ops.scenario.words_gates import gates_in

SIZE, DAYS = counted(1, 64), counted(0, 10_000)
SCOPES = choice("participant", "plan", "fund", "sleeve", "manager", "asset_class", "issuer")
FROM_SESSION = F("from", DATE, "session it holds from (in `when` only)", "the next session")
RECEIVED = F("received", TIME, "when the plan's agent had the order in good order",
             "an hour before the open session's cut-off")  # fmt: skip
BOOKED = F("booked", DATE, "session it is booked under; for what comes late", "the open session")
BATCH = F("batch", NAME, "batch it is sent in; neighbouring rows of one name go together",
          "B1, B2, … in the order of the file, a batch a row")  # fmt: skip
SENDER = F("sender", NAME, "who sends it", "the plan's recordkeeper")
PLAN = F("plan", NAME, "plan of the participant",
         "the one named for the participant before, or the first plan")  # fmt: skip
CURRENCY = F("currency", NAME, "ISO 4217 code", "USD")
RECORDED = F("recorded", TIME, "when the gateway's log has it; never before what came earlier",
             "17:00 in New York on the open session")  # fmt: skip
PARTICIPANT = cell("participant", NAME, "participant")

BOOK = (
    Word("plan", "A plan: who keeps its records, who settles, what it may hold.", (
        cell("plan", NAME, "plan"),
        F("recordkeeper", NAME, "who sends its orders", "RK_A"),
        F("settling_entity", NAME, "who owes and receives its cash", "the recordkeeper"),
        F("liquid", NAME, "fund that takes what a limit keeps out of alternatives", "LIQUID"),
        F("funds", several(NAME), "funds it has an agreement with", "all funds"),
        FROM_SESSION,
    )),
    Word("fund", "A fund. Its assets are a liquid sleeve, and what `sleeve` rows add.", (
        cell("fund", NAME, "fund"),
        F("alternative", YES, "whether it counts whole as alternative", "no"),
        F("nav", FIGURE, "NAV per unit at the opening; its decimals are the fund's", "10.0000"),
        F("assets", AMOUNT, "net assets at the opening", "units × NAV"),
        F("units", FIGURE, "units outstanding at the opening",
          "assets ÷ NAV; without either, 10,000,000"),
        F("unit_scale", counted(0, 9), "decimals of units, at most 9", "4"),
        F("unit_rounding", choice(*UnitRounding), "how units are rounded", "HALF_UP"),
        F("target", SHARE, "share meant to be in private holdings; an inflow is put to work up "
          "to it", "0%: nothing is bought"),
        F("index", NAME, "index that moves the liquid sleeve", "INDEX"),
        CURRENCY,
        F("sharing", choice("FIFO", "PRO_RATA"), "how plans share scarce headroom", "FIFO"),
        F("tolerance", SHARE, "largest change of NAV in a day that no index explains", "2%"),
        F("valuation_cut_off", CLOCK, "marks recorded later wait a day", "18:30"),
        F("settle_days", counted(0, 30), "settlement days after the trade date", "1"),
        F("settles_on", choice(*SettlesOn), "the days that settle_days counts: session and bank "
          "day, bank days, or sessions", "SETTLEMENT"),
        F("as_of", counted(0, 10), "sessions back it takes late orders as of", "0: none"),
        F("fee", SHARE, "management fee a year", "none"),
        F("day_count", choice(*(count.value for count in DayCount)), "how days make a year",
          "ACT_365F"),
        F("payee", NAME, "who is paid the fee", "TRUSTEE"),
        *FEE_CELLS,
        F("swing_beyond", SHARE, "net flow, as a share of net assets, beyond which its price "
          "swings", "never"),
        F("swing_by", SHARE, "how far it swings", "0%"),
        F("swing_up", YES, "whether it also swings up, for inflows", "no"),
        F("custodian", NAME, "who settles for the fund", "CUSTODIAN"),
        *OF_A_FUND,
        F("band", several(SHARE), "low and high share of private holdings: inside nothing is "
          "bought, above managers are asked for money down to the target", "none"),
        F("buffer", several(SHARE), "low, target and high share that is liquid: below the low "
          "managers are asked for money up to the target", "none"),
        F("nav_error_payer", NAME, "who is responsible for a wrong NAV", "the custodian"),
        F("wrapper", choice(*Wrapper), "what kind of vehicle it is; of an INTERVAL_FUND operations "
          "is told if its liquid sleeve does not cover an offer", "by its sleeves"),
    )),
    Word("bank", "A bank that advises of the money of parties.", (
        cell("bank", NAME, "bank"),
        F("parties", several(NAME), "whose money it advises of", None),
    )),
    EXPENSES,
    Word("sleeve", "A private holding of a fund.", (
        cell("fund", NAME, "fund that holds it"),
        cell("vehicle", NAME, "the manager's vehicle"),
        F("mark", AMOUNT, "its value at the opening", None),
        F("measured", DATE, "date that value was measured on",
          "the quarter's end before the first session"),
        F("manager", NAME, "who marks it", "MANAGER"),
        F("proxy", NAME, "index that moves it between marks", "PROXY"),
        F("beta", SHARE, "share of the index's move taken", "100%"),
        F("stale_after", DAYS, "calendar days after which a mark is stale", "120"),
        F("independent_within", DAYS, "calendar days its newest independent value may be old; 0: "
          "none is asked for", "0"),
        F("asset_class", NAME, "asset class, for limits", "none"),
        F("issuer", NAME, "issuer, for limits", "none"),
        F("income", SHARE, "expected income a year, accrued day by day", "none"),
        F("commitment", AMOUNT, "capital committed to a drawdown vehicle; such a one is never "
          "bought at will", "none"),
        F("calendar", choice("BANK", "EXCHANGE"), "calendar its due dates are counted on", "BANK"),
        F("notice_days", counted(0, 60), "business days of notice before a call is due", "10"),
        F("called", AMOUNT, "called inside the commitment before the opening", "0.00"),
        F("called_outside", AMOUNT, "called outside it before the opening", "0.00"),
        F("recallable", AMOUNT, "distributed before the opening and recallable", "0.00"),
        F("kept", AMOUNT, "distributed before the opening for good", "0.00"),
        *lineage.STATED,
    )),
    Word("glide", "A step of a fund's glide path: its target from a day on.", (
        cell("fund", NAME, "the fund"),
        cell("on", DATE, "day it holds from; before the first step the fund's `target` holds"),
        cell("target", SHARE, "share meant to be in private holdings"),
        FROM_SESSION,
    ), key=2),
    Word("cap", "A minority limit: the hard cap on alternatives after a purchase.", (
        cell("scope", SCOPES, "what it is about"),
        cell("cap", SHARE, "largest share of alternatives"),
        F("plan", NAME, "plan it holds for", "every plan"),
        F("fund", NAME, "fund it holds for", "every fund"),
        F("about", NAME, "vehicle, manager, asset class or issuer, for those scopes", "not used"),
        F("soft", SHARE, "share from which people are warned", "none"),
        F("on_excess", choice("TRIM", "REJECT"), "what becomes of a purchase that does not fit",
          "TRIM"),
        F("cure_days", DAYS, "calendar days a passive breach may last", "90"),
        F("counts_unfunded", YES, "whether unfunded commitments count as held; of funds", "no"),
        *REPORT_CELLS,
        FROM_SESSION,
    ), key=2),
    *gates_in(FROM_SESSION),
    Word("closed", "A weekday on which exchange or banks are shut, beyond the usual calendar.", (
        cell("date", DATE, "the day"),
        cell("what", choice("exchange", "bank", "both"), "what is shut", "both"),
        FROM_SESSION,
    ), key=2),
    Word("logic", "The level of decision logic in force.", (
        cell("level", counted(1, NEWEST), "level"),
        FROM_SESSION,
    )),
    Word("early_close", "A session that closes early, beyond the usual calendar.", (
        cell("date", DATE, "the session"),
        cell("at", CLOCK, "local time of its close"),
        FROM_SESSION,
    )),
    *ELIGIBILITY,
)  # fmt: skip

CHANGES = tuple(word for word in BOOK if word.name not in ("fund", "sleeve"))

HOLDING = Word("holding", "Units a participant holds, as the recordkeeper states them.", (
    PARTICIPANT,
    cell("fund", NAME, "fund", "see `total`"),
    F("units", FIGURE, "units held", "value ÷ opening NAV"),
    F("value", AMOUNT, "worth of the units at the opening NAV", "not used"),
    F("total", AMOUNT, "instead of fund and units: the whole account, of which `alternatives` is "
      "in the first alternative fund and the rest in the plan's liquid option", "not used"),
    F("alternatives", AMOUNT, "alternatives in `total`", "0.00"),
    PLAN,
), key=2)  # fmt: skip

BOOK_FILE = Word("book", "A book file instead of rows of the book: all of it, as it stands there. "
                 "In `when` it is a change, which holds from the session it names.", (
    cell("file", TEXT, "path of the file, beside the scenario's own"),
))  # fmt: skip

GIVEN = (
    BOOK_FILE,
    Word("session", "The first session.", (cell("session", DATE, "the session"),)),
    Word("partitions", "How many partitions the desks have.", (
        F("plan", SIZE, "plan desk, 1 to 64", "2"),
        F("fund", SIZE, "fund desk", "2"),
        F("cash", SIZE, "cash desk", "2"),
    ), key=0),
    *BOOK,
    HOLDING,
    Word("level", "An index level at the opening; 1,000.00 where none is given.", (
        cell("index", NAME, "index"),
        cell("level", FIGURE, "its level, up to four decimals"),
    )),
)  # fmt: skip

ORDERS = (
    Word("contribution", "New money of a participant. An election is split by the recordkeeper, "
         "to the cent, before it is sent.", (
        PARTICIPANT,
        cell("amount", AMOUNT, "money"),
        F("into", PARTS, "fund, or funds with percentages", "the first fund"),
        F("source", choice(*(source.value for source in MONEY_SOURCES)), "money source",
          "PRE_TAX"),
        RECEIVED, BATCH, BOOKED, PLAN, SENDER, CURRENCY,
    ), key=2),
    Word("exchange", "Money moved between two funds of a participant.", (
        PARTICIPANT,
        cell("amount", AMOUNT, "money"),
        F("from", NAME, "fund sold", "the plan's liquid option"),
        F("into", NAME, "fund bought", "the first alternative fund"),
        F("reason", choice(*EXCHANGE_REASONS), "why; a conversion names one fund", "UNSTATED"),
        RECEIVED, BATCH, BOOKED, PLAN, SENDER, CURRENCY,
    ), key=2),
    Word("distribution", "Money paid out to a participant.", (
        PARTICIPANT,
        cell("amount", AMOUNT, "money"),
        F("from", NAME, "fund sold", "the first fund"),
        F("reason", choice(*DISTRIBUTION_REASONS), "why", "UNSTATED"),
        RECEIVED, BATCH, BOOKED, PLAN, SENDER, CURRENCY,
    ), key=2),
    Word("correction", "An order that goes back to a row of an earlier batch, and undoes it, "
         "adds lost earnings to it, or withdraws what waits of it at a fund's gate.", (
        PARTICIPANT,
        cell("amount", AMOUNT, "money the original traded or asked, or lost earnings"),
        cell("kind", choice(*CORRECTION_REASONS), "why"),
        F("of", NAME, "batch of the original", None),
        F("line", COUNT, "its line in that batch, from 0", "0"),
        F("fund", NAME, "fund bought or sold by it", "the first fund"),
        F("corrects", choice("CONTRIBUTION", "DISTRIBUTION", "EXCHANGE"), "what it was",
          "CONTRIBUTION, or of a WITHDRAWAL DISTRIBUTION"),
        F("of_session", DATE, "session the original was booked under", "that of the batch"),
        F("of_trade_date", DATE, "session whose NAV it got", "the session it was booked under"),
        F("of_received", TIME, "when the original was received", "as its row says"),
        RECEIVED, BATCH, BOOKED, PLAN, SENDER, CURRENCY,
    ), key=2),
)  # fmt: skip

ANSWER = Word("pay_back", "A manager answers a request for money. What it neither pays, deducts "
              "nor lets wait lapses.", (
    cell("vehicle", NAME, "vehicle"),
    cell("paid", AMOUNT, "what is paid"),
    F("deducted", AMOUNT, "what stays with the vehicle for an early repurchase", "0.00"),
    F("queued", AMOUNT, "what of the request waits", "0.00"),
    F("request", NAME, "the request by its id", "the oldest of the vehicle that is open"),
    F("on", DATE, "day the money moves", "the settlement date of the open session"),
    F("fund", NAME, "fund that asked", "the one whose sleeve it is"),
    F("sender", NAME, "who answers", "the vehicle's manager"),
    F("currency", NAME, "ISO 4217 code", "USD"),
    F("name", NAME, "name of the notice", "L1, L2, …"),
    RECORDED,
), key=2)  # fmt: skip

GATE = Word("vehicle_gate", "A manager gates its vehicle.", (
    cell("vehicle", NAME, "vehicle"),
    cell("what", choice("CAP", "SUSPENSION"), "how"),
    F("cap", SHARE, "share that is let out", "not used"),
    F("first", DATE, "first day", "the open session"),
    F("last", DATE, "last day", "until another replaces it"),
    F("fund", NAME, "fund that holds it", "the one whose sleeve it is"),
    F("sender", NAME, "who says it", "the vehicle's manager"),
    F("name", NAME, "name of the notice", "L1, L2, …"),
    RECORDED,
), key=2)  # fmt: skip

WHEN = (
    *ORDERS,
    Word("batch", "Control totals a batch is sent with, if they are not the true ones. "
         "Stands beside the rows of the batch.", (
        cell("batch", NAME, "batch"),
        F("control_count", COUNT, "lines declared", "the true count"),
        F("control_amount", AMOUNT, "money declared", "the true sum"),
    )),
    Word("repeat", "A batch is sent again, byte for byte.", (
        cell("batch", NAME, "batch"),
    )),
    Word("unreadable", "Bytes that are no message.", (
        cell("sender", NAME, "whose topic they come on"),
        cell("bytes", TEXT, "in hexadecimal; - for no bytes at all"),
    )),
    Word("mark", "A manager states the value of a holding.", (
        cell("vehicle", NAME, "vehicle"),
        cell("value", AMOUNT, "value of the fund's holding"),
        F("measured", DATE, "date it was measured on", "the open session"),
        F("fund", NAME, "fund that holds it", "the one whose sleeve it is"),
        F("sender", NAME, "who states it", "the vehicle's manager"),
        F("statement", NAME, "name of the statement", "S1, S2, …"),
        *lineage.STATED, RECORDED,
    ), key=2),
    Word("notice", "A manager calls capital, distributes it, or refunds it at a late close.", (
        cell("kind", choice("CALL", "DISTRIBUTION", "EQUALIZATION"), "which way"),
        cell("vehicle", NAME, "vehicle"),
        F("inside", AMOUNT, "called inside the commitment, or recallable", "0.00"),
        F("outside", AMOUNT, "called outside the commitment, or kept for good", "0.00"),
        F("interest", AMOUNT, "interest of a late close, outside the commitment", "0.00"),
        F("total", AMOUNT, "total stated", "all lines together"),
        F("netted_with", NAME, "earlier notice the other way, paid with it", "none"),
        F("net", AMOUNT, "net of both as stated: the call less the distribution", "0.00"),
        F("due", DATE, "day the money moves", "ten bank days after the notice"),
        F("noticed", DATE, "day of the notice", "the open session"),
        F("fund", NAME, "fund that holds it", "the one whose sleeve it is"),
        F("sender", NAME, "who states it", "the vehicle's manager"),
        F("name", NAME, "name of the notice", "N1, N2, …"),
        RECORDED,
    ), key=2),
    ANSWER,
    GATE,
    Word("level", "An index level is published. An index of which nothing is said keeps its "
         "level.", (
        cell("index", NAME, "index"),
        cell("level", FIGURE, "level at the close, up to four decimals"),
        F("session", DATE, "session at whose close it stood there", "the open session"),
        RECORDED,
    )),
    Word("no_level", "Nothing is published of an index for the open session.", (
        cell("index", NAME, "index"),
    )),
    HOLDING,
    BOOK_FILE,
    *CHANGES,
    Word("day_end", "A recordkeeper declares its session complete. `close` does it for those "
         "who have not.", (
        cell("sender", NAME, "recordkeeper"),
        F("session", DATE, "session declared", "the open session"),
        F("batches", COUNT, "batches declared", "those accepted"),
        F("lines", COUNT, "lines declared", "those accepted"),
        F("amount", AMOUNT, "money declared", "what was accepted"),
    )),
    Word("close", "The open session closes: cut-off, valuation, every recordkeeper's end of day; "
         "then the next session opens.", (
        cell("through", DATE, "close every session up to this one", "the open session"),
        F("waiting", several(NAME), "recordkeepers that do not end their day: their deadline "
          "passes and the session stays open", "-"),
    )),
    Word("decide", "Two people of operations decide: one asks, another approves.", (
        cell("kind", choice(*(kind.value for kind in DecisionKind)), "what is decided"),
        cell("subject", NAME, "recordkeeper, fund, or party of the instruction; EXCHANGE for "
             "an early close; FUND/LIMIT/SINCE/REPORT of a report that was made on `session`"),
        F("session", DATE, "session it concerns", "the open session"),
        F("nav", FIGURE, "NAV that is to stand (OVERRIDE_NAV, CORRECT_NAV)", "not used"),
        F("amount", AMOUNT, "amount that is right (CORRECT_INSTRUCTION)", "0.00"),
        F("at", CLOCK, "local time of the close (CLOSE_EARLY)", "not used"),
        F("settlement_date", DATE, "settlement date of the instruction", "the latest there is"),
        F("by", NAME, "who asks", "ana"),
        F("approved_by", NAME, "who approves; - for nobody", "ben"),
        F("name", NAME, "name of the decision", "D1, D2, …"),
        F("reason", TEXT, "why", "decided in a scenario"),
        REFERENCE,
        RECORDED,
    ), key=2),
    Word("acknowledge", "A party answers an instruction.", (
        cell("counterparty", NAME, "party of the instruction"),
        cell("state", choice(*sorted(OF_THE_PARTNER)), "its answer"),
        F("settled", AMOUNT, "paid so far, where a part is", "0.00"),
        F("settlement_date", DATE, "settlement date of the instruction", "the latest there is"),
        F("instruction", NAME, "the instruction by its id", "the party's latest"),
        F("sender", NAME, "who says it", "the instruction's receiver"),
        F("says", TEXT, "the party's own words", "nothing"),
    ), key=2),
    Word("advice", "A bank tells that money of a party has moved.", (
        cell("counterparty", NAME, "party that paid or was paid"),
        cell("direction", choice("pays", "receives"), "which way"),
        cell("amount", AMOUNT, "money"),
        F("value_date", DATE, "day it moved", "the instruction's settlement date"),
        F("reference", NAME, "instruction it belongs to; - for none", "the party's latest"),
        F("currency", NAME, "ISO 4217 code", "USD"),
        F("name", NAME, "the bank's own name of it", "A1, A2, …"),
        F("sender", NAME, "who tells it", "the party's bank"), RECORDED,
    ), key=3),
)  # fmt: skip

GIVEN_WORDS = by_name(GIVEN)
WHEN_WORDS = by_name(WHEN)
BOOK_WORDS = frozenset(word.name for word in BOOK)
ORDER_WORDS = frozenset(word.name for word in ORDERS)

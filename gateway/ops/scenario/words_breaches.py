"""Rows about passive breaches: what a limit asks when it is passed, and what came of it.

Part of the tables of `words_in` and `words_out`.

Not here: the fund's own breach at a strike, in a word (`breach` in `words_out`).
"""

from __future__ import annotations

from gateway.core.breach_events import BreachStanding
from gateway.core.breach_reports import ReportKind
from gateway.ops.scenario.kinds import AMOUNT, DATE, NAME, SHARE, TEXT, choice, counted
from gateway.ops.scenario.words import Field as F
from gateway.ops.scenario.words import Word, cell

DAYS = counted(0, 3650)
FUND = cell("fund", NAME, "fund")
LIMIT = cell("limit", NAME, "the limit: FUND_CAP, or scope and name as MANAGER_BX")
REPORT = cell("report", NAME, f"{', '.join(ReportKind)}; follow-ups with a number, as FOLLOW_UP-1")
SINCE = F("since", DATE, "session the breach was first seen")
SESSION = F("session", DATE, "session")
DUE = F("due", DATE, "last day to make it on")

REPORT_CELLS = (
    F("report_days", DAYS, "bank days to the report of a passive breach; of funds", "0: none"),
    F("plan_days", DAYS, "calendar days to the plan to cure it", "0: none"),
    F("report_again_days", DAYS, "calendar days after which it is reported again, each time",
      "0: never"),
)  # fmt: skip
"""Cells of a `cap` row."""

REFERENCE = F("reference", TEXT, "document a report was made in (REPORT_FILED)", "none")
"""Cell of a `decide` row."""

BREACHES = (
    Word("limit_breach", "How a passive breach of a limit of a fund stands after a session's "
         "valuation.", (
        FUND, LIMIT, cell("is", choice(*BreachStanding), "how it stands"), SINCE,
        F("cure_by", DATE, "day to cure it by"),
        F("counted", AMOUNT, "what the limit counts before the session's orders"),
        F("total", AMOUNT, "net assets it is a share of"),
        F("share", SHARE, "the share"), F("cap", SHARE, "the cap"), SESSION,
    ), key=3),
    Word("report_due", "A report of a passive breach has fallen due.", (
        FUND, LIMIT, REPORT, SINCE, F("fell", DATE, "session at whose strike it fell due"), DUE,
    ), key=3),
    Word("report_overdue", "The last day of a report has passed and nobody entered it.", (
        FUND, LIMIT, REPORT, SINCE, DUE, SESSION,
    ), key=3),
    Word("report_made", "Two people entered a report that was made.", (
        FUND, LIMIT, REPORT, SINCE, F("made", DATE, "day it was made"), DUE,
        F("reference", TEXT, "part of the document's name"), F("by", NAME, "who entered it"),
        F("approved_by", NAME, "who approved"),
    ), key=3),
    Word("cure_overdue", "The day to cure a breach by has passed and it is open still.", (
        FUND, LIMIT, SINCE, F("cure_by", DATE, "day it was to be cured by"), SESSION,
    ), key=2),
)  # fmt: skip

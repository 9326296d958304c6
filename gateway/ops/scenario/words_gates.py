"""Rows about gates: how a fund lets its plans out, and what became of their requests.

Part of the tables of `words_in` and `words_out`.

Not here: questions to the rules of gates (`words_terms`).
"""

from __future__ import annotations

from gateway.core.withdrawals import Withdrawal
from gateway.ops.scenario.kinds import AMOUNT, DATE, NAME, SHARE, YES, choice, counted
from gateway.ops.scenario.words import Field as F
from gateway.ops.scenario.words import Word, cell

FUND = cell("fund", NAME, "fund")
SESSION = F("session", DATE, "session")


def gates_in(from_session: F) -> tuple[Word, ...]:
    """The rows of `given` and `when`."""
    return (
        Word("gate", "A fund takes sales as requests, and meets them on its dealing days.", (
            FUND,
            F("policy", choice("RESUBMIT", "CARRY", "FIFO", "RATABLE"), "who goes first, and "
              "whether the rest lapses or waits", None),
            F("dealing", choice("EVERY_SESSION", "LAST_OF_MONTH", "LAST_OF_QUARTER", "OFFERS"),
              "sessions on which requests are met", "EVERY_SESSION"),
            F("pricing", choice("ONE_NAV", "PER_TRANCHE"), "NAV of later parts of a request",
              "PER_TRANCHE"),
            F("odd_lots_first", YES, "whether holders of fewer than 100 units who ask for all go "
              "first", "no"),
            F("early_deduction", SHARE, "kept of units held less than a year", "none"),
            F("notice_days", counted(0, 366), "calendar days of notice before a dealing day", "0"),
            F("withdrawal", choice(*Withdrawal), "until when what waits may be withdrawn", "NONE"),
            from_session,
        )),
        Word("gate_cap", "Largest share of a gated fund that is paid in a period.", (
            FUND,
            cell("cap", SHARE, "the share"),
            F("period", choice("DEALING_DAY", "MONTH", "QUARTER"), "period it counts for",
              "QUARTER"),
            F("basis", choice("NAV", "UNITS", "PRIOR_MONTH_NAV", "PRIOR_QUARTER_NAV"),
              "what it is a share of", "NAV"),
            F("net", YES, "whether purchases of the period add to it", "no"),
            F("name", NAME, "its name; another cap of the name overrides it",
              "the period, and _CAP"),
            F("first", DATE, "first day it holds", "2000-01-01"),
            F("last", DATE, "last day it holds", "until another replaces it"),
            from_session,
        ), key=2),
        Word("suspension", "A time in which a gated fund pays nothing.", (
            FUND,
            F("first", DATE, "first day", None),
            F("last", DATE, "last day", "until it is lifted"),
            from_session,
        )),
        Word("offer", "An offer of a fund that deals on OFFERS to repurchase units.", (
            FUND,
            cell("share", SHARE, "share of units outstanding"),
            F("extra", SHARE, "added if too much is tendered, at most 2%", "none"),
            F("fee", SHARE, "kept of the proceeds", "0%"),
            F("noticed", DATE, "day holders are told", None),
            F("deadline", DATE, "last trade date of requests", None),
            F("priced", DATE, "session whose NAV is paid", None),
            F("paid", DATE, "day the money moves", None),
            from_session,
        ), key=2),
    )  # fmt: skip


GATES_OUT = (
    Word("gate", "What went through a fund's gate on a dealing day.", (
        FUND, F("room", AMOUNT, "what it let out"),
        F("bound_by", NAME, "what bounds it: a cap by name, SUSPENDED, OFFER or LIQUID"),
        F("asked", AMOUNT, "asked for"), F("met", AMOUNT, "redeemed"),
        F("kept", AMOUNT, "of it, kept by the fund"), F("queued", AMOUNT, "what waits"),
        F("lapsed", AMOUNT, "what has to be asked for again"),
        F("settlement_date", DATE, "day the money moves"), SESSION,
    )),
    Word("request", "What a participant is told of its sale of a gated fund.", (
        cell("participant", NAME, "participant"), FUND,
        F("asked", AMOUNT, "asked in all"), F("paid", AMOUNT, "paid now"),
        F("kept", AMOUNT, "kept by the fund"), F("left", AMOUNT, "what waits"),
        F("lapsed", AMOUNT, "what has to be asked for again"),
        F("withdrawn", AMOUNT, "what was taken back"),
        F("state", NAME, "FILLED, PARTIALLY_FILLED, NOT_FILLED or WITHDRAWN, of all the plan's "
          "requests"),
        F("code", NAME, "GATM or GAT1; - if all are filled or withdrawn"), SESSION,
        F("buys_on", DATE, "session in which an exchange buys with what was paid"),
        F("plan", NAME, "plan"),
    ), key=2),
    Word("returned", "Capital that a fund returned to all its holders.", (
        FUND, cell("amount", AMOUNT, "what was returned"),
        F("planned", AMOUNT, "what was decided"),
        F("settlement_date", DATE, "day the money moves"), SESSION,
    ), key=2),
    Word("given_back", "A participant's part of capital returned.", (
        cell("participant", NAME, "participant"), FUND, cell("amount", AMOUNT, "its part"),
        F("into", NAME, "the plan's liquid option, which it buys"),
        F("buys_on", DATE, "session in which it does"), F("plan", NAME, "plan"),
    ), key=3),
)  # fmt: skip

"""The rows of `then` about money that a fund asks back from vehicles, and calls in danger.

Part of the table `words_out.THEN`.

Not here: calls and distributions (`words_out`).
"""

from __future__ import annotations

from gateway.ops.scenario.kinds import AMOUNT, DATE, NAME, choice
from gateway.ops.scenario.words import Field as F
from gateway.ops.scenario.words import Word, cell

FUND = cell("fund", NAME, "fund")
VEHICLE = cell("vehicle", NAME, "vehicle")
SESSION = F("session", DATE, "session")

VEHICLES = (
    Word("asked_back", "A fund asks a manager for money back.", (
        FUND, VEHICLE, cell("amount", AMOUNT, "what is asked"),
        F("reason", choice("BAND", "BUFFER"), "band of the alternatives, or liquid buffer"),
        F("holding", AMOUNT, "the holding after the session"),
        F("liquid", AMOUNT, "liquid sleeve after the session"),
        F("alternatives", AMOUNT, "all private holdings after the session"),
        F("net_assets", AMOUNT, "net assets after the session's orders"),
        F("open", AMOUNT, "asked before and not paid yet"), SESSION,
    ), key=3),
    Word("paid_back", "A manager's answer is in order.", (
        FUND, VEHICLE, F("paid", AMOUNT, "what is paid"),
        F("deducted", AMOUNT, "what stays with the vehicle"),
        F("queued", AMOUNT, "what of the request waits"), F("lapsed", AMOUNT, "what lapses"),
        F("request", NAME, "the request by its id"), F("on", DATE, "day the money moves"),
    ), key=2),
    Word("redeemed", "A vehicle's payment was booked.", (
        FUND, VEHICLE, cell("amount", AMOUNT, "paid into the liquid sleeve"),
        F("deducted", AMOUNT, "lost to the vehicle"),
        F("settlement_date", DATE, "day the money moves"), SESSION,
    ), key=3),
    Word("gated", "A vehicle's manager capped or suspended redemptions.", (
        FUND, VEHICLE, F("what", choice("CAP", "SUSPENSION"), "how"),
        F("first", DATE, "first day"), F("last", DATE, "last day"),
    ), key=2),
    Word("call_alarm", "A call is due soon and the liquid sleeve will not have it.", (
        FUND, VEHICLE, F("call", NAME, "name of the notice"), F("amount", AMOUNT, "the call"),
        F("lacking", AMOUNT, "what lacks of it"), F("liquid", AMOUNT, "liquid sleeve"),
        F("due", DATE, "due date"), SESSION,
    ), key=2),
)  # fmt: skip

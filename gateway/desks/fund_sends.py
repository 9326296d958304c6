"""What a fund partition sends once it has struck: fills, obligations, and what people are told.

Not here: when it strikes (`fund`, `fund_release`).
Laws: L1, L4.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gateway.core.events import MarkRefused
from gateway.core.fund_events import NoticeRefused
from gateway.core.money import format_amount
from gateway.core.repurchases import OfferFault
from gateway.core.settlement import Obligation
from gateway.desks.desk import Address, Send, Topology
from gateway.desks.fund_state import FundState
from gateway.desks.strike import Struck
from gateway.desks.strike_breaches import clock_sends
from gateway.desks.telling import tell
from gateway.desks.vehicle_sends import alarm_sends, redemption_sends

ROWS_PER_MESSAGE = 1_000
"""Legs in one message of obligations."""


def fill_sends(struck: Sequence[Struck], to: Address) -> tuple[list[Send], int]:
    """The fills for a plan partition, and the minor units in them."""
    fills = [fill for fund in struck for at, fill in fund.fills if at == to.partition]
    answers = [answer for fund in struck for at, answer in fund.gate.fills if at == to.partition]
    # Units are told as they were before the session's orders, so capital is shared before fills.
    shares = [shares for fund in struck for at, shares in fund.gate.shares if at == to.partition]
    amount = sum(int(fill.buy_minor.sum() + fill.sell_minor.sum()) for fill in fills)
    amount += sum(row.paid_minor for answer in answers for row in answer.rows)
    amount += sum(row.minor for each in shares for row in each.rows)
    return [Send(to, message) for message in (*shares, *fills, *answers)], amount


def obligation_sends(
    state: FundState, struck: Sequence[Struck], session: date, to: Address, topology: Topology
) -> tuple[list[Send], int]:
    """The legs of a cash partition's parties, and the minor units in them."""
    sends: list[Send] = []
    amount = 0
    for fund in struck:
        rows = [row for row in fund.obligations if topology.home("cash", row.counterparty) == to]
        amount += sum(row.amount_minor for row in rows)
        sends.extend(
            Send(
                to,
                Obligation(
                    state.partition, session, fund.nav.currency,
                    tuple(rows[at : at + ROWS_PER_MESSAGE]),
                ),
            )
            for at in range(0, len(rows), ROWS_PER_MESSAGE)
        )  # fmt: skip
    return sends, amount


def told_of(state: FundState, fund: Struck, session: date) -> list[Send]:
    """What a strike tells people: notices that cannot be booked, and soft caps passed now."""
    told = [refusal(notice, session) for notice in fund.capital.refused]
    balanced = fund.balanced
    if balanced is not None:
        before = state.funds[balanced.fund_id].warned
        told += [
            tell(
                f"{balanced.fund_id}/{name}", balanced.session, "WARNED",
                f"{balanced.fund_id} is above the soft cap of {name}: nothing is stopped",
            )
            for name in balanced.warned
            if name not in before
        ]  # fmt: skip
    return [
        *told,
        *_uncovered(fund, session),
        *redemption_sends(state, fund.back, fund.nav),
        *alarm_sends(fund.alarms),
        *clock_sends(fund.clocks),
    ]


def _uncovered(fund: Struck, session: date) -> list[Send]:
    """Operations are told of an interval fund's offer that its liquid sleeve does not cover.

    Source: 23c-3(b)(10), golden G17.
    """
    short = fund.gate.uncovered_minor
    if not short:
        return []
    fund_id, currency = fund.nav.fund_id, fund.nav.currency
    detail = (
        f"{OfferFault.NOT_LIQUID}: the offer of {fund_id} is worth "
        f"{format_amount(short, currency)} {currency} more than its liquid sleeve"
    )
    return [tell(f"{fund_id}/OFFER", session, "WARNED", detail)]


def refusal(event: MarkRefused | NoticeRefused, session: date) -> Send:
    """What the sender of a mark, a call or a distribution is told that no fund can use."""
    if isinstance(event, NoticeRefused):
        return tell(
            event.batch_id, session, "REJECTED", event.detail, *event.codes, to=event.sender
        )
    detail = "no holding of the fund answers to this vehicle, sender and currency"
    return tell(event.batch_id, session, "REJECTED", detail, event.code, to=event.sender)

"""Law L2, the terms of plans and funds: each line that traded is held against them again.

Asked line by line with the rules themselves, without the desk's tables: no agreement, no
qualification, a closed fund, a blackout or a minimum lets a line through that they stop; a
contribution buys the fund that the book sends it to; and the reasons a line carries begin with
its code. A reversal is no new wish of a participant's: no blackout stops it, and it goes back into
the fund that was sold. A withdrawal leaves money where it is, whatever stops sales.

Not here: limits (`breaches`), conservation; the minimum of sales and of rollovers, of which the
event alone does not say enough.
Law: L2.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.core.book import Book
from gateway.core.corrections import REVERSALS
from gateway.core.eligibility import contributed_to
from gateway.core.events import OrdersDecided
from gateway.core.laws import Events, Reference, Violation
from gateway.core.line_eligibility import is_below_minimum, trade_faults
from gateway.core.refusals import bits, codes_in
from gateway.core.vocabulary import REJECT_CODES, EventKind, OrderKind, RejectCode
from gateway.core.withdrawals import NO_REASON_TO_STAY


def terms_kept(where: str, events: Events) -> Iterator[Violation]:
    """No line trades against the terms in force for the session whose NAV it gets.

    Args:
        where: The partition's name.
        events: A plan partition's journal.
    """
    reference = Reference()
    for event in events:
        reference.follow(event)
        if isinstance(event, OrdersDecided):
            here = f"{where}, batch {event.batch_id}"
            yield from _reasons(here, event)
            yield from _lines(here, event, reference.book)


def _reasons(here: str, event: OrdersDecided) -> Iterator[Violation]:
    rows = zip(event.line.tolist(), event.code.tolist(), event.reasons.tolist(), strict=True)
    for line, code, reasons in rows:
        first = (*codes_in(reasons), REJECT_CODES[0])[0]
        if reasons < 0 or first is not REJECT_CODES[code]:
            detail = f"its code is {REJECT_CODES[code]}, its reasons begin with {first}"
            yield Violation("L2", f"{here} line {line}", detail)


def _lines(here: str, event: OrdersDecided, book: Book) -> Iterator[Violation]:
    # Terms are the same for every line of a plan and a pair of funds.
    known: dict[tuple[int, int, int], int] = {}
    undoes = event.reason in REVERSALS and event.links is not None
    rows = zip(event.line.tolist(), event.code.tolist(), event.plan.tolist(),
               event.sell_fund.tolist(), event.buy_fund.tolist(), event.asked_fund.tolist(),
               event.amount_minor.tolist(), strict=True)  # fmt: skip
    for line, code, at, sell, buy, asked, amount in rows:
        plan = book.plans.get(event.plans[at])
        if code or plan is None:
            continue
        legs = (event.funds[sell] if sell >= 0 else "", event.funds[buy] if buy >= 0 else "")
        key = (at, sell, buy)
        if key not in known:
            known[key] = trade_faults(plan, book.funds, event.kind, legs, event.trade_date)
            if undoes:
                known[key] &= ~bits(RejectCode.BLACKOUT)
            if event.reason is EventKind.WITHDRAWAL:
                known[key] &= ~NO_REASON_TO_STAY
        if known[key]:
            against = ", ".join(codes_in(known[key]))
            yield Violation("L2", f"{here} line {line}", f"it trades against {against}")
        if event.kind is OrderKind.EXCHANGE and is_below_minimum(
            plan, book.funds.get(legs[1]), legs, amount, event.trade_date
        ):
            detail = f"it buys {amount} minor units of {legs[1]}, below the fund's minimum"
            yield Violation("L2", f"{here} line {line}", detail)
        if event.kind is OrderKind.CONTRIBUTION and not (undoes and asked >= 0):
            wanted = event.funds[asked] if asked >= 0 else legs[1]
            into = wanted if undoes else contributed_to(
                plan.mappings, plan.blackouts, wanted, plan.liquid_fund, event.trade_date
            )  # fmt: skip
            if into != legs[1]:
                detail = f"a contribution into {wanted} buys {legs[1]}, and not {into}"
                yield Violation("L2", f"{here} line {line}", detail)
        elif asked >= 0:
            yield Violation("L2", f"{here} line {line}", f"a {event.kind} was sent elsewhere")

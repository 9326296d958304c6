"""Limits of a market's funds that ask for reports when they are passed, and reports entered.

Not by chance, but from a number that chance has given, so that markets stay what they were for
the same seed.

What fund partitions saw of breaches is the same however a day went (`seen_of_breaches`).

Not here: the funds themselves (`market`), what else happens (`further`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from gateway.core.book import FundTerms
from gateway.core.breach_events import ReportFiled
from gateway.core.decisions import DecisionKind
from gateway.core.limits import ExcessPolicy, Limit, LimitScope
from gateway.core.money import Ratio
from gateway.desks.fund_reports import OfBreaches
from gateway.ops.simulate.market import Decided
from gateway.ops.simulate.stage import THREE_SESSIONS

MANAGER_CAP = Ratio(12, 100)
FIRST, SECOND, THIRD = THREE_SESSIONS


def watched(fund: FundTerms) -> FundTerms:
    """The fund with reports to make of its limit, and in some markets a limit on its manager."""
    number = fund.liquid_minor // 384
    limit = replace(
        fund.limit, cure_days=(0, 1, 90)[number % 3], report_days=(1, 0, 2)[number // 3 % 3],
        plan_days=(1, 0)[number // 9 % 2], report_again_days=(1, 0, 3)[number // 18 % 3],
    )  # fmt: skip
    narrow = tuple(
        Limit(
            f"{fund.fund_id}-{sleeve.manager}", LimitScope.MANAGER, MANAGER_CAP, None,
            ExcessPolicy.TRIM, 1, sleeve.manager, report_days=1, report_again_days=1,
        )
        for sleeve in fund.sleeves
        if number // 54 % 2
    )  # fmt: skip
    return replace(fund, limit=limit, limits=narrow)


def reported(funds: Iterable[FundTerms]) -> Iterator[Decided]:
    """Reports of breaches that the first session may have seen, some of which nobody asks for."""
    for fund in funds:
        for limit in (fund.limit, *fund.limits):
            if fund.liquid_minor % 2:
                continue
            head = f"{fund.fund_id}/{limit.limit_id}/{FIRST}"
            filed = DecisionKind.REPORT_FILED
            yield Decided(filed, f"{head}/INITIAL", FIRST, 0, SECOND, 7, "N-RN")
            yield Decided(filed, f"{head}/CURE_PLAN", SECOND, 0, THIRD, 11, "minutes")


def seen_of_breaches(events: Iterable[object]) -> list[OfBreaches]:
    """What the fund desk saw and told of breaches, without the stamps of approvals, in order."""
    found = [
        replace(event, approved_at=0) if isinstance(event, ReportFiled) else event
        for event in events
        if isinstance(event, OfBreaches)
    ]
    return sorted(found, key=repr)

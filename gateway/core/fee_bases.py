"""What a management fee is a share of: net, gross, committed or invested assets of a fund.

All are figures of the session before, after its orders and capital, except that commitments
are those in force on the day, like the rate. NET: net assets. GROSS: net assets and every fee
that is owed and unpaid. COMMITTED: what the fund has promised its drawdown holdings, called or
not. INVESTED: what these holdings have called and not returned, at cost. A holding bought at
will is in neither of the last two.

Not here: the fee itself (`fees`), which base a fund's terms name (`book.FeeTerms`).
Source: domain.md §4.1, §4.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.core.book import FundTerms
from gateway.core.calls import Commitment, LineKind, NoticeKind, NoticeLine
from gateway.core.equalization import interest_of


def gross_assets(net_minor: int, operating_minor: int, performance_minor: int) -> int:
    """Net assets before any fee that is owed: what all that the fund owns is worth.

    Args:
        net_minor: Net assets, minor units.
        operating_minor: Management fee owed and unpaid, less what was waived of it. Where more
            was waived, whoever is paid the fee owes the fund: that is an asset already.
        performance_minor: Performance fee accrued and unpaid.

    Returns:
        Minor units, at least 0.

    Source: domain.md §4.3 (gross).
    """
    return max(0, net_minor + max(0, operating_minor) + performance_minor)


def committed_capital(terms: FundTerms) -> int:
    """What a fund has promised all its drawdown holdings, called or not, minor units.

    Source: domain.md §4.1, §4.3 (committed).
    """
    return sum(each.calls.commitment_minor for each in terms.sleeves if each.calls is not None)


def opening_cost(totals: Commitment) -> int:
    """What a holding has called and not returned before the fund's opening, minor units.

    The book says only what was distributed, not what for: all of it counts as capital returned,
    up to what was called.

    Source: domain.md §4.3 (invested).
    """
    called = totals.called_inside_minor + totals.called_outside_minor
    return max(0, called - totals.recallable_minor - totals.kept_minor)


def cost_after(cost_minor: int, kind: NoticeKind, lines: Sequence[NoticeLine]) -> int:
    """The cost of a drawdown holding after a notice, at least 0.

    A call adds all it asks for, whatever for, and a refund of a late close takes its principal
    back: interest of a late close is never a part. Of a distribution only the return of capital
    counts, recallable or not; gains and income were never called.

    Args:
        cost_minor: Called and not returned before it, minor units.
        kind: Which way it moves capital.
        lines: What it is made of.

    Source: domain.md §4.1, §4.3 (invested).
    """
    match kind:
        case NoticeKind.CALL:
            return cost_minor + _principal(lines)
        case NoticeKind.EQUALIZATION:
            return max(0, cost_minor - _principal(lines))
        case NoticeKind.DISTRIBUTION:
            return max(0, cost_minor - _returned(lines))


def _principal(lines: Sequence[NoticeLine]) -> int:
    return sum(line.amount_minor for line in lines) - interest_of(lines)


def _returned(lines: Iterable[NoticeLine]) -> int:
    back = (line for line in lines if line.kind is LineKind.RETURN_OF_CAPITAL)
    return sum(line.amount_minor for line in back)

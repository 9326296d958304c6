"""How `gateway headroom` is told: a table of limits, then sentences.

Not here: what is told (`answer`).
"""

from __future__ import annotations

from fractions import Fraction

from gateway.core.money import Ratio, format_scaled
from gateway.ops.answers import console, say_json, table
from gateway.ops.headroom.rows import Headroom, LimitRow, Outcome, Strike, Way
from gateway.ops.show.part import amount

COLUMNS = ("", "limit of a", "of", "limit", "cap", "counts now", "total", "headroom", "new money",
           "to pay out", "cured by", "state")  # fmt: skip


def say(found: Headroom, *, as_json: bool) -> None:
    """Print the answer."""
    if as_json:
        say_json(found)
        return
    out, currency = console(), found.currency
    cells = [_cells(row, currency) for row in found.limits]
    if cells:
        out.print(table(f"Limits in force, {found.session}", COLUMNS, cells, COLUMNS[4:11]))
    for line in sentences(found):
        out.print(line, markup=False)


def sentences(found: Headroom) -> list[str]:
    """What is said below the table."""
    currency = found.currency
    lines = [] if found.way is None else [_way(found.way, currency)]
    if found.tried is not None:
        lines.append(f"tried {amount(found.tried.amount_minor, currency)}: "
                     + _outcome(found.tried, currency))  # fmt: skip
    lines += [_strike(strike, currency) for strike in found.strikes]
    return lines + list(found.notes)


def _cells(row: LimitRow, currency: str) -> tuple[str, ...]:
    return (
        "*" if row.binds else "", row.scope.lower() + (f" {row.about}" if row.about else ""),
        row.of, row.limit_id, _percent(row.cap), amount(row.counted_minor, currency),
        amount(row.total_minor, currency), amount(row.headroom_minor, currency),
        "-" if row.new_money_minor is None else amount(row.new_money_minor, currency),
        amount(row.redeemable_minor, currency),
        "-" if row.cures_minor == 0
        else "nothing" if row.cures_minor is None else amount(row.cures_minor, currency),
        _state(row),
    )  # fmt: skip


def _state(row: LimitRow) -> str:
    said = [
        f"frozen: {row.frozen}" if row.frozen else "",
        f"cure by {row.cure_by}" if row.cure_by is not None else "",
        f"above the soft cap {_percent(row.soft_cap)}"
        if row.above_soft_cap and row.soft_cap is not None
        else "",
    ]
    return "; ".join(part for part in said if part) or "-"


def _percent(share: Ratio) -> str:
    """A share as percent, to four decimals, cut off."""
    exact = Fraction(share.num * 1_000_000, share.den)
    text = format_scaled(int(exact), 4).rstrip("0").rstrip(".")
    return f"{text}%" + ("" if exact.denominator == 1 else "…")


def _way(way: Way, currency: str) -> str:
    if way.largest_minor is None or way.then is None:
        return "a purchase of any amount is taken whole"
    least = amount(1, currency)
    return (
        f"the largest purchase taken whole is {amount(way.largest_minor, currency)}; with "
        f"{least} more, {_outcome(way.then, currency)}"
    )


def _outcome(found: Outcome, currency: str) -> str:
    why = ""
    if found.limit_id:
        left = amount(found.headroom_minor, currency)
        why = f" by the limit {found.limit_id} of its {found.scope.lower()}, which leaves {left}"
    if found.refused_minor:
        return f"it is refused, {found.code}{why}"
    said = f"{amount(found.accepted_minor, currency)} are accepted"
    if found.diverted_minor:
        said += f", {amount(found.diverted_minor, currency)} go to {found.liquid_fund}{why}"
    return said


def _strike(strike: Strike, currency: str) -> str:
    begins = "with it" if strike.tried else "as orders stand"
    net = amount(strike.net_flow_minor, currency)
    said = f"{begins}, {strike.fund_id} has a net flow of {net} at the strike of {strike.session}"
    if strike.holds:
        return f"{said}, and its NAV would be held: {', '.join(strike.holds)}"
    asked, granted = amount(strike.asked_minor, currency), amount(strike.granted_minor, currency)
    said += f": its target asks for {asked} of private holdings, it buys {granted}"
    if strike.frozen:
        return f"{said}: purchases are frozen"
    return f"{said}; {strike.limit_id} leaves {amount(strike.headroom_minor, currency)}"

"""The limits of participant and plan, tested line by line over whole batches.

Lines are tested in order: each sees the effect of the earlier ones of its participant
and plan. Where every prefix passes, the batch is accepted by sums alone. A participant
whose lines do not fit is tested line by line; only plans that bind themselves go through
the sequential test as a whole.

Not here: fund-level limits (`limits`).
Source: domain.md §2.2; golden G13. Laws: L2, L4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gateway.core.vocabulary import I8, I64

PARTICIPANT_SCOPE, PLAN_SCOPE = 1, 2
SAFE_PRODUCT = 2**62


@dataclass(frozen=True, slots=True)
class Lines:
    """Order lines as changes of alternatives and totals, a row a line, minor units."""

    participant: I64
    plan: I64
    alt_buy: I64
    alt_other: I64
    total_change: I64


@dataclass(frozen=True, slots=True)
class Caps:
    """The caps by plan; the limit that binds says whether a line is void instead of trimmed."""

    participant_num: I64
    participant_den: I64
    plan_num: I64
    plan_den: I64
    participant_reject: npt.NDArray[np.bool_]
    plan_reject: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Base:
    """Alternatives and totals before the lines, by participant and by plan, minor units."""

    participant_alt: I64
    participant_total: I64
    plan_alt: I64
    plan_total: I64


@dataclass(frozen=True, slots=True)
class Tested:
    """What the limits allow of each line."""

    accepted: I64
    scope: I8
    headroom: I64
    void: npt.NDArray[np.bool_]


def hold_lines(lines: Lines, caps: Caps, base: Base) -> Tested:
    """Hold lines to both limits, in order.

    A line is accepted up to the smaller headroom of its two scopes, the total being the
    one after the line; what is trimmed stays in the account, so the total is as asked.
    Where the limit with the smaller headroom (of equal ones the participant's) rejects, the
    line is void. Headroom is rounded down to the minor unit.

    Source: domain.md §2.2, golden G13. Laws: L2, L4.
    """
    n = len(lines.plan)
    tested = Tested(
        lines.alt_buy.copy(), np.zeros(n, np.int8), np.zeros(n, np.int64), np.zeros(n, np.bool_)
    )
    if not lines.alt_buy.any():
        return tested
    person = _fits(
        lines.participant, lines, base.participant_alt, base.participant_total,
        caps.participant_num[lines.plan], caps.participant_den[lines.plan],
    )  # fmt: skip
    # A voided line's headroom is that of both scopes, so its plan is tested as a whole.
    void = caps.participant_reject[lines.plan]
    odd = lines.plan[~person & void]
    people = lines.participant[~person & ~void]
    if len(people):
        _by_participant(
            lines, caps, base, np.flatnonzero(_among(lines.participant, people)), tested
        )
    trimmed = replace(lines, alt_buy=tested.accepted)
    plan = _fits(
        lines.plan, trimmed, base.plan_alt, base.plan_total,
        caps.plan_num[lines.plan], caps.plan_den[lines.plan],
    )  # fmt: skip
    odd = np.concatenate((odd, lines.plan[~plan]))
    if len(odd):
        rows = np.flatnonzero(_among(lines.plan, odd))
        tested.accepted[rows] = lines.alt_buy[rows]
        tested.scope[rows] = 0
        tested.headroom[rows] = 0
        _sequential(lines, caps, base, rows, tested)
    return tested


def _among(slots: I64, some: I64) -> npt.NDArray[np.bool_]:
    """Which slots are among some of them; slots count from zero."""
    chosen = np.zeros(int(slots.max()) + 1, np.bool_)
    chosen[some] = True
    return chosen[slots]


def _by_participant(lines: Lines, caps: Caps, base: Base, rows: I64, tested: Tested) -> None:
    """Trim the lines given to their participants' headroom, as if no plan's limit bound."""
    people: dict[int, tuple[int, int]] = {}
    columns = (lines.participant, lines.plan, lines.alt_buy, lines.alt_other, lines.total_change)
    for row, who, plan, buy, other, change in zip(
        rows.tolist(), *(column[rows].tolist() for column in columns), strict=True
    ):
        known = people.get(who)
        alt, total = known or (int(base.participant_alt[who]), int(base.participant_total[who]))
        alt, total = alt + other, total + change
        if buy:
            room = _room(caps.participant_num, caps.participant_den, plan, total, alt)
            if buy > room:
                tested.scope[row] = PARTICIPANT_SCOPE
                tested.headroom[row] = tested.accepted[row] = buy = room
        people[who] = (alt + buy, total)


def _fits(
    group: I64, lines: Lines, alt: I64, total: I64, num: I64, den: I64
) -> npt.NDArray[np.bool_]:
    """Whether each purchase fits its group's cap if all lines before it were accepted whole."""
    n = len(group)
    order = np.argsort(group, kind="stable")
    grouped = group[order]
    starts = np.flatnonzero(np.concatenate(([True], grouped[1:] != grouped[:-1])))
    sizes = np.diff(np.append(starts, n))

    def running(change: I64, base: I64) -> I64:
        sums = np.cumsum(change[order])
        before = np.repeat(sums[starts] - change[order][starts], sizes)
        return base[grouped] + sums - before

    alt_after = running(lines.alt_buy + lines.alt_other, alt)
    total_after = running(lines.total_change, total)
    num, den = num[order], den[order]
    bound = max(int(np.abs(alt_after).max()) * int(den.max()),
                int(np.abs(total_after).max()) * int(num.max()))  # fmt: skip
    if bound < SAFE_PRODUCT:
        within = alt_after * den <= num * total_after
    else:
        within = np.array(
            [
                a * d <= k * t
                for a, d, k, t in zip(
                    alt_after.tolist(), den.tolist(), num.tolist(), total_after.tolist(),
                    strict=True,
                )
            ],
            np.bool_,
        )  # fmt: skip
    fits = np.empty(n, np.bool_)
    fits[order] = within | (lines.alt_buy[order] == 0)
    return fits


def _sequential(lines: Lines, caps: Caps, base: Base, rows: I64, tested: Tested) -> None:
    """The exact test, one line after the other, of the rows given; fills `tested` in."""
    people: dict[int, tuple[int, int]] = {}
    plans: dict[int, tuple[int, int]] = {}
    columns = (lines.participant, lines.plan, lines.alt_buy, lines.alt_other, lines.total_change)
    for row, who, plan, buy, other, change in zip(
        rows.tolist(), *(column[rows].tolist() for column in columns), strict=True
    ):
        alt, total = people.get(who) or (
            int(base.participant_alt[who]), int(base.participant_total[who])
        )  # fmt: skip
        plan_alt, plan_total = plans.get(plan) or (
            int(base.plan_alt[plan]), int(base.plan_total[plan])
        )  # fmt: skip
        accepted = buy
        if buy:
            mine = _room(caps.participant_num, caps.participant_den, plan, total + change,
                         alt + other)  # fmt: skip
            ours = _room(caps.plan_num, caps.plan_den, plan, plan_total + change,
                         plan_alt + other)  # fmt: skip
            accepted = min(buy, mine, ours)
            if buy > accepted:
                personal = mine <= ours
                tested.scope[row] = PARTICIPANT_SCOPE if personal else PLAN_SCOPE
                tested.headroom[row] = accepted
                if (caps.participant_reject if personal else caps.plan_reject)[plan]:
                    tested.void[row] = True
                    tested.accepted[row] = 0
                    continue
                tested.accepted[row] = accepted
        people[who] = (alt + other + accepted, total + change)
        plans[plan] = (plan_alt + other + accepted, plan_total + change)


def _room(num: I64, den: I64, plan: int, total: int, alt: int) -> int:
    return max(0, int(num[plan]) * total // int(den[plan]) - alt)


def hold_lines_reference(lines: Lines, caps: Caps, base: Base) -> Tested:
    """The same by the sequential test alone; what `hold_lines` is compared with."""
    n = len(lines.plan)
    tested = Tested(
        lines.alt_buy.copy(), np.zeros(n, np.int8), np.zeros(n, np.int64), np.zeros(n, np.bool_)
    )
    _sequential(lines, caps, base, np.arange(n), tested)
    return tested

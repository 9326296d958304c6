"""Days of a few lines on which the gateway and the reference once came to something else."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from gateway.core.book import PlanTerms
from gateway.core.limits import ExcessPolicy, Limit, LimitScope
from gateway.core.money import Ratio
from gateway.core.vocabulary import OrderKind
from gateway.ops.simulate.market import FUNDS, PEOPLE, Line, Mark, Market, market
from gateway.ops.simulate.stage import SESSION, SESSIONS
from tests.reference.answer import Answer
from tests.reference.compare import differences
from tests.reference.day import reference
from tests.reference.days import token
from tests.reference.played import played

ANN = PEOPLE[0]
TRIM, REJECT = ExcessPolicy.TRIM, ExcessPolicy.REJECT


def day_of(
    *lines: Line, holdings: dict[str, int], person: ExcessPolicy = TRIM,
    whole: ExcessPolicy = TRIM, caps: tuple[str, str] = ("100%", "100%"), liquid: int = 1000_00,
    proxy: int = 4000_00, marks: tuple[Mark, ...] = (),
) -> Market:  # fmt: skip
    """One person of one plan, four funds at 10.00, levels of the first session as given."""
    drawn = market(Random(0))
    limits = [
        Limit(scope.value, scope, Ratio.parse(cap), None, policy, 90)
        for scope, cap, policy in zip(
            (LimitScope.PARTICIPANT, LimitScope.PLAN), caps, (person, whole), strict=True
        )
    ]
    plan = PlanTerms("PLN-0", "RK_A", "RK_A", "LIQ", FUNDS, limits[0], limits[1])
    levels = tuple(
        (session, name, level, -1)
        for session in SESSIONS
        for name, level in (("LIQUID", liquid), ("PROXY", proxy))
    )
    return replace(
        drawn,
        change=replace(drawn.change, plans=(plan,)),
        following=replace(drawn.following, plans=()),
        holdings=tuple(("PLN-0", ANN, fund, units) for fund, units in holdings.items()),
        lines=lines, levels=levels, marks=marks, spoils=(),
    )  # fmt: skip


def sale(fund: str, amount: int) -> Line:
    return Line("RK_A", SESSION, OrderKind.DISTRIBUTION, "PLN-0", ANN, fund, "", amount, 60)


def purchase(fund: str, amount: int) -> Line:
    return Line("RK_A", SESSION, OrderKind.CONTRIBUTION, "PLN-0", ANN, "", fund, amount, 60)


def settled(day: Market) -> Answer:
    """The gateway's answer, which is the reference's."""
    gateway = played(day, SESSIONS)
    found = differences(reference(day, SESSIONS, token), gateway)
    assert not found, "\n".join(found)
    return gateway


def test_a_sale_of_a_position_that_is_worth_half_a_cent_less_leaves_units_after_a_fall() -> None:
    # 25.9995 units at 10.00 are worth 259.995, and 95 % of that is 246.99525.
    day = day_of(sale("LIQ", 247_00), holdings={"LIQ": 25_9995}, liquid=950_00)
    assert settled(day).lines[0].code == "INSUFFICIENT_UNITS"


@pytest.mark.parametrize(("amount", "code"), [(9, "NONE"), (10, "INSUFFICIENT_UNITS")])
def test_95_percent_of_ten_cents_are_nine(amount: int, code: str) -> None:
    day = day_of(sale("LIQ", amount), holdings={"LIQ": 100})
    assert settled(day).lines[0].code == code


@pytest.mark.parametrize("caps", [("5%", "10%"), ("10%", "5%")])
@pytest.mark.parametrize("person", [TRIM, REJECT])
@pytest.mark.parametrize("whole", [TRIM, REJECT])
def test_the_limit_that_binds_says_what_becomes_of_what_does_not_fit(
    caps: tuple[str, str], person: ExcessPolicy, whole: ExcessPolicy
) -> None:
    # 10,000.00 liquid and 2,000.00 of new money: 5 % of 12,000.00 are 600.00.
    day = day_of(
        purchase("ALT", 2_000_00), holdings={"LIQ": 1_000_0000}, person=person, whole=whole,
        caps=caps,
    )  # fmt: skip
    line = settled(day).lines[0]
    binds = person if caps[0] == "5%" else whole
    assert line.scope == ("PARTICIPANT" if caps[0] == "5%" else "PLAN")
    assert line.headroom == 600_00
    taken = (600_00, 1_400_00) if binds is TRIM else (0, 0)
    assert (line.accepted, line.diverted) == taken


def test_a_mark_measured_today_has_today_s_move_in_it() -> None:
    value = market(Random(0)).change.funds[0].sleeves[0].opening_minor
    mark = Mark("BLACKSTONE", "BX_PE", "TDF", "USD", value, 0, SESSION, -1)
    day = day_of(holdings={"LIQ": 1_000_0000}, proxy=4010_00, marks=(mark,))
    after = settled(day)
    assert [after.navs[session, "TDF"].alternative for session in SESSIONS] == [value, value]

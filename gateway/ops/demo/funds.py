"""The six funds of the nation, each with something to see on its day.

| fund     | what it is                                | on the day                          |
|----------|-------------------------------------------|-------------------------------------|
| TDF_2035 | target-date CIT with KKR                  | stale mark: an estimate, no buys    |
| TDF_2045 | target-date CIT with BLACKSTONE and KKR   | newer quarterly statement: true-up  |
| TDF_2055 | target-date CIT with KKR and BLACKSTONE   | aims above its cap: purchases cut   |
| MA_ALT   | managed-account sleeve, alternative whole | newer unit price of KKR: true-up    |
| INTERVAL | interval fund, alternative whole          | statement out of tolerance: held    |
| LIQ      | index CIT, the plans' liquid option       | nothing                             |

Not here: who holds them (`nation`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from gateway.core.book import FundTerms, SleeveTerms
from gateway.core.limits import ExcessPolicy, Limit, LimitScope, Sharing
from gateway.core.money import Ratio, half_up

FUNDS = ("TDF_2035", "TDF_2045", "TDF_2055", "MA_ALT", "INTERVAL", "LIQ")
MA_ALT, INTERVAL, LIQ = 3, 4, 5
ALTERNATIVE = (MA_ALT, INTERVAL)
CUSTODIAN = "CUSTODIAN"
NAV_SCALE = UNIT_SCALE = 4
OPENING_NAV = (18_2745, 16_0318, 14_3307, 11_4120, 25_0875, 10_0350)
"""NAV per unit at the session before, four decimals, in the order of FUNDS."""

INDICES = {
    "BALANCED": 2_481_37,
    "STABLE": 1_196_04,
    "PE_LISTED": 4_012_55,
    "CREDIT_LOANS": 3_377_90,
    "INFRA_LISTED": 1_874_21,
}
"""Levels at the session before, two decimals."""

STALE_DAYS = 135
STALE_MARK_AGE = 140


@dataclass(frozen=True, slots=True)
class Holding:
    """A private holding, in ten-thousandths: its share of the fund, the move of a newer mark."""

    vehicle: str
    manager: str
    proxy: str
    share: int
    news: int = 0


@dataclass(frozen=True, slots=True)
class Prospectus:
    """What distinguishes one fund from another, shares in per cent."""

    name: str
    wrapper: str
    liquid_index: str
    holdings: tuple[Holding, ...]
    target: str
    cap: str


PROSPECTUSES = (
    Prospectus(
        "Horizon 2035 Trust", "TARGET_DATE_CIT", "BALANCED",
        (Holding("KKR_CREDIT", "KKR", "CREDIT_LOANS", 700),), "10%", "15%",
    ),
    Prospectus(
        "Horizon 2045 Trust", "TARGET_DATE_CIT", "BALANCED",
        (Holding("BX_PE", "BLACKSTONE", "PE_LISTED", 600, 120),
         Holding("KKR_INFRA", "KKR", "INFRA_LISTED", 300)), "10%", "15%",
    ),
    # The glide path aims at 16 %; the fund's own cap stays at 15 %.
    Prospectus(
        "Horizon 2055 Trust", "TARGET_DATE_CIT", "BALANCED",
        (Holding("KKR_INFRA", "KKR", "INFRA_LISTED", 780),
         Holding("BX_PE", "BLACKSTONE", "PE_LISTED", 640)), "16%", "15%",
    ),
    Prospectus(
        "Managed Account Private Markets", "MANAGED_ACCOUNT_SLEEVE", "STABLE",
        (Holding("KKR_EVERGREEN", "KKR", "PE_LISTED", 8_200, 50),), "85%", "90%",
    ),
    Prospectus(
        "Private Credit Interval Fund", "INTERVAL_FUND", "STABLE",
        (Holding("BX_CREDIT", "BLACKSTONE", "CREDIT_LOANS", 8_000, 600),), "85%", "95%",
    ),
    Prospectus("Broad Index Trust", "LIQUID_CIT", "STABLE", (), "0%", "15%"),
)  # fmt: skip


def limit(name: str, scope: LimitScope, cap: str) -> Limit:
    """A limit that trims, warns at nine tenths of its cap and is cured within 90 days."""
    hard = Ratio.parse(cap)
    return Limit(name, scope, hard, Ratio(hard.num * 9, hard.den * 10), ExcessPolicy.TRIM, 90)


def quarter_end(day: date, lag_days: int) -> date:
    """The last quarter end that lies so many days or more before a day."""
    last = day - timedelta(days=lag_days)
    first_month = (last.month - 1) // 3 * 3 + 1
    following = last + timedelta(days=1)
    if following.month in (1, 4, 7, 10) and following.day == 1:
        return last
    return date(last.year, first_month, 1) - timedelta(days=1)


def last_quarter(session: date) -> date:
    """The quarter that managers have reported by a session: a month's work at least."""
    return quarter_end(session, 30)


def quarter_before(session: date) -> date:
    """The quarter before that."""
    return quarter_end(last_quarter(session) - timedelta(days=1), 0)


def measured(session: date, fund: int, held: Holding) -> date:
    """When the mark was measured that a fund opens with."""
    if FUNDS[fund] == "TDF_2035":
        return session - timedelta(days=STALE_MARK_AGE)
    return quarter_before(session) if held.news else last_quarter(session)


def assets_minor(fund: int, units: int) -> int:
    """What units are worth at the opening NAV, minor units, half-up."""
    return half_up(units * OPENING_NAV[fund], 10 ** (NAV_SCALE + UNIT_SCALE - 2))


def fund_terms(session: date, fund: int, units: int) -> FundTerms:
    """A fund that opens with the units its participants hold.

    Args:
        session: The first session.
        fund: Position in FUNDS.
        units: Units outstanding, scaled.
    """
    said = PROSPECTUSES[fund]
    total = assets_minor(fund, units)
    sleeves = tuple(
        SleeveTerms(
            held.vehicle, held.manager, held.proxy, Ratio(6, 10), STALE_DAYS,
            total * held.share // 10_000, measured(session, fund, held), INDICES[held.proxy], None,
        )
        for held in said.holdings
    )  # fmt: skip
    return FundTerms(
        fund_id=FUNDS[fund],
        name=said.name,
        wrapper=said.wrapper,
        currency="USD",
        alternative=fund in ALTERNATIVE,
        custodian=CUSTODIAN,
        nav_scale=NAV_SCALE,
        unit_scale=UNIT_SCALE,
        opening_nav=OPENING_NAV[fund],
        opening_units=units,
        liquid_minor=total - sum(sleeve.opening_minor for sleeve in sleeves),
        liquid_index=said.liquid_index,
        opening_liquid_index=INDICES[said.liquid_index],
        sleeves=sleeves,
        target=Ratio.parse(said.target),
        limit=limit(f"{FUNDS[fund]}-CAP", LimitScope.FUND, said.cap),
        sharing=Sharing.FIFO,
        tolerance=Ratio.parse("2%"),
        valuation_cutoff_minutes=18 * 60 + 30,
        settle_days=1,
        as_of_sessions=2,
        fees=None,
        swing=None,
    )

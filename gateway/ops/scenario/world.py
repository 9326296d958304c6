"""The market of a scenario: what rows of the book say, with what goes without saying.

Usual things need not be written: one recordkeeper `RK_A`, one plan `PLN-1`, the funds
`FUND`, `PRIVATE` (wholly alternative) and `LIQUID`, no limits, indices at 1,000.00.

Not here: publishing it (`publish`), what happens in it (`stage`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache

from gateway.core.book import (
    BookChange,
    CalendarTerms,
    EarlyClose,
    FundTerms,
    GlideStep,
    PartyTerms,
    PlanTerms,
    SleeveTerms,
)
from gateway.core.dilution import Scales
from gateway.core.limits import Sharing
from gateway.core.logic import FIRST
from gateway.core.money import UnitRounding
from gateway.core.sessions import Calendar
from gateway.core.settling_days import SettlesOn
from gateway.errors import ConfigError
from gateway.ops.calendars import calendar_terms, us_calendar
from gateway.ops.scenario import eligibility
from gateway.ops.scenario.fee_terms import expense_cap, fees, payees, performance
from gateway.ops.scenario.gates import gate_terms
from gateway.ops.scenario.kinds import Share
from gateway.ops.scenario.lineage import lineage_of
from gateway.ops.scenario.terms import (
    band,
    buffer,
    calls,
    holding_limits,
    limit_of,
    quarter_end,
    ratio,
    swing,
)
from gateway.ops.scenario.words import Row
from gateway.ops.scenario.words_in import GIVEN_WORDS

FIRST_SESSION = date(2026, 11, 24)
LEVEL_SCALE = 4
USUAL_LEVEL = Decimal("1000.00")
USUAL_UNITS = Decimal(10_000_000)
WHOLE = Share(Fraction(1))
NOTHING = Share(Fraction(0))


def scaled(figure: Decimal, scale: int, what: str) -> int:
    """A figure as an integer of so many decimals; refused if it has more."""
    value = figure.scaleb(scale)
    if value != value.to_integral_value():
        raise ConfigError(f"{what}: {figure} has more than {scale} decimals")
    return int(value)


def places(figure: Decimal) -> int:
    """The decimals a figure was written with."""
    exponent = figure.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


@dataclass
class World:
    """Rows of the book by what they are about, later rows replacing earlier ones.

    `participants` holds the plan last named for each, `accounts` every plan and participant
    that was named together, `filed` the book where it is a file's (`filed`).
    """

    path: str
    session: date = FIRST_SESSION
    plans: dict[str, Row] = field(default_factory=dict)
    funds: dict[str, Row] = field(default_factory=dict)
    sleeves: dict[str, dict[str, Row]] = field(default_factory=dict)
    caps: list[Row] = field(default_factory=list)
    gates: list[Row] = field(default_factory=list)
    glides: dict[tuple[str, date], Row] = field(default_factory=dict)
    banks: dict[str, str] = field(default_factory=dict)
    logic: int = FIRST
    days: list[Row] = field(default_factory=list)
    eligibility: list[Row] = field(default_factory=list)
    levels: dict[str, int] = field(default_factory=dict)
    participants: dict[str, str] = field(default_factory=dict)
    accounts: set[tuple[str, str]] = field(default_factory=set)
    filed: BookChange | None = None

    def where(self, row: Row) -> str:
        """A row's place, for errors."""
        return f"{self.path}:{row.line}"

    def adopt(self, row: Row) -> None:
        """Take a row of the book."""
        if self.filed is not None and row.word.name not in ("closed", "early_close"):
            raise ConfigError(f"{self.where(row)}: the book is a file's: change it by another file")
        match row.word.name:
            case "plan":
                self.plans[row.text("plan")] = row
            case "fund":
                self.funds[row.text("fund")] = row
            case "expenses":
                self._change_expenses(row)
            case "sleeve":
                held = self.sleeves.setdefault(row.text("fund"), {})
                held[row.text("vehicle")] = row
            case "bank":
                self.banks.update(dict.fromkeys(row.names("parties"), row.text("bank")))
            case "cap":
                self.caps.append(row)
            case "gate" | "gate_cap" | "suspension" | "offer":
                self.gates.append(row)
            case "glide":
                self.glides[row.text("fund"), row.day("on", self.session)] = row
            case "logic":
                self.logic = row.number("level")
            case "closed" | "early_close":
                self.days.append(row)
            case name if name in eligibility.WORDS:
                self.eligibility = eligibility.with_row(self.eligibility, row)
            case name:
                raise AssertionError(f"{name} is no row of the book")

    def _change_expenses(self, row: Row) -> None:
        known = self.funds.get(row.text("fund"))
        if known is None:
            here = f"{self.where(row)}: expenses of {row.text('fund')}"
            raise ConfigError(f"{here}, but no such fund is given; there are {_list(self.funds)}")
        values = {name: value for name, value in row.values.items() if name != "from"}
        self.funds[row.text("fund")] = replace(known, values=known.values | values)

    def closes_early(self, session: date, minutes: int) -> None:
        """Let a session close early, unscheduled."""
        self.days.append(_row("early_close", date=session, at=minutes))

    def complete(self) -> None:
        """Add the usual plan and funds where none is named."""
        if not self.funds:
            self.adopt(_row("fund", fund="FUND"))
            self.adopt(_row("fund", fund="PRIVATE", alternative=True))
        if self.filed is None:
            self.funds.setdefault("LIQUID", _row("fund", fund="LIQUID"))
        if not self.plans:
            self.adopt(_row("plan", plan="PLN-1"))
        self.check()

    def check(self) -> None:
        """Refuse rows that name a fund or plan nobody gave, and a name with two parts to play."""
        named = [(row, "fund", row.text("fund")) for held in self.sleeves.values()
                 for row in held.values()]  # fmt: skip
        named.extend((row, "fund", row.text("fund")) for row in self.gates)
        named.extend((row, "fund", fund) for (fund, _), row in self.glides.items())
        for given in self.caps:
            named.extend((given, about, given.text(about)) for about in ("fund", "plan"))
        for given in self.eligibility:
            named.extend(eligibility.named(given))
        for name, plan in self.plans.items():
            funds = (self.liquid_of(name), *plan.names("funds"))
            named.extend((plan, "fund", fund) for fund in funds)
        for row, about, name in named:
            known = self.funds if about == "fund" else self.plans
            if name and name not in known:
                here = f"{self.where(row)}: {row.word.name} of {name}"
                raise ConfigError(f"{here}, but no such {about} is given; there are {_list(known)}")
        faults = calendar_of(self.calendar()).faults()
        if faults:
            here = self.where(self.days[-1])
            raise ConfigError(f"{here}: the calendar cannot be as given: {'; '.join(faults)}")
        parts = ("operations", "market", "clock", *self.recordkeepers, *self.managers)
        twice = sorted({name for name in parts if parts.count(name) > 1})
        if twice:
            raise ConfigError(f"{self.path}: {twice[0]} has two parts to play; give it two names")

    # --- what goes without saying -------------------------------------------------------

    @property
    def first_fund(self) -> str:
        """The fund that is meant if none is named."""
        return next(iter(self.funds))

    def alternative_fund(self, row: Row) -> str:
        """The fund that is meant by an exchange that names none."""
        for name, fund in self.funds.items():
            if fund.values.get("alternative"):
                return name
        raise ConfigError(f"{self.where(row)}: no fund is alternative: name one")

    def plan_of(self, row: Row) -> str:
        """The plan of a row's participant; remembered once it is known."""
        who = row.text("participant")
        plan = row.text("plan") or self.participants.get(who) or next(iter(self.plans))
        self.participants[who] = plan
        self.accounts.add((plan, who))
        return plan

    def liquid_of(self, plan: str) -> str:
        """The liquid option of a plan."""
        return self.plans[plan].text("liquid", "LIQUID") if plan in self.plans else "LIQUID"

    def recordkeeper_of(self, plan: str) -> str:
        """Who keeps a plan's records; the usual recordkeeper for a plan nobody knows."""
        return self.plans[plan].text("recordkeeper", "RK_A") if plan in self.plans else "RK_A"

    def vehicle(self, row: Row) -> tuple[str, str]:
        """The fund and manager of a row's vehicle, as the book has them."""
        for fund, sleeves in self.sleeves.items():
            if row.text("vehicle") in sleeves:
                return fund, sleeves[row.text("vehicle")].text("manager", "MANAGER")
        return self.first_fund, "MANAGER"

    @property
    def recordkeepers(self) -> list[str]:
        """Everybody who keeps a plan's records."""
        return list(dict.fromkeys(self.recordkeeper_of(plan) for plan in self.plans))

    @property
    def managers(self) -> list[str]:
        """Everybody who marks a vehicle."""
        rows = [row for held in self.sleeves.values() for row in held.values()]
        return list(dict.fromkeys(row.text("manager", "MANAGER") for row in rows))

    @property
    def settlers(self) -> list[str]:
        """Custodians and other parties that settle and send nothing of their own."""
        custodians = [row.text("custodian", "CUSTODIAN") for row in self.funds.values()]
        entities = [row.text("settling_entity") for row in self.plans.values()]
        paid = [payee for row in self.funds.values() for payee in payees(row)]
        filed = () if self.filed is None else self.filed.parties
        others = [party.party_id for party in filed if party.role == "CUSTODIAN"]
        paid += [row.text("nav_error_payer") for row in self.funds.values()]
        paid += self.banks.values()
        known = {*self.recordkeepers, *self.managers, ""}
        every = dict.fromkeys((*custodians, *entities, *paid, *others))
        return [name for name in every if name not in known]

    @property
    def senders(self) -> tuple[str, ...]:
        """Everybody who has a topic to write to."""
        return ("operations", "market", *self.recordkeepers, *self.managers, *self.settlers)

    def level(self, index: str) -> int:
        """An index's level now, with four decimals."""
        return self.levels.get(index, scaled(USUAL_LEVEL, LEVEL_SCALE, index))

    @property
    def indices(self) -> list[str]:
        """Every index that moves something."""
        liquid = [row.text("index", "INDEX") for row in self.funds.values()]
        proxies = [r.text("proxy", "PROXY") for s in self.sleeves.values() for r in s.values()]
        return list(dict.fromkeys((*liquid, *proxies)))

    # --- the book -----------------------------------------------------------------------

    def book(self, session: date, batch_id: str) -> BookChange:
        """Everything the rows or the file say, as one book change."""
        if self.filed is not None:
            return replace(self.filed, calendar=self.calendar()) if self.days else self.filed
        return BookChange(
            "operations", batch_id, session, self.calendar(), self._parties(),
            tuple(self.fund_terms(name) for name in self.funds),
            tuple(self._plan_terms(name) for name in self.plans), self.logic,
        )  # fmt: skip

    def calendar(self) -> CalendarTerms:
        """The United States calendars around the first session, with the days given."""
        filed = None if self.filed is None else self.filed.calendar
        terms = filed or _usual_days(self.session.year)
        for row in self.days:
            day = row.day("date", self.session)
            if row.word.name == "early_close":
                early = EarlyClose(day, row.number("at"))
                kept = tuple(e for e in terms.early_closes if e.session != day)
                terms = replace(
                    terms, early_closes=tuple(sorted((*kept, early), key=lambda e: e.session))
                )
                continue
            what = row.text("what", "both")
            if what in ("exchange", "both"):
                terms = replace(
                    terms,
                    exchange_closed=tuple(sorted({*terms.exchange_closed, day})),
                    early_closes=tuple(e for e in terms.early_closes if e.session != day),
                )
            if what in ("bank", "both"):
                terms = replace(terms, bank_closed=tuple(sorted({*terms.bank_closed, day})))
        if not self.days:
            return terms
        return replace(terms, version=f"{terms.version}+{len(self.days)}")

    def _parties(self) -> tuple[PartyTerms, ...]:
        def of(role: str, names: list[str]) -> list[PartyTerms]:
            banks = self.banks
            return [PartyTerms(n, role, n, "native", banks.get(n, "")) for n in names]

        return (
            *of("RECORDKEEPER", self.recordkeepers), *of("MANAGER", self.managers),
            *of("CUSTODIAN", self.settlers), *of("MARKET", ["market"]),
        )  # fmt: skip

    def fund_terms(self, name: str) -> FundTerms:
        """A fund as its row, its sleeves and its cap say, or as a file does."""
        for filed in () if self.filed is None else self.filed.funds:
            if filed.fund_id == name:
                return filed
        row = self.funds[name]
        nav = row.figure("nav", "10.0000")
        nav_scale, unit_scale = places(nav), row.number("unit_scale", 4)
        price = scaled(nav, nav_scale, self.where(row))
        if nav_scale + unit_scale < 2 or price <= 0:
            raise ConfigError(
                f"{self.where(row)}: a NAV is above zero, and its decimals and those of units are "
                f"two at least, so that units are worth cents; got {nav} and {unit_scale}"
            )
        rounding = UnitRounding(row.text("unit_rounding", UnitRounding.HALF_UP))
        scales = Scales(nav_scale, unit_scale, rounding=rounding)
        sleeves = tuple(self._sleeve_terms(each) for each in self.sleeves.get(name, {}).values())
        units = scaled(row.figure("units", str(USUAL_UNITS)), unit_scale, self.where(row))
        assets = row.number("assets", scales.value_of(units, price))
        if row.has("assets") and not row.has("units"):
            units = scales.units_for(assets, price)
        liquid = assets - sum(sleeve.opening_minor for sleeve in sleeves)
        if liquid < 0:
            raise ConfigError(f"{self.where(row)}: the sleeves of {name} are worth more than it is")
        index = row.text("index", "INDEX")
        return FundTerms(
            name, name, row.text("wrapper", "TARGET_DATE_CIT" if sleeves else "LIQUID_CIT"),
            row.text("currency", "USD"),
            bool(row.values.get("alternative", False)), row.text("custodian", "CUSTODIAN"),
            nav_scale, unit_scale, price, units, liquid, index, self.level(index), sleeves,
            ratio(row, "target", NOTHING), limit_of(self.caps, "fund", name),
            Sharing(row.text("sharing", "FIFO")), ratio(row, "tolerance", Share(Fraction(2, 100))),
            row.number("valuation_cut_off", 18 * 60 + 30), row.number("settle_days", 1),
            row.number("as_of", 0), fees(row), swing(row), holding_limits(self.caps, name),
            gate_terms(self.gates, name, self.path), performance(row), expense_cap(row),
            glide_path=self._glide_path(name), band=band(row), buffer=buffer(row),
            nav_error_payer=row.text("nav_error_payer"),
            unit_rounding=rounding,
            settles_on=SettlesOn(row.text("settles_on", "SETTLEMENT")),
            **eligibility.fund_eligibility(self.eligibility, row),
        )  # fmt: skip

    def _sleeve_terms(self, row: Row) -> SleeveTerms:
        proxy = row.text("proxy", "PROXY")
        return SleeveTerms(
            row.text("vehicle"), row.text("manager", "MANAGER"), proxy, ratio(row, "beta", WHOLE),
            row.number("stale_after", 120), row.number("mark"),
            row.day("measured", quarter_end(self.session)), self.level(proxy), calls(row),
            row.text("asset_class"), row.text("issuer"),
            row.share("income").ratio if row.has("income") else None,
            row.number("independent_within"), lineage_of(row),
        )  # fmt: skip

    def _glide_path(self, name: str) -> tuple[GlideStep, ...]:
        steps = sorted((day, row) for (fund, day), row in self.glides.items() if fund == name)
        return tuple(GlideStep(day, ratio(row, "target", NOTHING)) for day, row in steps)

    def _plan_terms(self, name: str) -> PlanTerms:
        row = self.plans[name]
        recordkeeper = self.recordkeeper_of(name)
        return PlanTerms(
            name, recordkeeper, row.text("settling_entity", recordkeeper), self.liquid_of(name),
            tuple(row.names("funds")) or tuple(self.funds),
            limit_of(self.caps, "participant", name), limit_of(self.caps, "plan", name),
            **eligibility.plan_eligibility(self.eligibility, name),
        )  # fmt: skip


@cache
def _usual_days(year: int) -> CalendarTerms:
    """The United States calendars around a year."""
    return calendar_terms(us_calendar(year - 1, year + 2))


@cache
def calendar_of(terms: CalendarTerms) -> Calendar:
    """A calendar, with its sessions counted once."""
    return terms.calendar()


def _row(word: str, **values: object) -> Row:
    return Row(GIVEN_WORDS[word], 0, [], values)


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)

"""How an error period is told: tables for people, JSON for programs, CSV for recordkeepers.

Participants are tokens. In tables and CSV amounts and units are decimal figures; in JSON they
are minor units and scaled integers, with the scales beside them.

Not here: the figures (`figures`, `period`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

from rich.console import Console

from gateway.core.dilution import MATERIAL, NavErrorKind
from gateway.core.money import MINOR_SCALE, format_scaled, half_up
from gateway.errors import ConfigError
from gateway.ops.answers import plain, table
from gateway.ops.nav_error.figures import AccountChange, PlanChange, SessionError, Side, Terms
from gateway.ops.nav_error.period import Period

CSV_COLUMNS = (
    "session", "recordkeeper", "plan", "fund", "participant", "side", "published_nav",
    "correct_nav", "units_before", "units_after", "units_change", "amount_before",
    "amount_after", "amount_change", "currency", "worth", "corrected",
)  # fmt: skip
SESSION_COLUMNS = ("session", "published", "correct", "difference", "of correct", "is", "bought",
                   "units sold", "redeemed", "units taken back", "fund gains")  # fmt: skip
PLAN_COLUMNS = ("plan", "recordkeeper", "side", "accounts", "units before", "units after", "change",
                "paid before", "paid after", "change of money", "corrected")  # fmt: skip
ACCOUNT_COLUMNS = ("plan", "participant", "side", "units before", "units after", "change",
                   "money before", "money after", "change of money", "worth",
                   "corrected")  # fmt: skip
BOOKING_COLUMNS = ("recordkeeper", "plan", "fund", "session", "accounts", "units to add (take: -)",
                   "to pay (recover: -)")  # fmt: skip
PERCENT_SCALE = 4


def show(period: Period, to: Console, limit: int) -> None:
    """Print an error period: its sessions, its changes, what is to be booked, who owes."""
    terms = period.terms
    to.print(
        table(
            f"NAVs of {terms.fund_id}, {terms.currency}", SESSION_COLUMNS,
            [*_sessions(period)], SESSION_COLUMNS[1:5] + SESSION_COLUMNS[6:],
        )
    )  # fmt: skip
    for each in period.sessions:
        if each.kind is NavErrorKind.MATERIAL:
            _material(each, terms, to, limit)
        for note in each.notes:
            to.print(f"{each.session}: {note}.", soft_wrap=True)
    if period.bookings:
        to.print(table("corrections to book", BOOKING_COLUMNS, [*_bookings(period)],
                       BOOKING_COLUMNS[4:]))  # fmt: skip
    for line in (*verdict(period), *next_steps(period)):
        to.print(line, soft_wrap=True)


def verdict(period: Period) -> Iterable[str]:
    """Who owes whom, in sentences."""
    terms = period.terms
    if all(each.kind is NavErrorKind.NONE for each in period.sessions):
        yield "No session is in error: nothing is owed and nothing is to be booked."
        return
    if period.owed_minor:
        yield (
            "Net loss of the fund: before any correction the responsible party owes it "
            f"{_amount(period.owed_minor, terms)}."
        )
    else:
        yield (
            f"Net benefit of the fund: it keeps {_amount(period.kept_minor, terms)}, before any "
            "correction; nobody owes it anything."
        )
    if period.is_material:
        yield (
            "Once the corrections are booked it is owed "
            f"{_amount(period.owed_if_recovered_minor, terms)} if all that is to be taken back is "
            f"recovered, {_amount(period.owed_if_unrecovered_minor, terms)} if nothing is."
        )


def next_steps(period: Period) -> Iterable[str]:
    """The commands that book the sessions that are materially wrong; a second person approves."""
    terms = period.terms
    material = [e for e in period.sessions if e.kind is NavErrorKind.MATERIAL]
    if material:
        yield "To book it, two people decide each session:"
    for each in material:
        yield (
            f"gateway decide ask CORRECT_NAV {terms.fund_id} --session {each.session} "
            f"--value {_nav(each.price, terms)} --by NAME --reason WHY"
        )


def _sessions(period: Period) -> Iterable[Sequence[object]]:
    terms = period.terms
    for each in period.sessions:
        orders = each.orders
        yield (
            each.session, _nav(each.published, terms),
            format_scaled(each.correct.value, each.correct.scale), difference(each, terms),
            share(each, terms), each.kind, _money(orders.buy_minor, terms),
            _units(orders.buy_units, terms), _money(orders.sell_minor, terms),
            _units(orders.sell_units, terms), _money(each.effect_minor, terms),
        )  # fmt: skip
    orders_of = [each.orders for each in period.sessions]
    yield (
        "all", "", "", "", "", "", _money(sum(o.buy_minor for o in orders_of), terms),
        _units(sum(o.buy_units for o in orders_of), terms),
        _money(sum(o.sell_minor for o in orders_of), terms),
        _units(sum(o.sell_units for o in orders_of), terms), _money(period.effect_minor, terms),
    )  # fmt: skip


def _material(error: SessionError, terms: Terms, to: Console, limit: int) -> None:
    """The plans and accounts of a session that is computed again."""
    head = f"{error.session}, computed again at {_nav(error.price, terms)}"
    if not error.plans:
        to.print(f"{head}: no order got its NAV.")
        return
    to.print(table(f"plans, {head}", PLAN_COLUMNS, [*_plans(error, terms)], PLAN_COLUMNS[3:]))
    shown = error.accounts[:limit]
    rows = [_account(each, terms) for each in shown]
    to.print(
        table(f"accounts, {head}; corrected from {_amount(terms.worth_fixing_minor, terms)} on",
              ACCOUNT_COLUMNS, rows, ACCOUNT_COLUMNS[3:10])
    )  # fmt: skip
    if len(shown) < len(error.accounts):
        to.print(f"{len(error.accounts) - len(shown):,} more accounts, ask with --limit or --out")
    to.print(
        f"Fund: {_money(error.purchases_minor, terms)} on units it sold, "
        f"{_money(error.redemptions_minor, terms)} on units it took back; "
        f"{_money(error.left_minor, terms)} stay with it by accounts that are not corrected.",
        soft_wrap=True,
    )


def _plans(error: SessionError, terms: Terms) -> Iterable[Sequence[object]]:
    for each in error.plans:
        yield (each.plan_id, each.recordkeeper, each.side, *_sums([each], terms))
    for side in Side:
        if mine := [each for each in error.plans if each.side is side]:
            yield ("all", "", side, *_sums(mine, terms))


def _sums(plans: Sequence[PlanChange], terms: Terms) -> tuple[object, ...]:
    return (
        f"{sum(p.accounts for p in plans):,}",
        _units(sum(p.units_before for p in plans), terms),
        _units(sum(p.units_after for p in plans), terms),
        _units(sum(p.units_change for p in plans), terms),
        _money(sum(p.minor_before for p in plans), terms),
        _money(sum(p.minor_after for p in plans), terms),
        _money(sum(p.minor_change for p in plans), terms),
        f"{sum(p.corrected for p in plans):,}",
    )


def _account(each: AccountChange, terms: Terms) -> Sequence[object]:
    return (
        each.plan_id, each.participant, each.side, _units(each.units_before, terms),
        _units(each.units_after, terms), _units(each.units_change, terms),
        _money(each.minor_before, terms), _money(each.minor_after, terms),
        _money(each.minor_change, terms), _money(each.worth_minor, terms),
        "yes" if each.corrected else "no",
    )  # fmt: skip


def _bookings(period: Period) -> Iterable[Sequence[object]]:
    terms = period.terms
    for each in period.bookings:
        yield (
            each.recordkeeper, each.plan_id, each.fund_id, each.session, f"{each.accounts:,}",
            _units(each.units, terms), _money(each.minor, terms),
        )  # fmt: skip
    yield (
        "all", "", "", "", f"{sum(each.accounts for each in period.bookings):,}",
        _units(sum(each.units for each in period.bookings), terms),
        _money(sum(each.minor for each in period.bookings), terms),
    )  # fmt: skip


# --- figures as text ----------------------------------------------------------------------


def difference(error: SessionError, terms: Terms) -> str:
    """Published less correct, with every decimal that was named."""
    scale = max(terms.scales.nav, error.correct.scale)
    published = error.published * 10 ** (scale - terms.scales.nav)
    correct = error.correct.value * 10 ** (scale - error.correct.scale)
    return format_scaled(published - correct, scale)


def share(error: SessionError, terms: Terms) -> str:
    """The difference as a share of the correct NAV; the test is made on exact figures."""
    exact = abs(
        Fraction(error.published, 10**terms.scales.nav)
        / Fraction(error.correct.value, 10**error.correct.scale)
        - 1
    )
    scaled = half_up(exact.numerator * 10 ** (PERCENT_SCALE + 2), exact.denominator)
    return f"{format_scaled(scaled, PERCENT_SCALE)}%"


def _nav(nav: int, terms: Terms) -> str:
    return format_scaled(nav, terms.scales.nav)


def _units(units: int, terms: Terms) -> str:
    return format_scaled(units, terms.scales.units, grouped=True)


def _money(minor: int, terms: Terms) -> str:
    return format_scaled(minor, MINOR_SCALE.get(terms.currency, 2), grouped=True)


def _amount(minor: int, terms: Terms) -> str:
    return f"{_money(minor, terms)} {terms.currency}"


# --- for programs ---------------------------------------------------------------------------


def for_programs(period: Period) -> dict[str, object]:
    """An error period as JSON has it: whole, in minor units and scaled integers."""
    terms = period.terms
    return {
        "fund_id": terms.fund_id,
        "currency": terms.currency,
        "nav_scale": terms.scales.nav,
        "unit_scale": terms.scales.units,
        "worth_fixing_minor": terms.worth_fixing_minor,
        "material_from": str(MATERIAL),
        "material": period.is_material,
        "effect_minor": period.effect_minor,
        "owed_minor": period.owed_minor,
        "kept_minor": period.kept_minor,
        "owed_if_recovered_minor": period.owed_if_recovered_minor,
        "owed_if_unrecovered_minor": period.owed_if_unrecovered_minor,
        "bookings": plain(period.bookings),
        "sessions": [_session(each, terms) for each in period.sessions],
    }


def _session(error: SessionError, terms: Terms) -> dict[str, object]:
    told = plain(error)
    assert isinstance(told, dict)
    told |= {"difference": difference(error, terms), "share": share(error, terms)}
    told["correct"] = format_scaled(error.correct.value, error.correct.scale)
    return told


def write(period: Period, file: Path) -> None:
    """Write every account's change to a CSV file, in the order of the tables.

    Raises:
        ConfigError: The file cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    writer.writerows(_rows(period))
    try:
        file.write_text(text.getvalue(), "utf-8")
    except OSError as wrong:
        raise ConfigError(f"--out {file}: it cannot be written: {wrong.strerror}") from None


def _rows(period: Period) -> Iterable[Sequence[str]]:
    terms = period.terms
    minor_scale = MINOR_SCALE.get(terms.currency, 2)
    for error in period.sessions:
        navs = _nav(error.published, terms), _nav(error.price, terms)
        for each in error.accounts:
            units = (each.units_before, each.units_after, each.units_change)
            minor = (each.minor_before, each.minor_after, each.minor_change)
            yield (
                str(error.session), each.recordkeeper, each.plan_id, terms.fund_id,
                each.participant, each.side, *navs,
                *(format_scaled(value, terms.scales.units) for value in units),
                *(format_scaled(value, minor_scale) for value in minor),
                terms.currency, format_scaled(each.worth_minor, minor_scale),
                "yes" if each.corrected else "no",
            )  # fmt: skip

"""`gateway nav-error FUND --correct SESSION=NAV …`: what a wrong NAV did, and what puts it right.

Sessions are tested one by one; the orders of those that are materially wrong are computed
again, account by account. Everything is read from the journals, and nothing is written but the
file asked for: two people book it with `gateway decide ask CORRECT_NAV`. Exit code 1 if any
session is materially wrong, 0 otherwise.

Not here: the figures (`figures`, `period`), reading (`trades`), tables (`tables`).
Source: domain.md §3.4, golden G23.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from gateway.core.dilution import WORTH_FIXING_MINOR, NavErrorKind, Scales
from gateway.core.marks import NavStruck
from gateway.core.money import MINOR_SCALE, format_scaled, half_up, parse_amount
from gateway.core.nav import NavStatus
from gateway.errors import ConfigError
from gateway.log.port import Log
from gateway.ops.answers import console, say_json
from gateway.ops.explain.walk import money
from gateway.ops.nav_error.figures import Correct, SessionError, Terms, session_error
from gateway.ops.nav_error.period import Period, period
from gateway.ops.nav_error.tables import for_programs, show, write
from gateway.ops.nav_error.trades import FundStory, PlanStory, read_fund, read_plans
from gateway.ops.reading.source import reading
from gateway.shell.gateway import Gateway
from gateway.shell.settings import Settings

LIMIT = 50
MOST_DECIMALS = 12
NEAREST = 12
"""Sessions told to who names one without a NAV."""
_CORRECT = re.compile(r"(\d{4}-\d{2}-\d{2})=(\d+)(?:\.(\d+))?")


def run(
    settings: Settings,
    fund_id: str,
    correct: Sequence[str],
    *,
    worth_fixing: str | None = None,
    out: Path | None = None,
    archive: Path | None = None,
    limit: int = LIMIT,
    as_json: bool = False,
) -> int:
    """Say what wrong NAVs of a fund did; 1 if any is materially wrong.

    Args:
        settings: Who is connected, and where Kafka is.
        fund_id: The fund.
        correct: `SESSION=NAV` each.
        worth_fixing: Amount from which an account is corrected; 10.00 if not given.
        out: CSV file to write every account's change to.
        archive: Read this archive instead of the broker.
        limit: Most accounts shown of a session.
        as_json: Answer in JSON.

    Raises:
        ConfigError: A word is not understood, or the fund or a session is not known.
        LawBroken: A sum does not come out.
    """
    gateway, wanted = settings.gateway(), corrections(correct)
    if limit < 1:
        raise ConfigError(f"--limit {limit}: show at least one account")

    async def read() -> Period:
        async with reading(settings, archive) as log:
            return await nav_error(log, gateway, fund_id, wanted, worth_fixing=worth_fixing)

    told = asyncio.run(read())
    if out is not None:
        write(told, out)
    if as_json:
        say_json(for_programs(told))
    else:
        show(told, console(), limit)
    return int(told.is_material)


def corrections(words: Iterable[str]) -> dict[date, Correct]:
    """The correct NAVs by session.

    Raises:
        ConfigError: A word is of another form, or a session is named twice.
    """
    found: dict[date, Correct] = {}
    for word in words:
        session, correct = _correction(word)
        if session in found:
            raise ConfigError(f"--correct {word}: the session is named twice; name it once")
        found[session] = correct
    if not found:
        raise ConfigError("name a session and its correct NAV: --correct 2026-11-24=12.36")
    return found


def _correction(word: str) -> tuple[date, Correct]:
    parts = _CORRECT.fullmatch(word.strip())
    decimals = (parts[3] or "") if parts else ""
    try:
        if parts is None or len(decimals) > MOST_DECIMALS or int(parts[2] + decimals) == 0:
            raise ValueError(word)
        return date.fromisoformat(parts[1]), Correct(int(parts[2] + decimals), len(decimals))
    except ValueError:
        raise ConfigError(
            f"--correct {word}: write the session and a NAV above zero, as in 2026-11-24=12.36"
        ) from None


async def nav_error(
    log: Log,
    gateway: Gateway,
    fund_id: str,
    correct: Mapping[date, Correct],
    *,
    worth_fixing: str | None = None,
) -> Period:
    """The error period of a fund whose correct NAVs are named.

    Args:
        log: Where the gateway wrote.
        gateway: Its topology.
        fund_id: The fund.
        correct: The NAV that each session should have had.
        worth_fixing: Amount in the fund's currency from which an account is corrected.

    Raises:
        ConfigError: The fund or a session is not known, or the amount is none.
        LawBroken: A sum does not come out.
    """
    fund = await read_fund(log, gateway, fund_id)
    _known(fund, fund_id, correct)
    plans = await read_plans(log, gateway, fund_id, set(correct))
    some = next(iter(fund.navs.values()))
    scales = Scales(some.nav_scale, some.unit_scale, rounding=some.unit_rounding)
    worth = WORTH_FIXING_MINOR if worth_fixing is None else _amount(worth_fixing, some.currency)
    terms = Terms(fund_id, some.currency, scales, worth)
    for session, wanted in correct.items():
        if wanted.price(scales.nav) <= 0:
            raise ConfigError(
                f"--correct {session}: the NAV rounds to nothing at {scales.nav} decimals, which "
                f"are those of {fund_id}"
            )
    told: list[SessionError] = []
    for session, wanted in sorted(correct.items()):
        traded = plans.traded.get(session, [])
        error = session_error(session, fund.navs[session].nav, wanted, traded, terms)
        notes = (*_true_ups(error, fund, terms), *_orders(error, plans, fund.navs[session]))
        told.append(replace(error, notes=notes))
    return period(told, terms)


def _amount(text: str, currency: str) -> int:
    try:
        found = parse_amount(text, currency if currency in MINOR_SCALE else "USD")
    except ValueError as wrong:
        raise ConfigError(f"--worth-fixing {text}: {wrong}") from None
    if found < 0:
        raise ConfigError(f"--worth-fixing {text}: an amount is not below zero")
    return found


def _known(fund: FundStory, fund_id: str, sessions: Iterable[date]) -> None:
    """Refuse a fund without a NAV, and sessions without one that stands.

    Raises:
        ConfigError: The known ones are given.
    """
    if not fund.navs:
        if fund.held:
            raise ConfigError(
                f"every NAV of {fund_id} is held: nothing was filled at one. See: gateway show navs"
            )
        names = ", ".join(sorted(fund.funds)) or "none at all yet"
        raise ConfigError(f"no fund {fund_id} has a NAV; those that have: {names}")
    for session in sorted(sessions):
        if session in fund.navs:
            continue
        if session in fund.held:
            raise ConfigError(
                f"the NAV of {fund_id} of {session} is held: nothing was filled at it. Release or "
                "override it: gateway decide"
            )
        near = sorted(fund.navs, key=lambda day: abs((day - session).days))[:NEAREST]
        names = ", ".join(map(str, sorted(near)))
        raise ConfigError(
            f"{fund_id} has no NAV of {session}; it has {len(fund.navs):,}, the nearest of {names}"
        )


# --- notes ------------------------------------------------------------------------------


def _true_ups(error: SessionError, fund: FundStory, terms: Terms) -> Iterable[str]:
    """A newer mark of that day or before, booked later: what it explains is no error."""
    if error.kind is NavErrorKind.NONE:
        return
    seen: set[str] = set()
    moved = 0
    for each in fund.true_ups:
        booked = each.booked
        newer = booked.measurement_date <= error.session < booked.session
        if not newer or booked.vehicle_id in seen or each.units <= 0:
            continue
        seen.add(booked.vehicle_id)
        per_unit = half_up(
            each.minor * 10 ** (terms.scales.nav + terms.scales.units - terms.scales.minor),
            each.units,
        )
        moved += per_unit
        yield (
            f"{booked.vehicle_id} has a newer mark, measured on {booked.measurement_date} and "
            f"booked in {booked.session} as a true-up of {money(each.minor, terms.currency)}, "
            f"{format_scaled(per_unit, terms.scales.nav)} a unit"
        )
    off = error.price - error.published
    if not seen or not moved or (moved > 0) != (off > 0):
        return
    share = "the whole difference" if abs(off) <= abs(moved) + 1 else "a part of the difference"
    yield (
        f"such a mark explains {share}: the NAV was an estimate that proved off. A true-up is no "
        "NAV error; correct only what was wrong with what was known then"
    )


def _orders(error: SessionError, plans: PlanStory, nav: NavStruck) -> Iterable[str]:
    """Orders without a fill yet, legs that depend on others, and a price that was swung."""
    waiting = plans.waiting.get(error.session)
    if waiting is not None:
        bought, sold = waiting.buy_minor, waiting.sell_minor
        yield (
            f"orders without units yet are not in it: bought {money(bought, nav.currency)}, "
            f"redeemed {money(sold, nav.currency)}"
        )
    if nav.status is NavStatus.CORRECTED:
        yield "the NAV was corrected by two people: that is booked once"
    if error.kind is not NavErrorKind.MATERIAL:
        return
    late = sorted({t.sent for t in plans.traded.get(error.session, ()) if t.sent > error.session})
    if late:
        yield (
            f"orders sent late, at the close of {', '.join(map(str, late))}, are in it: what their "
            "senders paid in for the dilution follows from this NAV and changes with it"
        )
    exchanges = plans.exchanges.get(error.session)
    if exchanges is not None:
        yield (
            f"{exchanges.lines:,} exchange line{'s' * (exchanges.lines != 1)} with "
            f"{', '.join(sorted(exchanges.others))}: a corrected leg changes the other one"
        )
    if nav.nav != nav.unswung_nav:
        yield (
            f"the price was swung from {format_scaled(nav.unswung_nav, nav.nav_scale)}: name the "
            "correct NAV with its swing"
        )

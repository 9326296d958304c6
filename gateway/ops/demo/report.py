"""The demo's report: tables a person can check, and what to try next.

Not here: what the day came to (`outcome`).
"""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from gateway.core.money import format_amount, format_scaled
from gateway.ops.answers import table
from gateway.ops.demo.outcome import Outcome
from gateway.ops.reading.rows import NavRow


def show(out: Console, found: Outcome, directory: Path, total_seconds: float) -> None:
    """Print the whole report."""
    _received(out, found)
    _navs(out, found)
    _limits(out, found)
    _instructions(out, found)
    _proof(out, found)
    out.print(
        f"\n{found.lines('DECIDED'):,} order lines decided, {found.lines('PARKED'):,} parked for "
        f"the next session; first message to last instruction {found.seconds:.1f} s, "
        f"everything {total_seconds:.1f} s."
    )
    _next(out, found, directory)


def usd(minor: int) -> str:
    """Dollars and cents with thousands separated."""
    return format_amount(minor, "USD")


def share(part_minor: int, whole_minor: int) -> str:
    """A share in percent with two decimals, rounded down."""
    return format_scaled(part_minor * 10_000 // whole_minor, 2) if whole_minor > 0 else "-"


def _received(out: Console, found: Outcome) -> None:
    rows = []
    for recordkeeper, expected in found.expected.items():
        got = found.received.get(recordkeeper)
        rows.append(
            (
                recordkeeper,
                f"{expected.batches:,}",
                f"{expected.lines:,}",
                usd(expected.amount_minor),
                usd(got.amount_minor) if got else "session not closed",
                "equal" if got == expected else "DIFFERENT",
            )
        )
    columns = ("recordkeeper", "batches", "lines", "expected USD", "received USD", "")
    right = ("batches", "lines", "expected USD", "received USD")
    out.print(table("Expected and received", columns, rows, right))
    wrong = [fault for fault, answered in found.faults if not answered]
    answered = len(found.faults) - len(wrong)
    out.print(f"{answered} of {len(found.faults)} messages that were wrong on purpose were "
              "answered by name")  # fmt: skip
    for fault in wrong:
        out.print(f"  not answered: {fault.sender} {fault.batch_id or '(unreadable)'}")


def _navs(out: Console, found: Outcome) -> None:
    rows = [
        (
            nav.fund_id,
            format_scaled(nav.nav, nav.nav_scale),
            format_scaled(nav.previous_nav, nav.nav_scale),
            nav.status,
            usd(nav.net_assets_minor),
            share(nav.alternative_minor, nav.net_assets_minor),
            str(nav.oldest_mark or "-"),
            _why(nav),
        )
        for nav in found.room.navs
    ]
    columns = ("fund", "NAV", "before", "status", "net assets USD", "alt. %", "oldest mark", "why")
    out.print(table("NAVs struck", columns, rows, ("NAV", "before", "net assets USD", "alt. %")))


def _why(nav: NavRow) -> str:
    said = [f"held: {', '.join(nav.holds)}" if nav.held else ", ".join(nav.holds)]
    said += [
        f"true-up {usd(t.value_minor - t.estimate_minor)} from {t.vehicle_id}" for t in nav.true_ups
    ]
    return "; ".join(part for part in said if part)


def _limits(out: Console, found: Outcome) -> None:
    rows = []
    for scope in ("PARTICIPANT", "PLAN"):
        mine = [row for row in found.room.scopes if row.scope == scope]
        lines, minor = sum(r.lines for r in mine), sum(r.diverted_minor for r in mine)
        what = f"{lines:,} lines of {len(mine)} plans"
        rows.append((f"{scope.lower()} limits", what, usd(minor), "to the plans' liquid options"))
    rows += [
        (
            f"fund limit {cut.limit_id}",
            cut.fund_id,
            usd(cut.asked_minor - cut.granted_minor),
            f"of {usd(cut.asked_minor)} stayed in the liquid sleeve"
            + (" (purchases frozen)" if cut.frozen else ""),
        )
        for cut in found.room.fund_cuts
    ]
    columns: tuple[str, ...] = ("limit", "what", "cut USD", "went")
    out.print(table("Limits that were hit", columns, rows, ("cut USD",)))
    largest = [
        (
            cut.participant,
            cut.plan_id,
            cut.scope.lower(),
            usd(cut.asked_minor),
            usd(cut.headroom_minor),
            usd(cut.accepted_minor),
            usd(cut.diverted_minor),
        )
        for cut in found.room.cuts
    ]
    columns = ("participant token", "plan", "limit", "asked", "headroom", "accepted", "diverted")
    out.print(table("The largest cuts", columns, largest, columns[3:]))


def _instructions(out: Console, found: Outcome) -> None:
    rows = [
        (
            i.instruction_id,
            i.counterparty,
            "pays" if i.direction == "PAY" else "is paid",
            usd(i.amount_minor),
            i.settlement_date,
            i.dialect,
            f"{i.legs:,}",
        )
        for i in found.room.instructions
    ]
    columns = ("instruction", "counterparty", "", "USD", "settles", "dialect", "legs")
    out.print(table("Net settlement instructions", columns, rows, ("USD", "legs")))


def _proof(out: Console, found: Outcome) -> None:
    difference = found.money_in_minor - found.money_out_minor
    out.print(
        f"Conservation: paid in {usd(found.money_in_minor)} − paid out "
        f"{usd(found.money_out_minor)} = {usd(difference)} USD"
    )
    if not found.broken:
        out.print("Laws L1–L7 hold; every inbox decided again gave its journal byte for byte.")
    for violation in found.broken[:20]:
        out.print(f"[bold red]law {violation.law} broken[/] {violation.where}: {violation.detail}")


def _next(out: Console, found: Outcome, directory: Path) -> None:
    where = f"--config {directory / 'gateway.yaml'} --archive {directory / 'archive'}"
    issued = found.room.instructions
    example = issued[0].instruction_id if issued else "ID"
    out.print("\nThe day is kept as an archive. Try next, in the environment of the checkout:")
    for line in (
        f"gateway explain {example} {where}",
        f"gateway show limits {where}",
        f"gateway replay {where}",
        "gateway rehearse tests/scenarios",
    ):
        out.print(f"  .venv/bin/{line}", soft_wrap=True)

"""A book file becomes a book change, or every fault is named with its line."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml

from gateway.core.book import BookChange
from gateway.core.fee_terms import ExpenseCap, PerformanceFeeTerms
from gateway.core.limits import ExcessPolicy, LimitScope
from gateway.core.money import Ratio
from gateway.core.performance_fees import HurdleBase, HurdleKind
from gateway.errors import ConfigError
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.ops.book.check import differences
from gateway.ops.book.command import Applied, apply, say, stands
from gateway.ops.book.file import read_book
from gateway.ops.publish.command import Place, publish, ticks
from gateway.shell.gateway import Gateway, pump
from gateway.shell.settings import Settings
from tests.day.market_day import BEFORE_CLOSE, book
from tests.day.test_settled_day import MESSAGES
from tests.ops.stage import HOME, busy_log, into

DOCKER = Path(__file__).resolve().parents[2] / "docker"
WHOLE = (DOCKER / "book.yaml").read_text(encoding="utf-8")


def docker_home(folder: Path) -> Gateway:
    """The gateway of docker/gateway.yaml."""
    said = yaml.safe_load((DOCKER / "gateway.yaml").read_text(encoding="utf-8"))
    key = folder / "token.key"
    key.write_text(b"a key for the tests".hex(), encoding="ascii")
    return Settings.model_validate({**said, "token_key_file": key}).gateway()


def fresh(home: Gateway) -> MemoryLog:
    log = MemoryLog(lambda: BEFORE_CLOSE)
    asyncio.run(log.create(home.topics()))
    return log


def file(folder: Path, text: str) -> Path:
    path = folder / "book.yaml"
    path.write_text(text, encoding="utf-8")
    return path


async def decide(log: MemoryLog, home: Gateway) -> None:
    seats = home.seats(log)
    for seat in seats:
        await seat.open()
    await pump(seats, log)


def applied(log: MemoryLog, home: Gateway, path: Path, *, dry_run: bool = False) -> Applied:
    async def story() -> Applied:
        done = await apply(log, home, path, into(log), dry_run=dry_run)
        await decide(log, home)
        return done

    return asyncio.run(story())


def test_the_example_beside_the_settings_is_taken_by_intake(tmp_path: Path) -> None:
    home = docker_home(tmp_path)
    log = fresh(home)
    done = applied(log, home, DOCKER / "book.yaml")
    assert [(p.topic, p.schema, p.name) for p in done.published] == [
        ("in.operations", "between/BookChange", "opening")
    ]
    standing = asyncio.run(stands(log, home))
    assert list(standing.book.plans) == ["PLN-1", "PLN-2", "PLN-3"]
    assert standing.book.sessions.is_session(date(2026, 11, 25))
    assert applied(log, home, DOCKER / "book.yaml").already


def test_a_file_says_what_the_change_holds(tmp_path: Path) -> None:
    change = read_book(DOCKER / "book.yaml").change
    assert (change.sender, change.batch_id, change.session) == (
        "operations", "opening", date(2026, 11, 24),
    )  # fmt: skip
    fund = change.funds[0]
    assert (fund.fund_id, fund.alternative, fund.opening_nav, fund.opening_units) == (
        "TDF_2045", False, 10_0000, 1_000_000_0000,
    )  # fmt: skip
    assert (fund.liquid_minor, fund.valuation_cutoff_minutes) == (9_100_000_00, 18 * 60 + 30)
    assert fund.sleeves[0].opening_minor == 900_000_00
    assert (fund.limit.scope, fund.limit.cap, fund.limit.soft_cap) == (
        LimitScope.FUND, Ratio(3, 20), Ratio(27, 200),
    )  # fmt: skip
    alternative = change.funds[1]
    assert alternative.performance == PerformanceFeeTerms(
        Ratio(1, 8), Ratio(1, 20), HurdleKind.CATCH_UP, Ratio(1, 1), HurdleBase.START, "KKR"
    )
    assert alternative.expense_cap == ExpenseCap(Ratio(3, 400), Ratio(3, 2500), Ratio(1, 500))
    first, second, _ = change.plans
    assert (first.settling_entity, second.settling_entity) == ("RK_A", "RK_B")
    assert second.participant_limit.on_excess is ExcessPolicy.REJECT
    assert {p.party_id: p.receiver for p in change.parties}["CUSTODIAN"] == "CUSTODIAN"
    assert {p.party_id: p.dialect for p in change.parties}["KKR"] == "kkr"


def test_what_is_only_tried_changes_nothing(tmp_path: Path) -> None:
    home = docker_home(tmp_path)
    log = fresh(home)
    done = applied(log, home, DOCKER / "book.yaml", dry_run=True)
    assert done.published == ()
    assert log.records("in.operations", 0) == []
    assert [(d.what, d.name, d.after) for d in done.differences][:3] == [
        ("calendar", "US", "US-2026.1-0f640233"), ("party", "RK_A", "new"),
        ("party", "RK_B", "new"),
    ]  # fmt: skip


def test_a_later_file_holds_only_what_it_changes(tmp_path: Path) -> None:
    home = docker_home(tmp_path)
    log = fresh(home)
    applied(log, home, DOCKER / "book.yaml")
    text = """
        batch_id: tighter
        session: 2026-11-25
        plans:
          PLN-1:
            recordkeeper: RK_A
            liquid_fund: LIQ
            funds: [TDF_2045, MA_ALT, LIQ]
            participant_limit: {id: P15, cap: 12%}
            plan_limit: {id: PL10, cap: 10%}
    """
    done = applied(log, home, file(tmp_path, text))
    assert [(d.what, d.name, d.field, d.before, d.after) for d in done.differences] == [
        ("plan", "PLN-1", "participant_limit.cap", "3/20", "3/25"),
    ]
    standing = asyncio.run(stands(log, home))
    assert standing.book.plans["PLN-1"].participant_limit.cap == Ratio(3, 25)
    assert standing.taken.keys() == {(date(2026, 11, 24), "opening"),
                                     (date(2026, 11, 25), "tighter")}  # fmt: skip


@pytest.mark.parametrize(
    ("was", "is_now", "line_of", "named"),
    [
        ("cap: 15%, soft_cap", "capp: 15%, soft_cap", "capp: 15%",
         "funds.TDF_2045.limit.capp: no such field: did you mean cap?"),
        ("cap: 15%, soft_cap", "cap: 150%, soft_cap", "cap: 150%",
         "funds.TDF_2045.limit.cap: 3/2 is no share: write one from 0% to 100%"),
        ("beta: 60%                    #", "beta: most #", "beta: most",
         "funds.TDF_2045.sleeves[0].beta: 'most' is not a ratio: write it as 15%, 3/20 or 0.15"),
        ("role: CUSTODIAN", "role: BANK", "role: BANK",
         "parties.CUSTODIAN.role: Input should be 'RECORDKEEPER', 'MANAGER', 'CUSTODIAN' or "
         "'MARKET', got 'BANK'"),
        ("liquid: 300,000.00", "liquid: 300,00.00", "liquid: 300,00",
         "funds.MA_ALT.liquid: '300,00.00' is not an amount: write it as 1,250,000.00"),
        ("opening: 1,700,000.00", "opening: 1,700,000.001", "sleeves:\n      - vehicle: KKR",
         "funds.MA_ALT.sleeves: opening of KKR_EVERGREEN: '1,700,000.001' has 3 decimals, USD "
         "has 2"),
        ("opening_nav: 10.0000             #", "opening_nav: 10.00001 #", "opening_nav: 10.00001",
         "funds.TDF_2045.opening_nav: '10.00001' is not a figure with at most 4 decimals"),
        ("valuation_cutoff: 18:30          #", "valuation_cutoff: 25:30 #", "25:30",
         "funds.TDF_2045.valuation_cutoff: '25:30' is not a local time: write it as 18:30"),
        ("session: 2026-11-24", "session: 24 November", "session: 24",
         "session: '24 November' is not a date: write it as 2026-11-24"),
        ("batch_id: opening", "batch_id: an opening", "batch_id: an",
         "batch_id: 'an opening' is no name: letters, digits, _ . - up to 64"),
        ("year_ends: 12-31", "year_ends: 31 December", "performance:",
         "funds.MA_ALT.performance.year_ends: '31 December' is no day of a year: write month and "
         "day, as 12-31"),
        ("    currency: USD\n", "    currency: XYZ\n", "currency: XYZ",
         "funds.TDF_2045.currency: no currency 'XYZ': the gateway knows USD"),
    ],
)  # fmt: skip
def test_a_fault_names_file_line_field_and_what_was_expected(
    tmp_path: Path, was: str, is_now: str, line_of: str, named: str
) -> None:
    assert WHOLE.count(was) >= 1
    text = WHOLE.replace(was, is_now, 1)
    line = text[: text.index(line_of)].count("\n") + 1
    with pytest.raises(ConfigError) as told:
        read_book(file(tmp_path, text))
    assert f"{tmp_path / 'book.yaml'}:{line}: {named}" in str(told.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = WHOLE.replace("target: 10%", "targets: 10%").replace("role: MARKET", "role: BAZAAR")
    with pytest.raises(ConfigError) as told:
        read_book(file(tmp_path, text))
    for named in ("parties.market.role", "TDF_2045.target: is missing", "targets: no such field"):
        assert named in str(told.value)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("batch_id: [", "is not YAML"),
        ("- a\n- b\n", "a book is a mapping with batch_id, session, logic, calendar"),
        ("batch_id: a\nsession: 2026-11-24\nbatch_id: b\n", ":3: batch_id stands twice"),
        ("batch_id: a\nsession: 2026-11-24\ncalendar: {years: [1990, 1991]}\n",
         "no calendar for 1990 to 1991"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_book_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(named)):
        read_book(file(tmp_path, text))
    with pytest.raises(ConfigError, match="cannot be read"):
        read_book(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    ("was", "is_now", "named"),
    [
        ("session: 2026-11-24", "session: 2026-11-26", "session: 2026-11-26 is no session"),
        ("session: 2026-11-24", "session: 2036-11-26", "is outside the calendar, 2025-01-01 to"),
        ("calendar:\n  years: [2025, 2027]", "", "calendar: is missing: the first book change"),
        ("  RK_C: {role: RECORDKEEPER}", "  RK_D: {role: RECORDKEEPER}",
         "parties.RK_D: a RECORDKEEPER sends messages: add it to senders in the settings"),
        ("receiver: CUSTODIAN", "receiver: BANK", "parties.CUSTODIAN.receiver: there is no topic "
         "out.BANK: add BANK to receivers"),
        ("dialect: kkr", "dialect: krk", "parties.KKR.dialect: no connector krk: the nearest are "
         "kkr"),
        ("        manager: BLACKSTONE ", "        manager: CUSTODIAN ",
         "funds.TDF_2045.sleeves[0].manager: no manager CUSTODIAN"),
        ("    custodian: CUSTODIAN ", "    custodian: CUSTODIA ",
         "funds.TDF_2045.custodian: no party CUSTODIA: the nearest are CUSTODIAN"),
        ("    fees: {rate: 0.55%, payee: CUSTODIAN}\n", "",
         "funds.MA_ALT.expense_cap: nobody waives: who is paid the management fee does"),
        ("base: START, payee: KKR,", "base: START, payee: KRK,",
         "funds.MA_ALT.performance.payee: no party KRK: the nearest are KKR"),
        ("catch_up: 100%", "catch_up: 10%",
         "funds.MA_ALT.performance.catch_up: 1/10 is below the rate: it would never catch up"),
        ("    custodian: CUSTODIAN ", "    nav_error_payer: BANK\n    custodian: CUSTODIAN ",
         "funds.TDF_2045.nav_error_payer: no party BANK"),
        ("RK_C: {role: RECORDKEEPER}", "RK_C: {role: RECORDKEEPER, advised_by: BANK}",
         "parties.RK_C.advised_by: no party BANK"),
        ("opening_units: 1,000,000.0000", "opening_units: 1,100,000.0000",
         "funds.TDF_2045.opening_nav: 10.0000 is further than the tolerance from net assets over "
         "units, 9.0909: the fund would be held at its first strike"),
        ("    recordkeeper: RK_B", "    recordkeeper: KKR",
         "plans.PLN-2.recordkeeper: no recordkeeper KKR"),
        ("    settling_entity: RK_A ", "    settling_entity: BANK ",
         "plans.PLN-1.settling_entity: no party BANK"),
        ("    funds: [TDF_2045, LIQ]", "    funds: [TDF_2044, LIQ]",
         "plans.PLN-2.funds[0]: no fund TDF_2044: the nearest are TDF_2045"),
        ("    funds: [TDF_2045, LIQ]", "    funds: [TDF_2045]",
         "plans.PLN-2.liquid_fund: LIQ is not among the plan's funds"),
        ("    liquid_fund: LIQ                 #", "    liquid_fund: MA_ALT #",
         "plans.PLN-1.liquid_fund: MA_ALT is alternative: name a liquid fund"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_gateway_or_the_book_is_not_published(
    tmp_path: Path, was: str, is_now: str, named: str
) -> None:
    home = docker_home(tmp_path)
    log = fresh(home)
    assert was in WHOLE
    path = file(tmp_path, WHOLE.replace(was, is_now, 1))
    with pytest.raises(ConfigError) as told:
        applied(log, home, path)
    assert named in str(told.value)
    assert re.match(rf"{re.escape(str(path))}:[0-9]+: ", str(told.value))
    assert log.records("in.operations", 0) == []


def test_a_session_that_has_begun_is_too_late(tmp_path: Path) -> None:
    home = docker_home(tmp_path)
    log = fresh(home)
    applied(log, home, DOCKER / "book.yaml")

    async def begin() -> None:
        await publish(ticks(home, "SESSION_OPENED", date(2026, 11, 24)), into(log))
        await decide(log, home)

    asyncio.run(begin())
    late = WHOLE.replace("batch_id: opening", "batch_id: late").replace("cap: 10%}", "cap: 9%}")
    with pytest.raises(ConfigError, match="2026-11-24 has begun: a change takes effect from a"):
        applied(log, home, file(tmp_path, late))


def test_one_name_is_one_change(tmp_path: Path) -> None:
    home = docker_home(tmp_path)
    log = fresh(home)
    applied(log, home, DOCKER / "book.yaml")
    other = WHOLE.replace("cap: 10%}", "cap: 9%}")
    with pytest.raises(ConfigError, match="was published with other content: give this one an"):
        applied(log, home, file(tmp_path, other))
    same = WHOLE.replace("batch_id: opening", "batch_id: again")
    with pytest.raises(ConfigError, match="nothing differs from the book in force"):
        applied(log, home, file(tmp_path, same))


def test_a_gateway_without_operations_takes_no_book(tmp_path: Path) -> None:
    home = docker_home(tmp_path)
    alone = replace(home, topology=replace(home.topology, senders=("RK_A",)))
    with pytest.raises(ConfigError, match=r"book changes go to in\.operations: add it to senders"):
        asyncio.run(apply(fresh(alone), alone, DOCKER / "book.yaml", nobody()))


def nobody() -> Callable[[Sequence[Append]], Awaitable[list[Place]]]:
    async def produce(appends: Sequence[Append]) -> list[Place]:
        raise AssertionError("nothing is to be published")

    return produce


def test_many_plans_go_in_several_messages_that_intake_takes(tmp_path: Path) -> None:
    home = docker_home(tmp_path)
    log = fresh(home)
    said = yaml.load(WHOLE, Loader=yaml.BaseLoader)
    said["plans"] = {f"P{n}": said["plans"]["PLN-1"] for n in range(1_200)}
    done = applied(log, home, file(tmp_path, yaml.safe_dump(said)))
    assert [p.name for p in done.published] == ["opening", "opening-2"]
    sent = [MESSAGES.unpack(r.value) for r in log.records("in.operations", 0)]
    changes = [each for each in sent if isinstance(each, BookChange)]
    assert [(len(c.plans), len(c.funds), c.calendar is None) for c in changes] == [
        (1_000, 3, False), (200, 0, True),
    ]  # fmt: skip
    assert len(asyncio.run(stands(log, home)).book.plans) == 1_200


def test_the_book_of_a_settled_day_is_found_in_its_log() -> None:
    standing = asyncio.run(stands(busy_log(), HOME))
    assert differences(standing.book, book()) == []
    assert standing.newest == date(2026, 11, 25)


def test_what_changes_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = docker_home(tmp_path)
    log = fresh(home)
    say(applied(log, home, DOCKER / "book.yaml", dry_run=True), as_json=False)
    out = capsys.readouterr().out
    assert "Book from 2026-11-24 (14)" in out
    assert "tried only: nothing was published" in out
    done = applied(log, home, DOCKER / "book.yaml")
    say(done, as_json=False)
    out = capsys.readouterr().out
    assert "published at in.operations-0@0" in out
    assert "gateway publish --tick SESSION_OPENED --session 2026-11-24" in out
    say(done, as_json=True)
    assert json.loads(capsys.readouterr().out)["published"][0]["offset"] == 0
    say(applied(log, home, DOCKER / "book.yaml"), as_json=False)
    assert "opening of 2026-11-24 stands already: nothing to do" in capsys.readouterr().out

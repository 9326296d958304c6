"""A fund is a file: every wrapper has one, it fits, and a day of it holds.

No test here knows a fund: the files and the days beside them say all of it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.core.book import FundTerms, Wrapper
from gateway.desks.desk import Topology
from gateway.desks.intake_lines import Keyring
from gateway.errors import ConfigError
from gateway.ops.book.check import Standing, faults
from gateway.ops.book.file import read_book
from gateway.ops.explain.command import explained
from gateway.ops.explain.node import whole
from gateway.ops.rehearse import explain, rehearse_text
from gateway.ops.scenario.parser import parse
from gateway.shell.gateway import Gateway, connectors
from tests.ops.test_explain_stories import every, played, wanted

FUNDS = Path(__file__).resolve().parents[2] / "docs" / "funds"
FILES = sorted(FUNDS.glob("*.yaml"))
DAYS = sorted(FUNDS.glob("*.day"))


def funds_of(path: Path) -> tuple[FundTerms, ...]:
    return read_book(path).change.funds


def told(text: str, path: Path) -> str:
    """Every difference of a day, as the command shows it."""
    found = [each for outcome in rehearse_text(text, str(path)) for each in outcome.differences]
    return "\n".join(line for each in found for line in explain(path.name, each))


def test_every_wrapper_has_a_file_and_every_file_a_day() -> None:
    assert {fund.wrapper for path in FILES for fund in funds_of(path)} == set(Wrapper)
    assert {funds_of(path)[0].wrapper for path in FILES} == set(Wrapper)
    assert [path.stem for path in FILES] == [path.stem for path in DAYS]
    said = (FUNDS / "README.md").read_text("utf-8")
    assert [path.stem for path in FILES if f"`{path.stem}`" not in said] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_fits_a_gateway_of_its_own_senders(path: Path) -> None:
    change = read_book(path).change
    names = tuple(party.party_id for party in change.parties)
    home = Gateway(Topology(("operations", *names), 1, 1, 1, 1), names, {}, Keyring(b"a key"))
    assert faults(change, Standing(), home, connectors()) == []


@pytest.mark.parametrize("path", DAYS, ids=lambda path: path.stem)
def test_a_day_applies_the_file_beside_it_and_holds(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n  book  ") == 1
    assert f"book          {path.stem}.yaml\n" in text
    assert told(text, path) == ""


@pytest.mark.parametrize("path", DAYS, ids=lambda path: path.stem)
def test_l4_a_day_holds_with_other_numbers_of_partitions_and_decided_again(path: Path) -> None:
    row = "given\n  partitions  plan=5  fund=3  cash=1"
    text = path.read_text("utf-8").replace("\ngiven\n", f"\n{row}\n")
    again = "  replay  journal\n  replay  by_sender\n  replay  one_by_one\n"
    assert told(f"{text.rstrip()}\n{again}", path) == ""


@pytest.mark.parametrize("path", DAYS, ids=lambda path: path.stem)
def test_every_figure_of_a_day_is_explained_and_adds_up(path: Path) -> None:
    async def silent() -> list[str]:
        (scenario,) = parse(path.read_text("utf-8"), str(path))
        stage = await played(scenario)
        found: list[str] = []
        for words in wanted(stage):
            for node in every(await explained(stage.log, stage.gateway, words, limit=50)):
                found += [] if whole(node).text else [node.kind]
        return found

    assert asyncio.run(silent()) == []


# --- a book file in a scenario -------------------------------------------------------------------

NEXT_YEAR = """
batch_id: glide-2028
session: 2026-12-31
funds:
"""


def test_a_later_file_changes_the_glide_path_from_its_session_on(tmp_path: Path) -> None:
    book = (FUNDS / "target_date_trust.yaml").read_text("utf-8")
    (tmp_path / "book.yaml").write_text(book, "utf-8")
    begins, ends = book.index("  TDT_2045:"), book.index("  TDT_2055:")
    lowered = book[begins:ends].replace("2027-01-01, target: 11.9%", "2026-12-31, target: 11%")
    (tmp_path / "later.yaml").write_text(NEXT_YEAR + lowered, "utf-8")
    text = """Trustees bring the next step forward

given
  book          book.yaml

when
  book          later.yaml
  contribution  p-1  100,000.00  into=TDT_2045
  close
  contribution  p-1  100,000.00  into=TDT_2045
  close

then
  answer        glide-2028  ACCEPTED
  purchase      TDT_2045  session=Wed 2026-12-30  asked=12,000.00
  # 11 % of 10.2 m is less than the 1.212 m that is held.
  purchase      TDT_2045  session=Thu 2026-12-31  asked=0.00
"""
    assert told(text, tmp_path / "x.day") == ""


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("given\n  fund  FUND\n  book  {}\nthen\n  only  nav\n", "keep to one"),
        ("given\n  book  {}\n  cap  fund  15%\nthen\n  only  nav\n", "change it by another file"),
        ("given\n  book  {}\nwhen\n  cap  plan  15%\nthen\n  only  nav\n", "by another file"),
        ("given\n  book  nowhere.yaml\nthen\n  only  nav\n", "cannot be read"),
    ],
)
def test_a_file_and_rows_of_the_book_do_not_mix(rows: str, why: str) -> None:
    text = f"A day\n\n{rows.format('collective_trust.yaml')}"
    with pytest.raises(ConfigError, match=why):
        rehearse_text(text, str(FUNDS / "x.day"))


def test_the_market_of_a_scenario_has_its_own_name(tmp_path: Path) -> None:
    book = (FUNDS / "collective_trust.yaml").read_text("utf-8").replace("market:", "PRICES:")
    (tmp_path / "book.yaml").write_text(book, "utf-8")
    with pytest.raises(ConfigError, match="the MARKET party is `market`"):
        rehearse_text("A day\n\ngiven\n  book  book.yaml\nthen\n  only  nav\n",
                      str(tmp_path / "x.day"))  # fmt: skip


# --- a file that is wrong ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "was", "is_now", "said"),
    [
        ("real_estate_account", "wrapper: REAL_ESTATE_ACCOUNT", "wrapper: REAL_ESTATE",
         "funds.REA.wrapper: Input should be 'LIQUID_CIT', 'TARGET_DATE_CIT'"),
        ("real_estate_account", "daily_income: 5%", "daily_income: 105%",
         "funds.REA.sleeves[0].daily_income: 21/20 is no share: write one from 0% to 100%"),
        ("real_estate_account", "daily_income: 5%", "daily_incom: 5%",
         "funds.REA.sleeves[0].daily_incom: no such field: did you mean daily_income?"),
        ("real_estate_account", "opening_measurement_date: 2026-08-31",
         "opening_measurement_date: 31.8.2026",
         "funds.REA.sleeves[0].opening_measurement_date: '31.8.2026' is not a date: write it as "
         "2026-11-24"),
        ("real_estate_account", "stale_after_days: 100", "stale_after_days: -1",
         "funds.REA.sleeves[0].stale_after_days: Input should be greater than or equal to 0, got "
         "'-1'"),
        ("real_estate_account", "vehicle: DEPOTS", "vehicle: OFFICES",
         "funds.REA.sleeves: a vehicle stands twice"),
        ("real_estate_account", "opening_proxy: 10000000", "opening_proxy: 0",
         "funds.REA.sleeves[0].opening_proxy: Input should be greater than 0, got '0'"),
        ("target_date_trust", "from_date: 2032-01-01, target: 10%",
         "from_date: 2027-01-01, target: 10%",
         "funds.TDT_2045.glide_path: its steps do not stand in the order of their days, each day "
         "once"),
        ("target_date_trust", "from_date: 2032-01-01, target: 10%", "from_date: 2032-01-01",
         "funds.TDT_2045.glide_path[1].target: is missing"),
        ("target_date_trust", "target: 11.9%", "target: 119%",
         "funds.TDT_2045.glide_path[0].target: 119/100 is no share"),
        ("target_date_fund", "as_of_sessions: 2", "as_of_sessions: two",
         "funds.TDF_2040.as_of_sessions: Input should be a valid integer"),
        ("target_date_fund", "factor: 0.4%", "facter: 0.4%",
         "funds.TDF_2040.swing.facter: no such field: did you mean factor?"),
        ("drawdown_sleeve_trust", "calendar: BANK", "calendar: LUNAR",
         "funds.DRAWDOWN.sleeves[0].calls.calendar: Input should be 'BANK' or 'EXCHANGE', got "
         "'LUNAR'"),
        ("private_credit_fund", "scope: ASSET_CLASS", "scope: FUND",
         "funds.CREDIT.limits[0].scope: Input should be 'SLEEVE', 'MANAGER', 'ASSET_CLASS' or "
         "'ISSUER', got 'FUND'"),
        ("digital_asset_sleeve", "valuation_cutoff: 16:30", "valuation_cutoff: 4pm",
         "funds.COIN.valuation_cutoff: '4pm' is not a local time: write it as 18:30"),
        ("digital_asset_sleeve", "alternative: yes", "alternative: perhaps",
         "funds.COIN.alternative: Input should be a valid boolean"),
    ],
)  # fmt: skip
def test_a_wrong_file_names_line_field_and_what_was_expected(
    tmp_path: Path, file: str, was: str, is_now: str, said: str
) -> None:
    text = (FUNDS / f"{file}.yaml").read_text("utf-8")
    assert was in text
    wrong = tmp_path / "book.yaml"
    wrong.write_text(text.replace(was, is_now, 1), "utf-8")
    with pytest.raises(ConfigError) as refused:
        read_book(wrong)
    faults_named = [each for each in str(refused.value).split("; ") if said in each]
    (fault,) = faults_named
    line = int(fault.removeprefix(f"{wrong}:").partition(":")[0])
    around = wrong.read_text("utf-8").splitlines()[line - 1 : line + 30]
    assert any(is_now.partition(",")[0].split(":")[0] in each for each in around)

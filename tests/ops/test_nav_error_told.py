"""How an error period is told: tables, JSON, a file, exit codes; never a participant.

Not here: the figures (`test_nav_error`).
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from gateway.errors import ConfigError
from gateway.ops import cli
from gateway.ops.nav_error.command import run
from gateway.ops.nav_error.period import Period
from gateway.ops.nav_error.tables import for_programs, show, write
from tests.day.market_day import PERSON
from tests.ops.stage import HOME, archive, busy_log, settings
from tests.ops.test_nav_error import BOTH, asked, golden


def printed(error: Period, limit: int = 50) -> str:
    to = io.StringIO()
    show(error, Console(file=to, width=200), limit)
    return to.getvalue()


def test_tables_have_totals_and_say_who_owes_whom() -> None:
    said = printed(asked(golden(), "TDF", *BOTH))
    assert "owes it 890.87 USD" in said
    assert "597.18 USD if all that is to be taken back is recovered, 947.18 USD if" in said
    rows = [[cell.strip() for cell in row.split("│")] for row in said.splitlines() if "│" in row]
    totals = [row[1:-1] for row in rows if row[1] == "all"]
    assert totals == [
        ["all", "", "", "", "", "", "10,500.00", "844.7305", "310,150.00", "25,000.0000",
         "-890.87"],
        ["all", "", "PURCHASE", "2", "844.7305", "849.5146", "4.7841", "10,500.00", "10,500.00",
         "0.00", "1"],
        ["all", "", "REDEMPTION", "1", "5,000.0000", "5,000.0000", "0.0000", "62,150.00",
         "61,800.00", "-350.00", "1"],
        ["all", "", "", "", "2", "4.5563", "-350.00"],
    ]  # fmt: skip


def test_accounts_beyond_the_limit_are_counted() -> None:
    assert "2 more accounts, ask with --limit or --out" in printed(asked(golden(), "TDF", *BOTH), 1)


def test_no_error_is_told_in_one_sentence() -> None:
    said = printed(asked(golden(), "TDF", "2026-11-24=12.43"))
    assert "No session is in error: nothing is owed and nothing is to be booked." in said
    assert "corrections to book" not in said


def test_a_net_benefit_stays_in_the_fund() -> None:
    error = asked(golden(), "TDF", "2026-11-25=12.43")
    assert (error.owed_minor, error.kept_minor) == (0, 600_00)
    assert "it keeps 600.00 USD" in printed(error)


def test_json_has_minor_units_with_their_scales() -> None:
    said = json.loads(json.dumps(for_programs(asked(golden(), "TDF", *BOTH))))
    assert (said["nav_scale"], said["unit_scale"], said["owed_minor"]) == (2, 4, 890_87)
    first, second = said["sessions"]
    assert (first["kind"], first["share"], first["difference"]) == ("MATERIAL", "0.5663%", "0.07")
    assert (second["share"], second["correct"]) == ("0.2425%", "12.37")
    assert said["bookings"][0] == {
        "recordkeeper": "RK_A", "plan_id": "PLAN_A", "fund_id": "TDF", "session": "2026-11-24",
        "units": 4_5563, "minor": 0, "accounts": 1,
    }  # fmt: skip


def test_the_file_has_every_account_and_adds_up(tmp_path: Path) -> None:
    error = asked(golden(), "TDF", *BOTH)
    write(error, tmp_path / "changes.csv")
    with (tmp_path / "changes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["plan"], r["side"], r["units_change"], r["amount_change"], r["worth"],
             r["corrected"]) for r in sorted(rows, key=lambda r: r["units_before"])] == [
        ("PLAN_A", "PURCHASE", "0.2278", "0.00", "2.82", "no"),
        ("PLAN_B", "REDEMPTION", "0.0000", "-350.00", "-350.00", "yes"),
        ("PLAN_A", "PURCHASE", "4.5563", "0.00", "56.32", "yes"),
    ]  # fmt: skip
    with pytest.raises(ConfigError, match="it cannot be written"):
        write(error, tmp_path)


def test_the_command_reads_an_archive_and_its_code_says_whether_anything_is_material(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = asyncio.run(archive(busy_log(), HOME, tmp_path / "log")), tmp_path / "out.csv"
    home = settings(tmp_path)
    codes = [
        run(home, "TDF_2045", [f"2026-11-24={nav}"], archive=folder, out=out, as_json=True)
        for nav in ("10.0155", "10.0000", "9.9000")
    ]
    assert codes == [0, 0, 1]
    said = capsys.readouterr().out
    assert PERSON not in said + out.read_text("utf-8")
    material = json.loads(said[said.rindex("\n{\n") :])
    for plan in material["sessions"][0]["plans"]:
        mine = [
            each
            for each in material["sessions"][0]["accounts"]
            if (each["plan_id"], each["side"]) == (plan["plan_id"], plan["side"])
        ]
        for name in ("units_before", "units_after", "minor_before", "minor_after"):
            assert sum(each[name] for each in mine) == plan[name]
    with pytest.raises(ConfigError, match="--limit 0: show at least one account"):
        run(home, "TDF_2045", ["2026-11-24=9.9000"], archive=folder, limit=0)
    assert run(home, "TDF_2045", ["2026-11-24=9.9000"], archive=folder) == 1
    assert "corrections to book" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--help",), 0, "--correct"),
        (("--help",), 0, "--worth-fixing"),
        (("--help",), 0, "--json"),
        (("--help",), 0, "Nothing is booked"),
        (("TDF",), 2, "--correct"),
        (("TDF", "--correct", "tomorrow=1"), 2, ""),
    ],
)
def test_the_command_says_how_it_is_called(
    words: tuple[str, ...], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["nav-error", *words])
    assert ended.value.code == code
    told = capsys.readouterr()
    assert said in told.out + told.err


def test_the_commands_that_book_it_are_told_for_material_sessions_alone() -> None:
    said = printed(asked(golden(), "TDF", *BOTH)).splitlines()
    commands = [line for line in said if line.startswith("gateway decide")]
    assert commands == [
        "gateway decide ask CORRECT_NAV TDF --session 2026-11-24 --value 12.36 --by NAME "
        "--reason WHY"
    ]
    assert "gateway decide" not in printed(asked(golden(), "TDF", "2026-11-24=12.43"))

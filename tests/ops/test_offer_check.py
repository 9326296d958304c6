"""An interval fund's offers keep to rule 23c-3, or the book is not published.

Source: 17 CFR 270.23c-3, golden G17.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.desks.desk import Topology
from gateway.desks.intake_lines import Keyring
from gateway.errors import ConfigError
from gateway.ops.book.check import Standing, faults
from gateway.ops.book.file import read_book
from gateway.shell.gateway import Gateway, connectors

FUNDS = Path(__file__).resolve().parents[2] / "docs" / "funds"
INTERVAL = (FUNDS / "interval_fund.yaml").read_text(encoding="utf-8")
FIRST = """      - share: 5%
        extra: 2%
        notice_date: 2026-10-26
        request_deadline: 2026-11-24
        pricing_date: 2026-11-24
        payment_date: 2026-12-01
"""


@pytest.mark.parametrize(
    ("was", "is_now", "named"),
    [
        ("share: 5%", "share: 4%", "share: SIZE: 4% of the units: offer 5% to 25%"),
        ("share: 5%", "share: 26%", "share: SIZE: 26% of the units: offer 5% to 25%"),
        ("extra: 2%", "fee: 2.5%", "fee: FEE: 2.5% of the proceeds: at most 2% may be kept"),
        ("notice_date: 2026-10-26", "notice_date: 2026-11-04",
         "request_deadline: NOTICE_TOO_SHORT: 2026-11-24: a notice of 2026-11-04 allows 2026-11-25 "
         "to 2026-12-16"),
        ("notice_date: 2026-10-26", "notice_date: 2026-10-12",
         "request_deadline: NOTICE_TOO_LONG: 2026-11-24: a notice of 2026-10-12 allows 2026-11-02 "
         "to 2026-11-23"),
        ("pricing_date: 2026-11-24", "pricing_date: 2026-12-09",
         "pricing_date: PRICED_TOO_LATE: 2026-12-09: a deadline of 2026-11-24 allows 2026-12-08 at "
         "the latest"),
        ("payment_date: 2026-12-01", "payment_date: 2026-11-24",
         "payment_date: PAID_BEFORE_PRICING: 2026-11-24: after the pricing, 2026-11-24"),
        ("payment_date: 2026-12-01", "payment_date: 2026-12-02",
         "payment_date: PAID_TOO_LATE: 2026-12-02: a pricing of 2026-11-24 allows 2026-12-01 at "
         "the latest"),
        ("pricing_date: 2026-11-24", "pricing_date: 2026-11-26",
         "pricing_date: 2026-11-26 is no session: no NAV is struck on it"),
    ],
)  # fmt: skip
def test_an_interval_funds_offer_keeps_to_the_rule(
    tmp_path: Path, was: str, is_now: str, named: str
) -> None:
    if "pricing_date" in was:
        first = FIRST.replace("payment_date: 2026-12-01", "payment_date: 2026-12-15")
    else:
        first = FIRST
    path = file(tmp_path, INTERVAL.replace(FIRST, first.replace(was, is_now), 1))
    field = named.partition(":")[0].split()[0]
    text = path.read_text(encoding="utf-8")
    line = text[: text.index(f"{field}: ", text.index("offers:"))].count("\n") + 1
    assert f"{path}:{line}: funds.INTERVAL.gate.offers[0].{named}" in told_of(path)


def test_the_delivered_offers_have_no_fault() -> None:
    assert FIRST in INTERVAL
    assert told_of(FUNDS / "interval_fund.yaml") == ""


def test_an_offer_priced_before_its_deadline_is_no_gate_at_all(tmp_path: Path) -> None:
    wrong = FIRST.replace("pricing_date: 2026-11-24", "pricing_date: 2026-11-23")
    with pytest.raises(ConfigError, match=r"funds\.INTERVAL\.gate: the gate has faults: DATES"):
        read_book(file(tmp_path, INTERVAL.replace(FIRST, wrong, 1)))


def test_other_wrappers_offer_what_their_board_decides(tmp_path: Path) -> None:
    text = INTERVAL.replace(FIRST, FIRST.replace("share: 5%", "share: 4%"), 1)
    assert "SIZE" in told_of(file(tmp_path, text))
    other = text.replace("wrapper: INTERVAL_FUND", "wrapper: TENDER_OFFER_FUND")
    assert told_of(file(tmp_path, other)) == ""


def test_a_tender_offer_is_open_for_twenty_business_days(tmp_path: Path) -> None:
    tender = FUNDS / "tender_offer_fund.yaml"
    assert told_of(tender) == ""
    text = tender.read_text(encoding="utf-8")

    def commenced(day: str) -> str:
        return told_of(file(tmp_path, text.replace("notice_date: 2026-10-26", day)))

    # On Veterans Day banks are shut: from 27 October the twentieth business day is 24 November.
    assert commenced("notice_date: 2026-10-27") == ""
    assert (
        "funds.TENDER.gate.offers[0].request_deadline: 2026-11-24: an offer of 2026-10-28 is open "
        "for 20 business days, to 2026-11-25 at least"
    ) in commenced("notice_date: 2026-10-28")
    thanksgiving = text.replace("pricing_date: 2026-11-24", "pricing_date: 2026-11-26")
    no_session = "2026-11-26 is no session: no NAV is struck on it"
    assert no_session in told_of(file(tmp_path, thanksgiving))


def file(folder: Path, text: str) -> Path:
    path = folder / "book.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def told_of(path: Path) -> str:
    read = read_book(path)
    names = tuple(party.party_id for party in read.change.parties)
    home = Gateway(Topology(("operations", *names), 1, 1, 1, 1), names, {}, Keyring(b"a key"))
    found = faults(read.change, Standing(), home, connectors())
    return "; ".join(read.fault(loc, text) for loc, text in found)

"""What a book file says of vehicles: band, buffer, commitments in mid-life, limits that count."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.core.book import BookChange
from gateway.core.calls import Commitment
from gateway.core.cash_needs import BufferTerms
from gateway.core.fees import FeeBase, PaidEach
from gateway.core.limits import Limit
from gateway.core.lineage import Lineage, MarkBehind, MarkMethod, ValuedBy
from gateway.core.money import Ratio
from gateway.core.redemption_needs import BandTerms
from gateway.desks.fund_state import Fund
from gateway.errors import ConfigError
from gateway.ops.book.file import read_book
from tests.ops.test_book import DOCKER, WHOLE, file


def edited(folder: Path, was: str, is_now: str) -> BookChange:
    assert WHOLE.count(was) == 1, was
    return read_book(file(folder, WHOLE.replace(was, is_now))).change


def test_band_and_buffer_are_shares_of_net_assets() -> None:
    first, second, *_ = read_book(DOCKER / "book.yaml").change.funds
    assert first.band == BandTerms(Ratio(1, 10), Ratio(3, 20))
    assert first.buffer == BufferTerms(Ratio(1, 50), Ratio(1, 20), Ratio(1, 1))
    assert (second.band, second.buffer) == (None, None)


def test_a_commitment_taken_over_opens_with_its_totals(tmp_path: Path) -> None:
    change = edited(tmp_path, 'called_inside: "0.00"', 'called_inside: "120,000.00"')
    opened = Fund.opening(change.funds[0]).commitments["KKR_V"]
    assert opened == Commitment(500_000_00, 120_000_00)
    assert opened.unfunded_minor == 380_000_00


def test_a_funds_limit_counts_unfunded_commitments_if_it_says_so(tmp_path: Path) -> None:
    was = "on_excess: TRIM, cure_days: 90}"
    change = edited(tmp_path, was, f"{was[:-1]}, counts_unfunded: yes}}")
    assert change.funds[0].limit.counts_unfunded
    assert not change.funds[1].limit.counts_unfunded
    assert not Limit.__dataclass_fields__["counts_unfunded"].default


FEES = "fees: {rate: 0.30%, day_count: ACT_365F, payee: CUSTODIAN}"


def test_a_management_fee_has_a_base_and_times_at_which_it_is_paid(tmp_path: Path) -> None:
    change = edited(tmp_path, FEES, f"{FEES[:-1]}, base: COMMITTED, paid: MONTH}}")
    fees = change.funds[0].fees
    assert fees is not None
    assert (fees.base, fees.paid_each) == (FeeBase.COMMITTED, PaidEach.MONTH)
    usual = read_book(DOCKER / "book.yaml").change.funds[0].fees
    assert usual is not None
    assert (usual.base, usual.paid_each) == (FeeBase.NET, PaidEach.QUARTER)


SAYS_NOTHING = (
    'opening_lineage: {method: REPORTED_NAV, valued_by: MANAGER, valuer: "", approver: ""}'
)


def test_a_holding_may_ask_for_an_independent_value_and_say_how_it_opened(tmp_path: Path) -> None:
    own = edited(tmp_path, "independent_within_days: 0", "independent_within_days: 92")
    holding = own.funds[0].sleeves[0]
    assert holding.independent_within_days == 92
    assert Fund.opening(own.funds[0]).sleeves["BX_PE"].independent_on is None
    named = "opening_lineage: {method: APPRAISAL, valued_by: INDEPENDENT, valuer: Fair Value LLC}"
    appraised = edited(tmp_path, SAYS_NOTHING, named)
    said = Lineage(MarkMethod.APPRAISAL, ValuedBy.INDEPENDENT, "Fair Value LLC", "")
    opened = Fund.opening(appraised.funds[0]).sleeves["BX_PE"]
    assert opened.behind == MarkBehind(lineage=said)
    assert opened.independent_on == opened.measurement_date
    # Where nothing is said the opening is the manager's own, and none is asked for.
    other = own.funds[0].sleeves[1]
    assert (other.independent_within_days, other.opening_lineage) == (0, Lineage())


@pytest.mark.parametrize(
    ("was", "is_now", "named"),
    [
        ("fees: {rate: 0.55%, payee: CUSTODIAN}",
         "fees: {rate: 0.55%, payee: CUSTODIAN, base: INVESTED}",
         "funds.MA_ALT.fees: base INVESTED: none of its holdings has a commitment"),
        ("band: {low: 10%, high: 15%}", "band: {low: 11%, high: 15%}",
         "funds.TDF_2045.band: a band has its target between low and high"),
        ("band: {low: 10%, high: 15%}", "band: {low: 8%, high: 9%}",
         "funds.TDF_2045.band: a band has its target between low and high"),
        ("buffer: {low: 2%, target: 5%", "buffer: {low: 6%, target: 5%",
         "funds.TDF_2045.buffer: a band has its target between low and high"),
        ('called_inside: "0.00"', 'called_inside: "500,000.01"',
         "calls of KKR_V: commitment 500,000.00 less called_inside 500,000.01 and recallable 0.00 "
         "is no unfunded commitment: from 0 to all of it"),
        ('recallable: "0.00"', 'recallable: "0.01"', "is no unfunded commitment"),
        (SAYS_NOTHING, "opening_lineage: {valued_by: INDEPENDENT}",
         "opening_lineage: an independent value names its valuer"),
        ("independent_within_days: 0", "independent_within_days: -1",
         "independent_within_days: Input should be greater than or equal to 0"),
        ('kept: "0.00"', 'kept: "a lot"', "calls of KKR_V: 'a lot' is not an amount"),
        ("participant_limit: {id: P15, cap: 15%, on_excess: TRIM}",
         "participant_limit: {id: P15, cap: 15%, counts_unfunded: yes}",
         "plans.PLN-1.participant_limit.counts_unfunded: no such field"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(tmp_path: Path, was: str, is_now: str, named: str) -> None:
    with pytest.raises(ConfigError) as told:
        edited(tmp_path, was, is_now)
    assert named in str(told.value)

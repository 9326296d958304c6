"""A call netted against a distribution: which notice may name which, and what money it needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.calls import CapitalNotice, NoticeKind
from gateway.core.netted_notices import NettedFault, needed_minor, netted_faults

DUE = date(2026, 12, 7)
DISTRIBUTION = CapitalNotice(
    "BX",
    "D-1",
    "PE_I",
    "TDF",
    NoticeKind.DISTRIBUTION,
    date(2026, 11, 23),
    DUE,
    "USD",
    4_000_000_00,
    (),
    0,
)
CALL = replace(
    DISTRIBUTION, batch_id="C-1", kind=NoticeKind.CALL, total_minor=10_000_000_00,
    netted_with="D-1", net_minor=6_000_000_00,
)  # fmt: skip


def test_g24_the_call_names_the_distribution_and_states_the_difference() -> None:
    assert netted_faults(CALL, [DISTRIBUTION]) == ()
    assert needed_minor(CALL, [DISTRIBUTION, CALL]) == 6_000_000_00


def test_the_distribution_may_name_the_call_as_well() -> None:
    call = replace(CALL, netted_with="", net_minor=0)
    back = replace(DISTRIBUTION, netted_with="C-1", net_minor=6_000_000_00)
    assert netted_faults(back, [call]) == ()
    assert needed_minor(call, [call, back]) == 6_000_000_00


def test_a_call_smaller_than_the_distribution_needs_no_money() -> None:
    call = replace(CALL, total_minor=1_000_000_00, netted_with="", net_minor=0)
    back = replace(DISTRIBUTION, netted_with="C-1", net_minor=-3_000_000_00)
    assert netted_faults(back, [call]) == ()
    assert needed_minor(call, [call, back]) == 0


@pytest.mark.parametrize(
    ("call", "due"),
    [
        pytest.param(replace(CALL, netted_with=""), [DISTRIBUTION], id="a net of nothing"),
        pytest.param(CALL, [], id="no such notice"),
        pytest.param(CALL, [replace(DISTRIBUTION, vehicle_id="PE_II")], id="another vehicle"),
        pytest.param(CALL, [replace(DISTRIBUTION, kind=NoticeKind.CALL)], id="the same way"),
        pytest.param(CALL, [replace(DISTRIBUTION, due_date=date(2026, 12, 8))], id="another day"),
        pytest.param(CALL, [DISTRIBUTION, replace(CALL, batch_id="C-0")], id="netted already"),
        pytest.param(CALL, [replace(DISTRIBUTION, netted_with="C-0")], id="names one itself"),
    ],
)
def test_a_notice_that_names_the_wrong_one_is_refused(
    call: CapitalNotice, due: list[CapitalNotice]
) -> None:
    assert netted_faults(call, due) == (NettedFault.NETTED_WITH,)


@pytest.mark.parametrize("off", [-1, 1])
def test_a_net_that_is_a_cent_off_is_refused(off: int) -> None:
    wrong = replace(CALL, net_minor=CALL.net_minor + off)
    assert netted_faults(wrong, [DISTRIBUTION]) == (NettedFault.NET_AMOUNT,)


def test_a_call_that_is_not_netted_needs_all_of_its_money() -> None:
    alone = replace(CALL, netted_with="", net_minor=0)
    other = replace(DISTRIBUTION, vehicle_id="PE_II", netted_with="C-1", net_minor=1)
    assert netted_faults(alone, [DISTRIBUTION]) == ()
    assert needed_minor(alone, [DISTRIBUTION, other, alone]) == 10_000_000_00


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_a_netted_call_needs_what_the_distribution_does_not_bring(called: int, back: int) -> None:
    paid = replace(DISTRIBUTION, total_minor=back)
    call = replace(CALL, total_minor=called, net_minor=called - back)
    assert netted_faults(call, [paid]) == ()
    assert needed_minor(call, [paid, call]) == max(0, called - back)

"""What corrects an order, and what an order is sent for."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest

from gateway.core.corrections import (
    CORRECTIONS,
    REVERSALS,
    Links,
    Original,
    corrects_with,
    takes_back,
)
from gateway.core.vocabulary import (
    CORRECTION_REASONS,
    DISTRIBUTION_REASONS,
    EXCHANGE_REASONS,
    EventKind,
    OrderKind,
)
from gateway.wire.registry import schema_root

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


@pytest.mark.parametrize("reason", sorted(REVERSALS))
def test_what_a_contribution_bought_is_sold(reason: EventKind) -> None:
    assert corrects_with(reason, OrderKind.CONTRIBUTION) is OrderKind.DISTRIBUTION


def test_lost_earnings_are_a_contribution_of_their_own() -> None:
    earnings = EventKind.LATE_DEPOSIT_EARNINGS
    assert corrects_with(earnings, OrderKind.CONTRIBUTION) is OrderKind.CONTRIBUTION
    assert not takes_back(earnings, TUESDAY, TUESDAY)


def test_what_a_distribution_sold_is_bought_back_by_a_reversal_only() -> None:
    made = {reason: corrects_with(reason, OrderKind.DISTRIBUTION) for reason in CORRECTIONS}
    assert made.pop(EventKind.REVERSAL) is OrderKind.CONTRIBUTION
    assert made.pop(EventKind.WITHDRAWAL) is OrderKind.DISTRIBUTION
    assert set(made.values()) == {None}


def test_what_waits_to_be_paid_out_or_exchanged_is_withdrawn_and_nothing_else_is() -> None:
    withdrawn = {kind: corrects_with(EventKind.WITHDRAWAL, kind) for kind in OrderKind}
    assert withdrawn.pop(OrderKind.CONTRIBUTION) is None
    assert set(withdrawn.values()) == {OrderKind.DISTRIBUTION}
    assert not takes_back(EventKind.WITHDRAWAL, TUESDAY, TUESDAY)


@pytest.mark.parametrize("reason", sorted(CORRECTIONS - {EventKind.WITHDRAWAL}))
def test_an_exchange_is_corrected_by_another_exchange(reason: EventKind) -> None:
    assert corrects_with(reason, OrderKind.EXCHANGE) is None


@pytest.mark.parametrize("reason", sorted(REVERSALS))
def test_money_is_taken_back_while_the_session_of_the_original_is_open(reason: EventKind) -> None:
    assert takes_back(reason, TUESDAY, TUESDAY)
    assert not takes_back(reason, MONDAY, TUESDAY)


def test_lines_that_are_split_or_put_in_order_keep_what_each_goes_back_to() -> None:
    originals = (Original(MONDAY, "B1", MONDAY), Original(TUESDAY, "B2", MONDAY))
    links = Links(
        originals, np.array([0, 1, 1], np.int32), np.array([7, 8, 9], np.int32),
        np.array([10, 20, 30], np.int64),
    )  # fmt: skip
    some = links.rows(np.array([2, 0], np.int64))
    assert some.originals == originals
    assert (some.original.tolist(), some.line.tolist()) == ([1, 0], [9, 7])
    assert some.received_at.tolist() == [30, 10]


@pytest.mark.parametrize(
    ("record", "reasons"),
    [
        ("DistributionBatch", DISTRIBUTION_REASONS),
        ("ExchangeBatch", EXCHANGE_REASONS),
        ("CorrectionBatch", CORRECTION_REASONS),
    ],
)
def test_the_published_records_have_these_reasons(
    record: str, reasons: tuple[EventKind, ...]
) -> None:
    path = schema_root() / "inbound" / record / "v1.avsc"
    fields = json.loads(path.read_text("utf-8"))["fields"]
    (kind,) = [field["type"] for field in fields if field["name"] == "reason"]
    assert kind["symbols"] == list(reasons)

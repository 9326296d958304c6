"""How a mark came about, in the native vocabulary and in both dialects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from gateway.connector.protocol import Rendered, Untranslatable
from gateway.core.lineage import Lineage, MarkMethod, ValuedBy
from gateway.core.marks import ManagerMark
from gateway.shell.gateway import connectors
from gateway.wire.messages import Messages
from gateway.wire.registry import standard

MESSAGES = Messages(standard())
DAY = (date(2026, 9, 30) - date(1970, 1, 1)).days
SAID: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "native": ("ManagerNav", {
        "statement_id": "S", "vehicle_id": "V", "fund_id": "F", "currency": "USD",
        "measurement_date": DAY, "value_minor": 10_00,
    }),
    "kkr": ("KkrEvergreenNav", {
        "documentId": "S", "vehicle": "V", "holder": "F", "currency": "USD", "valuationDate": DAY,
        "unitsE6": 10_000_000, "priceE6": 1_000_000,
    }),
    "blackstone": ("BlackstoneVehicleStatement", {
        "StatementRef": "S", "FundCode": "V", "InvestorRef": "F", "Ccy": "USD",
        "AsOfDate": "20260930", "CapitalBalance": "10.00",
    }),
}  # fmt: skip
LINEAGE: Mapping[str, Mapping[str, object]] = {
    "native": {"method": "APPRAISAL", "valued_by": "INDEPENDENT", "valuer": " Fair Value LLC ",
               "approver": "trustee"},
    "kkr": {"priceBasis": "appraised", "independentFirm": "Fair Value LLC",
            "approvedBy": "trustee"},
    "blackstone": {"ValBasis": "APPR", "IndepValuer": "Fair Value LLC", "ApprovedBy": "trustee"},
}  # fmt: skip


def mark(dialect: str, more: Mapping[str, object]) -> ManagerMark:
    """A statement of a dialect, through its bytes, translated."""
    schema, body = SAID[dialect]
    said = Rendered(f"inbound/{schema}", {"sender": "M", **body, **more})
    published = MESSAGES.unpack(MESSAGES.pack(said))
    assert isinstance(published, Rendered)
    found = connectors()[dialect].translate(published.schema, published.body)
    assert isinstance(found, ManagerMark)
    return found


@pytest.mark.parametrize("dialect", SAID)
def test_a_mark_of_which_nothing_is_said_is_the_managers_own(dialect: str) -> None:
    assert mark(dialect, {}).lineage == Lineage()


@pytest.mark.parametrize("dialect", SAID)
def test_every_dialect_says_who_valued_how_and_who_approved(dialect: str) -> None:
    assert mark(dialect, LINEAGE[dialect]).lineage == Lineage(
        MarkMethod.APPRAISAL, ValuedBy.INDEPENDENT, "Fair Value LLC", "trustee"
    )


@pytest.mark.parametrize(
    ("dialect", "more", "detail"),
    [
        ("kkr", {"priceBasis": "guessed"}, "priceBasis is one of reported, "),
        ("blackstone", {"ValBasis": "GUES"}, "ValBasis is one of RNAV, "),
        ("native", {"valuer": "x" * 121}, "names of at most 120 characters"),
        ("kkr", {"approvedBy": "x" * 121}, "names of at most 120 characters"),
    ],
)
def test_what_no_lineage_says_is_refused(
    dialect: str, more: Mapping[str, object], detail: str
) -> None:
    with pytest.raises(Untranslatable, match=detail):
        mark(dialect, more)

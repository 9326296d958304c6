"""Every dialect writes instructions and their cancellations, and says every answer to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from gateway.connector.protocol import Rendered, Untranslatable
from gateway.core.netting import OF_THE_PARTNER, InstructionState
from gateway.core.settlement import (
    InstructionCancellation,
    InstructionStatus,
    SettlementInstruction,
)
from gateway.core.vocabulary import RejectCode
from gateway.core.wire_parts import WirePart
from gateway.shell.gateway import connectors
from gateway.wire.messages import Messages
from gateway.wire.registry import standard

MESSAGES = Messages(standard())
S = InstructionState
ORDER = SettlementInstruction(
    "SI-20261125-RK_A-USD-2", date(2026, 11, 25), "RK_A", "RK_A", "native", "USD",
    date(2026, 11, 25), 500_000_00, 500_000_00, 0, (date(2026, 11, 24),), 1,
    replaces="SI-20261125-RK_A-USD-1",
    parts=(WirePart("RK_A", date(2026, 11, 24), 500_000_00, 0),),
)  # fmt: skip
DAY = (date(2026, 11, 25) - date(1970, 1, 1)).days
DIALECTS = ("blackstone", "kkr", "native")
INSTRUCTIONS: Mapping[str, Mapping[str, object]] = {
    "blackstone": {
        "WireRef": "SI-20261125-RK_A-USD-2", "Function": "NEWM",
        "PriorRef": "SI-20261125-RK_A-USD-1", "ValueDate": "20261125", "Party": "RK_A",
        "DrCr": "DR", "Ccy": "USD", "Amt": "500000.00",
    },
    "kkr": {
        "adviceId": "SI-20261125-RK_A-USD-2", "party": "RK_A", "valueDate": DAY,
        "currency": "USD", "amountE6": 500_000_000_000, "inPlaceOf": "SI-20261125-RK_A-USD-1",
        "adjusts": "",
    },
    "native": {
        "instruction_id": "SI-20261125-RK_A-USD-2", "session": DAY, "counterparty": "RK_A",
        "direction": "PAY", "currency": "USD", "amount_minor": 500_000_00,
        "settlement_date": DAY, "gross_in_minor": 500_000_00, "gross_out_minor": 0,
        "trade_dates": [DAY - 1], "legs": 1, "replaces": "SI-20261125-RK_A-USD-1",
        "corrects": "",
        "parts": [{"submitter": "RK_A", "trade_date": DAY - 1, "gross_in_minor": 500_000_00,
                   "gross_out_minor": 0}],
    },
}  # fmt: skip
REQUESTS: Mapping[str, Mapping[str, object]] = {
    "blackstone": {**INSTRUCTIONS["blackstone"], "Function": "CAXR"},
    "kkr": {
        "adviceId": "SI-20261125-RK_A-USD-2", "party": "RK_A", "consentNeeded": True,
        "paidE6": 400_000_000_000,
    },
    "native": {
        "instruction_id": "SI-20261125-RK_A-USD-2", "counterparty": "RK_A", "asks": True,
        "currency": "USD", "amount_minor": 500_000_00, "settled_minor": 400_000_00,
        "settlement_date": DAY,
    },
}  # fmt: skip
ANSWERS: Mapping[str, tuple[str, str, str, Mapping[str, InstructionState]]] = {
    "blackstone": ("BlackstoneTradeAck", "WireRef", "Code", {
        "ACCP": S.ACKNOWLEDGED, "REJT": S.REJECTED, "SETT": S.SETTLED, "FAIL": S.FAILED,
        "PART": S.PARTIALLY_SETTLED, "CANC": S.CANCELLED, "NOCX": S.CANCEL_REFUSED,
    }),
    "kkr": ("KkrStatusUpdate", "adviceId", "status", {
        "confirmed": S.ACKNOWLEDGED, "declined": S.REJECTED, "paid": S.SETTLED,
        "unpaid": S.FAILED, "partly paid": S.PARTIALLY_SETTLED, "withdrawn": S.CANCELLED,
        "not withdrawn": S.CANCEL_REFUSED,
    }),
    "native": ("InstructionAck", "instruction_id", "state", {
        state.value: state for state in OF_THE_PARTNER
    }),
}  # fmt: skip
PAID: Mapping[str, Mapping[str, object]] = {
    "blackstone": {"PaidAmt": "400000.00"},
    "kkr": {"paidE6": 400_000_000_000},
    "native": {"amount_minor": 400_000_00},
}
WORDS = {"blackstone": "Narrative", "kkr": "remark", "native": "detail"}


def published(rendered: Rendered) -> Mapping[str, object]:
    """What a receiver reads, once it was written with the published schema."""
    again = MESSAGES.unpack(MESSAGES.pack(rendered))
    assert isinstance(again, Rendered)
    return again.body


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_instruction_names_the_one_it_replaces(dialect: str) -> None:
    rendered = connectors()[dialect].render(ORDER)
    assert rendered.body == INSTRUCTIONS[dialect]
    assert published(rendered) == INSTRUCTIONS[dialect]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_request_to_cancel_names_its_instruction_and_what_was_paid(dialect: str) -> None:
    asked = InstructionCancellation(ORDER, True, 400_000_00)
    rendered = connectors()[dialect].render_cancellation(asked)
    assert rendered.body == REQUESTS[dialect]
    assert published(rendered) == REQUESTS[dialect]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_receiver_can_tell_a_cancellation_from_a_request_for_one(dialect: str) -> None:
    connector = connectors()[dialect]
    told = connector.render_cancellation(InstructionCancellation(ORDER, False, 0))
    asked = connector.render_cancellation(InstructionCancellation(ORDER, True, 0))
    assert told.schema == asked.schema
    assert told.body != asked.body


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_answer_that_a_partner_can_give_has_a_word_in_its_dialect(dialect: str) -> None:
    schema, name, word, answers = ANSWERS[dialect]
    assert set(answers.values()) == OF_THE_PARTNER
    for said, state in answers.items():
        body = {"sender": "X", name: "SI-1", word: said, WORDS[dialect]: "their words"}
        sent = published(Rendered(f"inbound/{schema}", {**body, **PAID[dialect]}))
        status = connectors()[dialect].translate(f"inbound/{schema}", sent)
        assert status == InstructionStatus("SI-1", state, "X", (), "their words", 400_000_00, 0)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_answer_without_an_amount_settles_no_part(dialect: str) -> None:
    schema, name, word, answers = ANSWERS[dialect]
    said = next(word for word, state in answers.items() if state is S.ACKNOWLEDGED)
    body = {"sender": "X", name: "SI-1", word: said, WORDS[dialect]: ""}
    sent = published(Rendered(f"inbound/{schema}", body))
    status = connectors()[dialect].translate(f"inbound/{schema}", sent)
    assert status == InstructionStatus("SI-1", S.ACKNOWLEDGED, "X", (), "", 0, 0)


@pytest.mark.parametrize(
    ("dialect", "paid", "code"),
    [
        ("blackstone", {"PaidAmt": "12,5"}, RejectCode.SCHEMA),
        ("blackstone", {"PaidAmt": "9" * 20}, RejectCode.SCHEMA),
        ("kkr", {"paidE6": 5}, RejectCode.AMOUNT_RANGE),
    ],
)
def test_an_amount_that_is_no_money_is_refused(
    dialect: str, paid: Mapping[str, object], code: RejectCode
) -> None:
    schema, name, word, answers = ANSWERS[dialect]
    body = {"sender": "X", name: "SI-1", word: next(iter(answers)), WORDS[dialect]: "", **paid}
    with pytest.raises(Untranslatable) as refused:
        connectors()[dialect].translate(f"inbound/{schema}", body)
    assert refused.value.code is code

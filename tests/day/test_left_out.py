"""What a message says beyond what may be taken is left out, by name and without repeating it."""

from __future__ import annotations

from gateway.connector.protocol import Rendered
from gateway.core.orders import BatchStatus
from gateway.log.port import Append
from tests.day.market_day import PERSON, SESSION, days, settled_day, traded
from tests.day.test_bad_input import HOME, refusals, undisturbed
from tests.day.test_settled_day import MESSAGES, instructions, run, sent
from tests.laws.planted import broken


def test_positions_of_an_unknown_plan_or_fund_are_left_out_and_the_sender_is_told() -> None:
    day = settled_day()
    lines = [
        {"plan_id": plan, "participant_id": "p-5", "fund_id": fund, "units": 10_0000}
        for plan, fund in (("PLN-2", "LIQ"), ("PLN-9", "LIQ"), ("PLN-3", "LIQ"), ("PLN-2", "NONE"))
    ]
    day.say("RK_A", "HoldingsStatement", batch_id="H2", session=days(SESSION) - 1, lines=lines)
    log = run(traded(day).appends, HOME)
    told = [a for a in sent(log, "out.RK_A") if isinstance(a, BatchStatus) and a.batch_id == "H2"]
    assert told[0].verdict == "ACCEPTED"
    reasons = {str(code) for answer in told[1:] for code in answer.codes}
    assert reasons == {"UNKNOWN_PLAN", "NOT_THE_RECORDKEEPER", "UNKNOWN_FUND"}
    assert broken(log, HOME, identifiers=[PERSON]) == []
    assert instructions(log) == undisturbed()


def test_l8_a_sender_nobody_knows_is_not_repeated() -> None:
    day = settled_day()
    value = MESSAGES.pack(
        Rendered("inbound/DayEnd", {"sender": PERSON, "session": days(SESSION), "batches": 0,
                                    "lines": 0, "amount_minor": 0})
    )  # fmt: skip
    day.appends.append(Append("in.RK_A", 0, None, value))
    log = run(traded(day).appends, HOME)
    assert ("QUARANTINED", ("WRONG_SENDER",)) in refusals(log, "RK_A")
    assert broken(log, HOME, identifiers=[PERSON]) == []

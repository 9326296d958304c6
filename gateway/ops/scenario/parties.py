"""What partners answer and people decide in a scenario.

Not here: orders, marks and the clock (`stage`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.core.calls import NOTICE_BUSINESS_DAYS
from gateway.core.decisions import DecisionKind, DecisionStep, OperationsDecision
from gateway.core.settlement import SettlementInstruction
from gateway.errors import ConfigError
from gateway.ops.scenario.publish import days
from gateway.ops.scenario.words import Row
from gateway.ops.scenario.world import scaled

if TYPE_CHECKING:
    from gateway.ops.scenario.stage import Stage

K = DecisionKind


ADVISED_AT = 8 * 60 + 30
"""Local minutes after midnight at which banks advise."""


def instructions(stage: Stage) -> list[SettlementInstruction]:
    """Every instruction issued so far."""
    found = [
        stage.messages.unpack(record.value)
        for partition in range(stage.gateway.topology.dispatch)
        for record in stage.log.records("gw.dispatch.inbox", partition)
    ]
    return [each for each in found if isinstance(each, SettlementInstruction)]


def meant(stage: Stage, row: Row, party: str) -> SettlementInstruction:
    """The last instruction of a party, or its last of a settlement date."""
    theirs = [
        each for each in instructions(stage)
        if each.counterparty == party
        and row.day("settlement_date", each.settlement_date) == each.settlement_date
    ]  # fmt: skip
    if not theirs:
        raise ConfigError(f"{stage.world.where(row)}: {party} has no such instruction")
    return theirs[-1]


async def acknowledge(stage: Stage, row: Row) -> None:
    """Let a party answer an instruction."""
    await stage.pump()
    instruction = meant(stage, row, row.text("counterparty"))
    sender = row.text("sender", instruction.receiver)
    stage.press.say(sender, "InstructionAck", {
        "instruction_id": row.text("instruction", instruction.instruction_id),
        "state": row.text("state"), "detail": row.text("says"),
        "amount_minor": row.number("settled"),
    })  # fmt: skip
    await stage.pump()


async def advice(stage: Stage, row: Row, number: int) -> None:
    """Let a bank tell that money of a party has moved."""
    await stage.pump()
    party = row.text("counterparty")
    issued = [each for each in instructions(stage) if each.counterparty == party]
    latest = issued[-1].instruction_id if issued else ""
    day = issued[-1].settlement_date if issued else stage.session
    settles = row.day("value_date", day)
    # Nobody advises of money before its day.
    usual = stage.calendar.local_at(settles, ADVISED_AT)
    stage.press.at(row.number("recorded", usual))
    reference = row.text("reference", latest)
    stage.press.say(row.text("sender", stage.world.banks.get(party, "")), "CashAdvice", {
        "advice_id": row.text("name", f"A{number}"), "counterparty": party,
        "currency": row.text("currency", "USD"), "value_date": days(settles),
        "direction": "CREDIT" if row.text("direction") == "pays" else "DEBIT",
        "amount_minor": row.number("amount"),
        "reference": "" if reference == "-" else reference,
    })  # fmt: skip
    await stage.pump()


def notice(stage: Stage, row: Row, number: int) -> None:
    """Let a manager call capital, distribute it, or refund it at a late close."""
    fund, manager = stage.world.vehicle(row)
    inside, outside = row.number("inside"), row.number("outside")
    interest = row.number("interest")
    called = row.text("kind") == "CALL"
    both = ("INVESTMENT", "MANAGEMENT_FEE") if called else ("RETURN_OF_CAPITAL", "GAIN")
    kinds = (*both, "LATE_CLOSE_INTEREST")
    sign = -1 if called else 1
    noticed = row.day("noticed", stage.session)
    usual = stage.calendar.add_business_days(noticed, NOTICE_BUSINESS_DAYS)
    stage.press.say(row.text("sender", manager), "CapitalNotice", {
        "notice_id": row.text("name", f"N{number}"), "vehicle_id": row.text("vehicle"),
        "fund_id": row.text("fund", fund), "kind": row.text("kind"),
        "notice_date": days(noticed), "due_date": days(row.day("due", usual)), "currency": "USD",
        "total_minor": row.number("total", inside + outside + interest),
        "lines": [
            {"kind": kind, "amount_minor": amount, "unfunded_effect_minor": effect}
            for kind, amount, effect in zip(
                kinds, (inside, outside, interest), (sign * inside, 0, 0), strict=True
            )
            if amount
        ],
        "netted_with": row.text("netted_with"), "net_minor": row.number("net"),
    })  # fmt: skip


async def decide(stage: Stage, row: Row, number: int) -> None:
    """Let one person ask and, unless the row says nobody does, another approve."""
    await stage.pump()
    stage.press.at(row.number("recorded", stage.press.now))
    kind = DecisionKind(row.text("kind"))
    subject, value = _about(stage, row, kind)
    asked = OperationsDecision(
        "operations", row.text("name", f"D{number}"), kind, DecisionStep.REQUESTED,
        row.text("by", "ana"), subject, row.day("session", stage.session), value,
        row.text("reason", "decided in a scenario"), row.text("reference"),
    )  # fmt: skip
    approver = row.text("approved_by", "ben")
    steps = [asked]
    if approver != "-":
        steps.append(replace(asked, step=DecisionStep.APPROVED, by=approver))
    for step in steps:
        stage.press.say_bytes("operations", stage.messages.pack(step))
    await stage.pump()


def _about(stage: Stage, row: Row, kind: DecisionKind) -> tuple[str, int]:
    """Subject and value of a decision, as its kind has them."""
    subject, where = row.text("subject"), stage.world.where(row)
    match kind:
        case K.OVERRIDE_NAV | K.CORRECT_NAV:
            scale = stage.world.fund_terms(subject).nav_scale
            return subject, scaled(row.figure("nav"), scale, where)
        case K.CANCEL_INSTRUCTION:
            return meant(stage, row, subject).instruction_id, 0
        case K.CORRECT_INSTRUCTION:
            return meant(stage, row, subject).instruction_id, row.number("amount")
        case K.CLOSE_EARLY:
            return subject, row.number("at")
        case K.RETURN_CAPITAL:
            return subject, row.number("amount")
        case _:
            return subject, 0

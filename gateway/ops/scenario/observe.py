"""What came out of the desks, in the words of `then` rows.

Everything is read from journals and topics; each look sees what came since the last one.
Participants are keyed tokens there, and get their names back only here.

Not here: comparing it with what was expected (`checks`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from gateway.core.capital_returns import CapitalReturned, CapitalShared
from gateway.core.decisions import NavReleased
from gateway.core.events import (
    OrdersDecided,
    OrdersParked,
    SleevesBalanced,
    SleeveValued,
    TrueUpBooked,
)
from gateway.core.fund_events import (
    CapitalMoved,
    ExpensesCapped,
    FeeAccrued,
    PerformanceAccrued,
)
from gateway.core.marks import NavStruck
from gateway.core.nav_correction import CorrectionFill, NavCorrection, NavErrorBooked
from gateway.core.orders import BatchStatus, Confirmation, FillBatch, FlowBatch
from gateway.core.quarantine import Quarantined
from gateway.core.redemption_events import (
    CallAlarmed,
    GateNoted,
    RedemptionAnswered,
    RedemptionPaid,
    RedemptionRequested,
)
from gateway.core.refusals import codes_in
from gateway.core.requests import GatePassed, RequestStatus
from gateway.core.settlement import Obligation
from gateway.core.vocabulary import REJECT_CODES
from gateway.desks.intake_lines import Keyring
from gateway.desks.plan_state import PlanState
from gateway.log.port import Record
from gateway.ops.scenario.fee_terms import charged
from gateway.ops.scenario.gates import given_back, told
from gateway.ops.scenario.home import KEY
from gateway.ops.scenario.kinds import Share
from gateway.ops.scenario.lineage import seen_behind
from gateway.ops.scenario.liquidity import seen
from gateway.ops.scenario.observe_breaches import OfBreaches, breach_seen
from gateway.ops.scenario.observe_cash import life, side
from gateway.ops.scenario.observe_corrections import corrections
from gateway.ops.scenario.observe_money import decimal_of, moved
from gateway.ops.scenario.publish import identifier
from gateway.ops.scenario.stage import Stage
from gateway.ops.scenario.words import Observed
from gateway.wire.topics import DESKS, journal_of

LIMITS = ("", "PARTICIPANT_CAP", "PLAN_CAP")
Trade = tuple[str, str, date]
"""Plan, fund and trade date."""


@dataclass
class Observer:
    """Looks at a stage's log, each time at what is new."""

    stage: Stage
    read: dict[tuple[str, int], int] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)
    settles: dict[Trade, date] = field(default_factory=dict)
    ends: list[dict[int, int]] = field(default_factory=list)

    def look(self) -> list[Observed]:
        """What came out since the last look, in the order of the desks."""
        names = self._names()
        found: list[Observed] = []
        for event in self._fresh_events():
            found.extend(self._told(event, names))
        self.ends.append({
            p: len(self.stage.log.records(*journal_of("plan", p)))
            for p in range(self.stage.gateway.topology.plan)
        })  # fmt: skip
        self._settle(found)
        return found

    def _names(self) -> dict[int, str]:
        """Participants by token."""
        keyring = Keyring(KEY)
        accounts = self.stage.world.accounts
        return {keyring.token(plan, identifier(who)): who for plan, who in accounts}

    def _fresh_events(self) -> Iterator[object]:
        """Events of all journals, then what went out and what was set aside."""
        messages, topology = self.stage.messages, self.stage.gateway.topology
        for desk in DESKS:
            for partition in range(topology.partitions(desk)):
                for record in self._fresh(*journal_of(desk, partition)):
                    yield from messages.decided(record.value)[1]
        for topic in self.stage.gateway.topics():
            if topic.startswith("out.") or topic == "gw.quarantine":
                for record in self._fresh(topic, 0):
                    yield messages.unpack(record.value)

    def _fresh(self, topic: str, partition: int) -> list[Record]:
        start = self.read.get((topic, partition), 0)
        records = self.stage.log.records(topic, partition, start)
        self.read[topic, partition] = start + len(records)
        return records

    def _told(self, event: object, names: Mapping[int, str]) -> Iterator[Observed]:
        match event:
            case BatchStatus():
                yield self._answer(event)
            case OrdersDecided():
                yield from _decided(self.stage, event, names)
            case OrdersParked():
                yield from _parked(event, names)
            case FlowBatch() | FillBatch() | Confirmation() as money:
                yield from moved(money, names)
            case GatePassed() | RequestStatus():
                yield from told(event, names)
            case CapitalReturned() | CapitalShared():
                yield from given_back(event, names)
            case Obligation():
                yield from self._obligations(event)
            case Quarantined():
                codes = tuple(code.value for code in event.codes)
                values = {"sender": event.sender, "codes": codes, "says": event.detail}
                yield Observed("quarantined", values)
            case NavCorrection() | CorrectionFill() | NavErrorBooked():
                yield from corrections(event, self.stage, names)
            case _:
                yield from self._struck(event)

    def _struck(self, event: object) -> Iterator[Observed]:
        """What a strike decides; else a step in the life of an instruction."""
        match event:
            case NavStruck():
                yield _nav(event)
            case NavReleased():
                yield self._released(event)
            case FeeAccrued() | CapitalMoved():
                yield _charged(event)
            case ExpensesCapped() | PerformanceAccrued():
                yield charged(event, self.stage.world.fund_terms(event.fund_id))
            case SleeveValued():
                yield _valued(event, self.stage)
            case TrueUpBooked():
                yield _true_up(event)
            case SleevesBalanced():
                yield from _balanced(event)
            case (
                RedemptionRequested()
                | RedemptionAnswered()
                | RedemptionPaid()
                | GateNoted()
                | CallAlarmed()
            ):
                yield seen(event)
            case _ if isinstance(event, OfBreaches):
                yield breach_seen(event)
            case _:
                yield from life(event, self.stage)

    def _released(self, event: NavReleased) -> Observed:
        scale = self.stage.world.fund_terms(event.fund_id).nav_scale
        return Observed("released", {
            "fund": event.fund_id, "nav": decimal_of(event.nav, scale),
            "struck": decimal_of(event.struck_nav, scale), "session": event.session,
            "by": event.requested_by, "approved_by": event.approved_by,
        })  # fmt: skip

    def _answer(self, status: BatchStatus) -> Observed:
        result = self.results.setdefault(status.result_id, f"R{len(self.results) + 1}")
        return Observed("answer", {
            "batch": status.batch_id, "verdict": status.verdict,
            "codes": tuple(code.value for code in status.codes), "lines": status.lines,
            "amount": status.amount_minor, "result": result, "says": status.detail,
            "sender": status.sender,
        })  # fmt: skip

    def _obligations(self, event: Obligation) -> Iterator[Observed]:
        for row in event.rows:
            if row.reason.startswith("PLAN_"):
                self.settles[row.reference, row.fund_id, row.trade_date] = row.settlement_date
            yield Observed("obligation", {
                "counterparty": row.counterparty, **side(row.amount_minor), "fund": row.fund_id,
                "reason": row.reason, "reference": row.reference, "trade_date": row.trade_date,
                "settlement_date": row.settlement_date,
            })  # fmt: skip

    def _settle(self, found: list[Observed]) -> None:
        """Join orders with the day their money moves."""
        for at, each in enumerate(found):
            if each.word in ("accepted", "diverted"):
                values = each.values
                fund = values["into"] or values.get("from")
                day = values["trade_date"]
                assert isinstance(day, date), day
                settles = self.settles.get((str(values["plan"]), str(fund), day))
                found[at] = Observed(each.word, {**values, "settles": settles})

    def holding(self, participant: str, fund: str, as_recorded: int | None) -> Decimal | None:
        """Units a participant has, now or as recorded at the end of an earlier look.

        Args:
            participant: As the scenario calls it.
            fund: Fund.
            as_recorded: Which look, from 1; now if None.

        Returns:
            None if nobody knows the participant or the fund.
        """
        plan = self.stage.world.participants.get(participant)
        if plan is None or fund not in self.stage.world.funds:
            return None
        partition = self.stage.gateway.topology.home("plan", plan).partition
        end = None if as_recorded is None else self.ends[as_recorded - 1][partition]
        state = self._state_at(partition, end)
        token = Keyring(KEY).token(plan, identifier(participant))
        return units_in(state, token, fund)

    def _state_at(self, partition: int, end: int | None) -> PlanState:
        """A plan partition's state, folded from its journal up to a place."""
        desk = self.stage.gateway.desks()["plan"]
        state: PlanState = desk.initial(partition)
        for record in self.stage.log.records(*journal_of("plan", partition))[:end]:
            for event in self.stage.messages.decided(record.value)[1]:
                desk.evolve(state, event)
        return state


def units_in(state: PlanState, token: int, fund: str) -> Decimal | None:
    """Units of an account in a fund, in a plan partition's state."""
    accounts = state.accounts
    slots = {int(t): at for at, t in enumerate(accounts.token[: len(accounts.index)].tolist())}
    if token not in slots or fund not in state.fund_slots:
        return None
    key = (slots[token] << 16) | state.fund_slots[fund]
    keys = accounts.unit_key[: len(accounts.positions)].tolist()
    units = int(accounts.units[keys.index(key)]) if key in keys else 0
    return decimal_of(units, state.book.funds[fund].unit_scale)


def _decided(stage: Stage, event: OrdersDecided, names: Mapping[int, str]) -> Iterator[Observed]:
    rows = zip(
        event.code.tolist(), event.plan.tolist(), event.participant.tolist(),
        event.sell_fund.tolist(), event.buy_fund.tolist(), event.amount_minor.tolist(),
        event.accepted_minor.tolist(), event.diverted_minor.tolist(), event.scope.tolist(),
        event.headroom_minor.tolist(), event.received_at.tolist(), event.reasons.tolist(),
        event.asked_fund.tolist(), strict=True,
    )  # fmt: skip
    calendar, day = stage.calendar, event.trade_date
    close = calendar.cutoff_at(day)
    for (
        code, plan, who, sell, buy, amount, accepted, diverted, scope, headroom, at, reasons, asked,
    ) in rows:  # fmt: skip
        plan_id = event.plans[plan]
        into = event.funds[buy] if buy >= 0 else None
        head: dict[str, object] = {
            "participant": names.get(who, "?"), "into": into,
            "from": event.funds[sell] if sell >= 0 else None,
            "trade_date": day if at < close or event.links else calendar.trade_date(at),
            "batch": event.batch_id, "plan": plan_id, "reason": event.reason.value,
        }  # fmt: skip
        limit = {"limit": LIMITS[scope] or None, "headroom": headroom if scope else None}
        if code:
            codes = tuple(each.value for each in codes_in(reasons))
            why = {"code": REJECT_CODES[code].value, "codes": codes}
            yield Observed("rejected", {**head, **limit, **why, "amount": amount})
            continue
        if accepted or not diverted:
            instead = event.funds[asked] if asked >= 0 else None
            yield Observed("accepted", {**head, "amount": accepted, "asked": instead})
        if diverted:
            to = {"into": stage.world.liquid_of(plan_id), "asked": into, "amount": diverted}
            yield Observed("diverted", {**head, **limit, **to})


def _parked(event: OrdersParked, names: Mapping[int, str]) -> Iterator[Observed]:
    rows = zip(event.plan.tolist(), event.participant.tolist(), event.sell_fund.tolist(),
               event.buy_fund.tolist(), event.amount_minor.tolist(), strict=True)  # fmt: skip
    for plan, who, sell, buy, amount in rows:
        yield Observed("parked", {
            "participant": names.get(who, "?"), "amount": amount, "trade_date": event.trade_date,
            "into": event.funds[buy] if buy >= 0 else None,
            "from": event.funds[sell] if sell >= 0 else None, "batch": event.batch_id,
            "plan": event.plans[plan],
        })  # fmt: skip


def _nav(event: NavStruck) -> Observed:
    share = None
    if event.net_assets_minor > 0:
        share = Share(Fraction(event.alternative_minor, event.net_assets_minor))
    return Observed("nav", {
        "fund": event.fund_id, "nav": decimal_of(event.nav, event.nav_scale),
        "session": event.session, "status": event.status.value, "held": event.held,
        "holds": tuple(hold.value for hold in event.holds),
        "net_assets": event.net_assets_minor, "alternatives": event.alternative_minor,
        "share": share, "units": decimal_of(event.units, event.unit_scale),
        "opening_units": decimal_of(event.opening_units, event.unit_scale),
        "subscribed": decimal_of(event.subscribed_units, event.unit_scale),
        "redeemed": decimal_of(event.redeemed_units, event.unit_scale),
        "previous": decimal_of(event.previous_nav, event.nav_scale),
        "oldest_mark": event.oldest_mark,
    })  # fmt: skip


def _charged(event: FeeAccrued | CapitalMoved) -> Observed:
    if isinstance(event, FeeAccrued):
        return Observed("fee", {
            "fund": event.fund_id, "posted": event.posted_minor, "accrued": event.accrued_minor,
            "paid": event.paid_minor, "base": event.base_minor, "first": event.first,
            "session": event.session, "of": event.base.value,
            "net_assets": event.net_assets_minor,
        })  # fmt: skip
    totals = event.commitment
    return Observed("capital", {
        "fund": event.fund_id, "vehicle": event.vehicle_id, "kind": event.kind.value,
        "amount": event.total_minor, "unfunded": totals.unfunded_minor,
        "called": totals.called_inside_minor, "outside": totals.called_outside_minor,
        "recallable": totals.recallable_minor, "kept": totals.kept_minor,
        "interest": event.interest_minor, "netted_with": event.netted_with or "-",
        "net": event.net_minor,
        "settlement_date": event.settlement_date, "session": event.session,
    })  # fmt: skip


def _valued(event: SleeveValued, stage: Stage) -> Observed:
    return Observed("valued", {
        "fund": event.fund_id, "vehicle": event.vehicle_id, "value": event.value_minor,
        "mark": event.mark_minor, "measured": event.measurement_date, "session": event.session,
        **seen_behind(event, stage.calendar),
    })  # fmt: skip


def _true_up(event: TrueUpBooked) -> Observed:
    return Observed("true_up", {
        "fund": event.fund_id, "vehicle": event.vehicle_id,
        "effect": event.value_minor - event.estimate_minor, "before": event.estimate_minor,
        "after": event.value_minor, "mark": event.mark_minor, "measured": event.measurement_date,
        "session": event.session,
    })  # fmt: skip


def _balanced(event: SleevesBalanced) -> Iterator[Observed]:
    head = {"fund": event.fund_id, "session": event.session}
    yield Observed("purchase", {
        **head, "asked": event.asked_minor, "granted": event.granted_minor,
        "trimmed": event.asked_minor - event.granted_minor, "headroom": event.headroom_minor,
        "net_flow": event.net_flow_minor, "frozen": event.frozen, "liquid": event.liquid_minor,
        "limit": event.limit_id,
    })  # fmt: skip
    for share in event.shares:
        yield Observed("share", {
            **head, "plan": share.plan_id, "asked": share.asked_minor,
            "granted": share.granted_minor,
        })  # fmt: skip
    yield Observed("breach", {
        **head, "open": event.breach.buys_frozen, "since": event.breach.since,
        "cure_by": event.breach.cure_by,
    })  # fmt: skip

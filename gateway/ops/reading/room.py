"""The reading room: what journals say, folded once into rows that people can ask for.

It reads any log (broker, archive, memory) and writes nothing. Participants are tokens here as
everywhere past intake; quarantined bytes are counted, never shown.

Not here: printing (`show`), walking a figure back to its messages (`explain`).
Law: L8.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from gateway.core.breach_events import BreachReviewed
from gateway.core.decisions import NavReleased
from gateway.core.events import (
    BatchRefused,
    BatchRepeated,
    BatchTaken,
    ControlBreak,
    InstructionAdvanced,
    MarkRefused,
    SleevesBalanced,
    SleeveValued,
    StatusRefused,
    TrueUpBooked,
)
from gateway.core.marks import NavStruck
from gateway.core.nav_correction import NavCorrection
from gateway.core.netting import InstructionState
from gateway.core.quarantine import Quarantined
from gateway.core.settlement import SettlementInstruction
from gateway.core.vocabulary import REASONS, RejectCode
from gateway.desks.desk import Address
from gateway.log.port import Log
from gateway.ops.reading.early_close import early_closes
from gateway.ops.reading.known import Known, Told
from gateway.ops.reading.orders import Arrivals, Asked, OrderSums
from gateway.ops.reading.rows import (
    BatchRow,
    FundCutRow,
    InstructionRow,
    NavRow,
    QuarantineRow,
    RefusalRow,
    Room,
)
from gateway.ops.reading.source import instant
from gateway.shell.gateway import Gateway
from gateway.shell.reading import Decided
from gateway.wire.messages import digest_of
from gateway.wire.topics import place_of

QUARANTINE = "gw.quarantine"


async def read_room(
    log: Log,
    gateway: Gateway,
    asked: Asked,
    *,
    desks: Collection[str],
    keep: int = 50,
    told: Told | None = None,
) -> Room:
    """Fold the journals of some desks into rows.

    Args:
        log: Where the gateway wrote.
        gateway: Its topology.
        asked: What is wanted; the rest is not kept.
        desks: Desks whose journals are read, and `quarantine` for what was set aside.
        keep: How many single lines to hold of each sort.
        told: Who is told how far the reading is.

    Raises:
        ConfigError: What is asked is no moment or no token.
    """
    known = Known(log, gateway, asked.until, told, asked.plan, asked.fund)
    journals = [desk for desk in ("plan", "intake", "fund", "cash") if desk in desks]
    await known.announce(journals)
    room, taken = Room(), _Taken()
    # Orders before intake: what intake took and no plan partition has yet is on its way.
    if "plan" in desks:
        await _orders(known, asked, keep, room)
    fold = {"intake": taken.follow, "fund": _fund, "cash": _cash}
    for desk in journals:
        for partition in known.partitions(desk) if desk in fold else ():
            async for decided in known.decisions(desk, partition):
                fold[desk](room, asked, decided, gateway)
    if {"plan", "intake"} <= set(desks) and asked.plan is asked.fund is asked.participant is None:
        taken.on_its_way(room)
    if "quarantine" in desks:
        await _quarantine(known, asked, room)
    if asked.as_of is not None:
        _of_the_day(room, asked.as_of)
    _in_order(room)
    return room


def _of_the_day(room: Room, day: date) -> None:
    """Leave what a day has: its orders, refusals and cuts, and each fund's last NAV.

    A refused mark or status is of no day.
    """
    room.batches = [batch for batch in room.batches if (batch.trade_date or batch.booked) == day]
    room.refusals = [refusal for refusal in room.refusals if refusal.session == day]
    room.fund_cuts = [cut for cut in room.fund_cuts if cut.session == day]
    last: dict[str, NavRow] = {}
    for nav in sorted(room.navs, key=lambda nav: nav.session):
        if nav.session <= day:
            last[nav.fund_id] = nav
    room.navs = list(last.values())


def _in_order(room: Room) -> None:
    room.batches.sort(key=lambda b: (b.booked, b.sender, b.batch_id, b.trade_date or date.max))
    room.fund_cuts.sort(key=lambda cut: (cut.session, cut.fund_id))
    room.navs.sort(key=lambda nav: (nav.session, nav.fund_id))
    room.instructions.sort(key=lambda i: (i.settlement_date, i.counterparty, i.instruction_id))
    lines = [
        RefusalRow(
            "LINES", b.sender, b.booked, b.batch_id, "REFUSED", (count.code,), count.lines,
            count.amount_minor, REASONS[count.code], "",
        )
        for b in room.batches
        for count in b.codes
    ]  # fmt: skip
    room.refusals.extend(lines)


async def _orders(known: Known, asked: Asked, keep: int, room: Room) -> None:
    sums = OrderSums(asked, keep)
    early = await early_closes(known)
    for partition in known.partitions("plan"):
        arrivals = Arrivals()
        async for decided in known.decisions("plan", partition):
            for lines in arrivals.follow(decided):
                sums.add(lines, arrivals.reference, early[partition])
        for lines in arrivals.left():
            sums.add(lines, arrivals.reference)
    room.batches = list(sums.batches())
    room.exceptions, room.exceptions_total = sums.exceptions(), sums.exceptions_total
    room.refused = sums.refused()
    room.scopes = list(sums.scopes())
    room.cuts, room.cuts_total = sums.cuts(), sums.cuts_total


@dataclass(slots=True)
class _Taken:
    """What intake took, to be compared with what plan partitions have."""

    batches: dict[tuple[str, date, str], tuple[int, int]] = field(default_factory=dict)

    def follow(self, room: Room, asked: Asked, decided: Decided, gateway: Gateway) -> None:
        """Take a decision of intake in."""
        sender = gateway.topology.senders[decided.partition]
        if asked.sender not in (None, sender):
            return
        topic, at = place_of(gateway.topology, Address("intake", decided.partition))
        for event in decided.events:
            if isinstance(event, BatchTaken) and event.orders:
                key = (sender, event.session, event.batch_id)
                if asked.session in (None, event.session) and asked.as_of in (None, event.session):
                    self.batches[key] = (event.lines, event.amount_minor)
            refusal = _refusal(event, sender, f"{topic}-{at}@{decided.offset}")
            if refusal is not None and asked.session in (None, refusal.session):
                room.refusals.append(refusal)

    def on_its_way(self, room: Room) -> None:
        """Add rows for lines that no plan partition has decided, parked or kept waiting."""
        for row in room.batches:
            key = (row.sender, row.booked, row.batch_id)
            lines, minor = self.batches.get(key, (row.lines, row.asked_minor))
            self.batches[key] = (lines - row.lines, minor - row.asked_minor)
        for (sender, booked, batch_id), (lines, minor) in self.batches.items():
            if lines > 0:
                room.batches.append(
                    BatchRow(sender, booked, batch_id, None, None, "ON_ITS_WAY", lines, minor,
                             0, 0, 0, ())
                )  # fmt: skip


def _refusal(event: object, sender: str, place: str) -> RefusalRow | None:
    match event:
        case BatchRefused():
            verdict = "QUARANTINED" if event.quarantined else "REJECTED"
            return RefusalRow("BATCH", sender, event.session, event.batch_id, verdict,
                              event.codes, 0, 0, event.detail, place)  # fmt: skip
        case BatchRepeated():
            return RefusalRow("BATCH", sender, event.session, event.batch_id, "DUPLICATE", (),
                              0, 0, "the same bytes came before: ignored", place)  # fmt: skip
        case ControlBreak():
            detail = (
                f"declared {event.declared_minor} minor units in {event.declared_lines} lines of "
                f"{event.declared_batches} batches, taken {event.taken_minor} in "
                f"{event.taken_lines} of {event.taken_batches}: nothing was closed"
            )
            return RefusalRow(
                "DAY_END", sender, event.session, "DayEnd", "BREAK", (RejectCode.CONTROL_TOTAL,),
                event.taken_lines, event.taken_minor, detail, place,
            )  # fmt: skip
    return None


def _fund(room: Room, asked: Asked, decided: Decided, gateway: Gateway) -> None:
    """Take a decision of a fund partition in; a strike is one decision for all its funds."""
    valued: dict[str, list[SleeveValued]] = {}
    true_ups: dict[str, list[TrueUpBooked]] = {}
    passed: dict[str, list[str]] = {}
    released: NavReleased | NavCorrection | None = None
    for event in decided.events:
        match event:
            case SleeveValued():
                valued.setdefault(event.fund_id, []).append(event)
            case TrueUpBooked():
                true_ups.setdefault(event.fund_id, []).append(event)
            case NavReleased() | NavCorrection():
                released = event
            case NavStruck() if _wanted(asked, event.session, event.fund_id):
                key = event.session, event.fund_id
                before = room.struck_at.setdefault(key, len(room.navs))
                row = _struck(event, instant(decided.recorded_at), valued, true_ups, released)
                if before == len(room.navs):
                    room.navs.append(row)
                else:
                    room.navs[before] = _stands(room.navs[before], row)
            case BreachReviewed() if event.freezes:
                passed.setdefault(event.fund_id, []).append(f"{event.limit_id} since {event.since}")
            case SleevesBalanced() if _wanted(asked, event.session, event.fund_id):
                if event.granted_minor < event.asked_minor:
                    room.fund_cuts.append(
                        FundCutRow(
                            event.fund_id, event.session, event.limit_id, event.asked_minor,
                            event.granted_minor, event.headroom_minor, event.frozen, event.breach,
                            room.navs[room.struck_at[event.session, event.fund_id]].holds,
                            tuple(passed.get(event.fund_id, ())),
                        )
                    )  # fmt: skip
            case MarkRefused() if asked.sender in (None, event.sender):
                room.refusals.append(
                    RefusalRow("MARK", event.sender, None, event.batch_id, "REJECTED",
                               (event.code,), 0, 0, REASONS[event.code], "")
                )  # fmt: skip


def _struck(
    event: NavStruck,
    recorded_at: str,
    valued: Mapping[str, Sequence[SleeveValued]],
    true_ups: Mapping[str, Sequence[TrueUpBooked]],
    released: NavReleased | NavCorrection | None,
) -> NavRow:
    who = "" if released is None else (
        f"{released.requested_by} and {released.approved_by}: {released.reason}"
    )  # fmt: skip
    return NavRow(
        event.session, event.fund_id, event.currency, event.nav, event.nav_scale,
        event.previous_nav, event.status, event.held, event.holds, event.net_assets_minor,
        event.alternative_minor, event.opening_units, event.subscribed_units,
        event.redeemed_units, event.units, event.unit_scale, event.oldest_mark,
        tuple(valued.get(event.fund_id, ())), tuple(true_ups.get(event.fund_id, ())),
        recorded_at, _figure_before(event, released), who,
    )  # fmt: skip


def _figure_before(event: NavStruck, decided: NavReleased | NavCorrection | None) -> int:
    """The NAV that was struck, where people put another in its place."""
    match decided:
        case NavReleased():
            return decided.struck_nav
        case NavCorrection():
            return decided.published
    return event.nav


def _stands(held: NavRow, after: NavRow) -> NavRow:
    """A NAV after its release; one filled behind a later strike values no sleeves again."""
    return replace(
        after, sleeves=after.sleeves or held.sleeves, true_ups=after.true_ups or held.true_ups
    )


def _wanted(asked: Asked, session: date, fund_id: str) -> bool:
    return asked.session in (None, session) and asked.fund in (None, fund_id)


def _cash(room: Room, asked: Asked, decided: Decided, gateway: Gateway) -> None:
    for event in decided.events:
        match event:
            case SettlementInstruction() if _is_asked(asked, event):
                room.issued_at[event.instruction_id] = len(room.instructions)
                room.instructions.append(_issued(event))
            case InstructionAdvanced():
                at = room.issued_at.get(event.instruction_id)
                if at is not None:
                    row = room.instructions[at]
                    room.instructions[at] = replace(
                        row, state=event.state, said_by=event.source, why=event.detail,
                        settled_minor=event.settled_minor,
                    )  # fmt: skip
            case StatusRefused() if asked.sender in (None, event.source):
                room.refusals.append(
                    RefusalRow("STATUS", event.source, None, event.instruction_id, "REJECTED",
                               (event.code,), 0, 0, f"{event.state}: {REASONS[event.code]}", "")
                )  # fmt: skip


def _is_asked(asked: Asked, event: SettlementInstruction) -> bool:
    days = (None, event.session, *event.trade_dates)
    return (
        asked.counterparty in (None, event.counterparty)
        and asked.session in days
        and asked.as_of in days
    )


def _issued(event: SettlementInstruction) -> InstructionRow:
    amount = event.amount_minor
    return InstructionRow(
        event.instruction_id, event.session, event.counterparty,
        "PAY" if amount > 0 else "RECEIVE" if amount < 0 else "NONE", event.currency, abs(amount),
        event.settlement_date, InstructionState.ISSUED, "cash", event.trade_dates, event.legs,
        event.receiver, event.dialect, 0, event.replaces, event.corrects, "",
    )  # fmt: skip


async def _quarantine(known: Known, asked: Asked, room: Room) -> None:
    async for records in known.log.read(QUARANTINE, 0):
        for record in records:
            if not known.covers(record.recorded_at):
                return
            kept = known.messages.unpack(record.value)
            assert isinstance(kept, Quarantined), type(kept).__name__
            if asked.sender in (None, kept.sender):
                room.quarantine.append(
                    QuarantineRow(
                        kept.sender, kept.topic, kept.partition, kept.offset,
                        instant(kept.recorded_at), kept.codes, kept.detail, len(kept.raw),
                        digest_of(kept.raw).hex(),
                    )
                )  # fmt: skip

"""Which records the gateway writes, by room of the schema registry.

Not here: the records themselves, and the partner-facing schemas, which are written by
hand under `schemas/inbound` and `schemas/outbound`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.core import (
    book,
    calls,
    closing,
    decisions,
    events,
    fund_events,
    marks,
    orders,
    quarantine,
    settlement,
)
from gateway.wire.journal import JournalRecord

ROOMS: Mapping[str, Sequence[type]] = {
    "between": (
        orders.OrderBatch,
        orders.HoldingsBatch,
        orders.FlowBatch,
        orders.FillBatch,
        book.BookChange,
        marks.ManagerMark,
        marks.IndexLevel,
        calls.CapitalNotice,
        marks.SourceTick,
        marks.NavStruck,
        closing.SenderClosed,
        closing.DeskClosed,
        closing.SupplementClosed,
        settlement.Obligation,
        settlement.SettlementInstruction,
        settlement.InstructionCancellation,
        settlement.InstructionStatus,
        decisions.OperationsDecision,
        decisions.Approved,
    ),
    "outbound": (orders.BatchStatus, orders.OrderStatus, orders.Confirmation),
    "journal": (
        JournalRecord,
        quarantine.Quarantined,
        quarantine.DisposalDecided,
        quarantine.MessageSetAside,
        events.BatchTaken,
        events.BatchRepeated,
        events.BatchRefused,
        events.SenderDayClosed,
        events.ControlBreak,
        events.TickPassed,
        events.BookNoted,
        events.SessionAnnounced,
        events.Waiting,
        events.WaitingTaken,
        events.PositionsRefused,
        events.OrdersDecided,
        events.OrdersParked,
        events.ParkedTaken,
        events.OrdersCounted,
        events.SenderClosedHere,
        events.FlowsSent,
        events.PartitionClosed,
        events.SessionAdvanced,
        events.MarkRefused,
        events.TrueUpBooked,
        events.SleevesBalanced,
        events.SleeveValued,
        events.InstructionAdvanced,
        events.InstructionRecalled,
        events.LegReopened,
        events.CancellationSent,
        events.StatusRefused,
        fund_events.HeldFlowsFilled,
        fund_events.FeeAccrued,
        fund_events.NoticeTaken,
        fund_events.NoticeRefused,
        fund_events.CapitalMoved,
        decisions.DecisionNoted,
        decisions.DecisionRefused,
        decisions.SenderLeftOut,
        decisions.DeadlineMissed,
        decisions.SessionShortened,
        decisions.NavReleased,
    ),
}

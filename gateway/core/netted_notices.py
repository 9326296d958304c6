"""A call that its manager nets against a distribution: one wire, two facts.

Two notices state the two facts, each whole, with its full effect on what is unfunded. The later
one names the other and the net of both; what moves is the net, on the due date of both. A net
that is not their difference is refused, and the notice named stands by itself.

Not here: what makes a call or a distribution wrong (`calls`).
Source: domain.md §4.1; golden G24. Law: L1.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Protocol

from gateway.core.calls import CapitalNotice, NoticeKind, net_wire

NETTED = "CAPITAL_NET"
"""Reason of the one leg that pays a call and a distribution."""


class NettedFault(StrEnum):
    """What is wrong with how a notice is netted."""

    NETTED_WITH = "NETTED_WITH"
    NET_AMOUNT = "NET_AMOUNT"


class Stated(Protocol):
    """A call or distribution that is in order, or booked."""

    @property
    def vehicle_id(self) -> str:
        """Vehicle."""
        ...

    @property
    def batch_id(self) -> str:
        """The manager's own name of it."""
        ...

    @property
    def kind(self) -> NoticeKind:
        """Which way."""
        ...

    @property
    def total_minor(self) -> int:
        """Amount, minor units."""
        ...

    @property
    def netted_with(self) -> str:
        """Notice it is netted with, or empty."""
        ...

    @property
    def net_minor(self) -> int:
        """Net of both, where netted."""
        ...


class Due(Stated, Protocol):
    """A notice in order that waits for its due date."""

    @property
    def due_date(self) -> date:
        """Day the money moves."""
        ...


def netted_faults(notice: CapitalNotice, due: Sequence[Due]) -> tuple[NettedFault, ...]:
    """Everything that is wrong with how a notice is netted; none if it is not, or rightly.

    Args:
        notice: The notice. It may name one of the same vehicle and due date that goes the
            other way, waits to be booked and is not netted yet.
        due: Notices in order that wait.

    Source: domain.md §4.1.
    """
    if not notice.netted_with:
        return (NettedFault.NETTED_WITH,) if notice.net_minor else ()
    mine = [each for each in due if each.vehicle_id == notice.vehicle_id]
    named = [each for each in mine if each.batch_id == notice.netted_with]
    taken = any(each.netted_with == notice.netted_with for each in mine)
    both = {NoticeKind.CALL, NoticeKind.DISTRIBUTION}
    if len(named) != 1 or taken or named[0].netted_with:
        return (NettedFault.NETTED_WITH,)
    other = named[0]
    if {notice.kind, other.kind} != both or other.due_date != notice.due_date:
        return (NettedFault.NETTED_WITH,)
    net = _net(notice.kind, notice.total_minor, other.total_minor)
    return () if net == notice.net_minor else (NettedFault.NET_AMOUNT,)


def _net(kind: NoticeKind, total_minor: int, other_minor: int) -> int:
    """What moves for a notice of a kind and the other one: paid in if positive."""
    called = kind is NoticeKind.CALL
    call, back = (total_minor, other_minor) if called else (other_minor, total_minor)
    return net_wire(max(0, call), max(0, back))


def needed_minor(call: Stated, every: Sequence[Stated]) -> int:
    """What a call takes out of the liquid sleeve: all of it, or the net if that is paid in.

    Args:
        call: The call.
        every: The notices it stands among; either of two may name the other.

    Source: domain.md §4.1.
    """
    if call.netted_with:
        return max(0, call.net_minor)
    for each in every:
        if (each.vehicle_id, each.netted_with) == (call.vehicle_id, call.batch_id):
            return max(0, each.net_minor)
    return call.total_minor

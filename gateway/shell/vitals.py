"""A worker's vital signs: what its threads say of themselves, for whoever watches over it.

Times are `time.monotonic`, in seconds. `Signs` is a value that never changes, so a reader
needs no lock; `Vitals` makes a new one for everything that is said.

Not here: what is to be thought of the signs (`watchdog`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

Place = tuple[str, int]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class PlaceSigns:
    """One owned partition.

    Attributes:
        decided: Last decided offset, -1 if none was.
        progress_at: When it was decided, or when the seat was opened.
        end: The log's end when it was last asked; markers count.
        waiting_since: Since when a record after `decided` is known to wait.
    """

    decided: int
    progress_at: float
    end: int | None = None
    waiting_since: float | None = None

    @property
    def lag(self) -> int | None:
        """Offsets to the end, markers and aborted records among them; None if nobody knows."""
        return None if self.end is None else max(0, self.end - self.decided - 1)


@dataclass(frozen=True, slots=True)
class Signs:
    """A worker's vital signs at one moment; `since` is None where it is not so.

    A partition that stands still before a message is in `stopped` with the message's offset,
    and not in `places`: it is a person's turn, and starting the process again would not help.
    """

    awake_since: float
    loop_at: float
    starting_since: float | None
    consumer_at: float | None = None
    rebalancing_since: float | None = None
    opening_since: float | None = None
    unassigned_since: float | None = None
    fenced_since: float | None = None
    stopping_since: float | None = None
    unanswered_since: float | None = None
    transactions: Mapping[Place, float] = field(default_factory=dict)
    stopped: Mapping[Place, int] = field(default_factory=dict)
    places: Mapping[Place, PlaceSigns] = field(default_factory=dict)
    messages: int = 0
    lines: int = 0
    takes: int = 0
    rebalances: int = 0


class Vitals:
    """A worker's vital signs: written by its threads, read by anybody."""

    def __init__(self, now: Clock = time.monotonic) -> None:
        """Begin, as a worker that is starting."""
        self.now = now
        self._lock = threading.Lock()
        born = now()
        self._signs = Signs(born, born, starting_since=born)

    def signs(self) -> Signs:
        """The signs as they stand."""
        return self._signs

    def beat(self, *, rebalancing: bool) -> None:
        """The event loop turns; whether Faust says that it rebalances."""
        now = self.now()
        with self._lock:
            signs = self._signs
            judged = rebalancing and signs.opening_since is None and signs.starting_since is None
            self._signs = replace(
                signs,
                loop_at=now,
                rebalancing_since=_since(signs.rebalancing_since, now) if judged else None,
            )

    def beat_consumer(self) -> None:
        """The consumer's thread turns."""
        now = self.now()
        with self._lock:
            self._signs = replace(self._signs, consumer_at=now)

    def opening(self) -> None:
        """Partitions have come; their seats are opened now."""
        now = self.now()
        with self._lock:
            self._signs = replace(
                self._signs, opening_since=now, starting_since=None, rebalancing_since=None
            )

    def opened(self, place: Place, decided: int) -> None:
        """A seat was opened and has decided so far."""
        now = self.now()
        with self._lock:
            self._opened(place, decided, now)
            self._signs = replace(self._signs, opening_since=now)

    def settled(self) -> None:
        """Every seat of the assignment is open."""
        now = self.now()
        with self._lock:
            self._signs = replace(
                self._own(self._signs.places, now),
                opening_since=None,
                fenced_since=None,
                rebalances=self._signs.rebalances + 1,
            )

    @contextmanager
    def taking(self, place: Place) -> Iterator[None]:
        """A take is in flight."""
        now = self.now()
        with self._lock:
            self._signs = replace(
                self._signs, transactions={**self._signs.transactions, place: now}
            )
        try:
            yield
        finally:
            with self._lock:
                left = {p: at for p, at in self._signs.transactions.items() if p != place}
                self._signs = replace(self._signs, transactions=left)

    def decided(self, place: Place, last: int, *, messages: int, lines: int) -> None:
        """A take is committed; `last` is the last decided offset now."""
        now = self.now()
        with self._lock:
            signs = self._signs
            places = dict(signs.places)
            if place in places:
                places[place] = PlaceSigns(last, now, places[place].end)
            self._signs = replace(
                signs,
                places=places,
                takes=signs.takes + 1,
                messages=signs.messages + messages,
                lines=signs.lines + lines,
            )

    def released(self, places: Iterable[Place]) -> None:
        """These partitions are somebody else's now, or stand still on purpose."""
        now = self.now()
        gone = set(places)
        with self._lock:
            kept = {p: seen for p, seen in self._signs.places.items() if p not in gone}
            stopped = {p: at for p, at in self._signs.stopped.items() if p not in gone}
            self._signs = replace(self._signs, stopped=stopped)
            self._signs = self._own(kept, now)

    def stopped(self, place: Place, offset: int) -> None:
        """Our own decision fails on the message at this offset; the partition stands still."""
        self.released([place])
        with self._lock:
            stopped = {**self._signs.stopped, place: offset}
            self._signs = replace(self._signs, stopped=stopped, unassigned_since=None)

    def resumed(self, place: Place, decided: int) -> None:
        """A partition that stood still is decided so far and goes on."""
        now = self.now()
        with self._lock:
            self._opened(place, decided, now)

    def fenced(self, place: Place) -> None:
        """Another worker has opened this partition."""
        self.released([place])
        now = self.now()
        with self._lock:
            self._signs = replace(
                self._signs, fenced_since=_since(self._signs.fenced_since, now)
            )  # fmt: skip

    def stopping(self) -> None:
        """The worker was told to stop."""
        now = self.now()
        with self._lock:
            self._signs = replace(self._signs, stopping_since=now)

    def heard(self, place: Place, end: int, *, decided: int, waiting: bool) -> None:
        """The log's end, and whether a record waits after the offset decided when it was asked."""
        now = self.now()
        with self._lock:
            seen = self._signs.places.get(place)
            if seen is None:
                return
            still = waiting and seen.decided == decided
            told = replace(
                seen, end=end, waiting_since=_since(seen.waiting_since, now) if still else None
            )
            self._signs = replace(self._signs, places={**self._signs.places, place: told})

    def answered(self, *, well: bool) -> None:
        """The log answered, or did not: then nobody knows what waits."""
        now = self.now()
        with self._lock:
            signs = self._signs
            if well:
                self._signs = replace(signs, unanswered_since=None)
                return
            places = {p: replace(seen, waiting_since=None) for p, seen in signs.places.items()}
            self._signs = replace(
                signs, places=places, unanswered_since=_since(signs.unanswered_since, now)
            )

    def slept(self) -> None:
        """The whole process stood still until now."""
        now = self.now()
        with self._lock:
            self._signs = replace(self._signs, awake_since=now)

    def _opened(self, place: Place, decided: int, now: float) -> None:
        stopped = {p: at for p, at in self._signs.stopped.items() if p != place}
        self._signs = replace(self._signs, stopped=stopped)
        self._signs = self._own({**self._signs.places, place: PlaceSigns(decided, now)}, now)

    def _own(self, places: Mapping[Place, PlaceSigns], now: float) -> Signs:
        owns = bool(places) or bool(self._signs.stopped)
        without = None if owns else _since(self._signs.unassigned_since, now)
        return replace(self._signs, places=places, unassigned_since=without)


def _since(before: float | None, now: float) -> float:
    return now if before is None else before

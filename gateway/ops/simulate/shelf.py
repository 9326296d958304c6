"""Snapshots of a simulated day: kept in memory, and lost when a story says so.

Not here: how a snapshot stands in a file (`shell.snapshots`).
"""

from __future__ import annotations

from gateway.shell.snapshots import Snapshot, Snapshots


class Shelf(Snapshots):
    """A store of snapshots in memory."""

    def __init__(self) -> None:
        """Start empty."""
        self._kept: dict[tuple[str, int], list[Snapshot]] = {}

    def save(self, app: str, desk: str, partition: int, snapshot: Snapshot) -> bool:
        """Keep a copy of a snapshot."""
        copy = Snapshot(
            snapshot.shape, snapshot.last, snapshot.message, snapshot.folded,
            bytes(snapshot.payload),
        )  # fmt: skip
        self._kept.setdefault((desk, partition), []).append(copy)
        return True

    def newest(
        self, app: str, desk: str, partition: int, shape: str, upto: int,
        below: int | None = None,
    ) -> Snapshot | None:  # fmt: skip
        """The newest snapshot that can be gone on from."""
        usable = [
            kept
            for kept in self._kept.get((desk, partition), ())
            if kept.shape == shape and kept.folded < upto and (below is None or kept.last < below)
        ]
        return max(usable, key=lambda kept: kept.last, default=None)

    def lose(self, desk: str, partition: int) -> bool:
        """The newest snapshot is gone; whether there was one."""
        kept = self._kept.get((desk, partition), [])
        if kept:
            kept.remove(max(kept, key=lambda snapshot: snapshot.last))
            return True
        return False

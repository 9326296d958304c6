"""What can go wrong, sorted by what the catcher does.

    GatewayError
    ├── ConfigError         a person fixes it; exit 2
    ├── PartnerUnavailable  try again within a bound, then alert; exit 4
    ├── Fenced              a newer owner has the partition: drop it, and never open it
    │                       again without a new assignment
    ├── DecisionFailed      our own decision fails on a message: its partition stops, the others
    │                       go on, and people decide; exit 3 where there is nothing to go on with
    ├── TooNew              a newer version wrote it, or decides so: upgrade this one; exit 2
    └── LawBroken           stop the worker and say which law, where, which values; exit 3

A text says what, where, got and expected, and what to do. It never shows a participant.

Not here: a message nobody understands. It is quarantined, as an event.
"""

from __future__ import annotations


class GatewayError(Exception):
    """Anything the gateway raises on purpose."""


class ConfigError(GatewayError):
    """Something a person has to put right before it can work."""


class PartnerUnavailable(GatewayError):
    """A partner or broker does not answer."""


class Fenced(GatewayError):
    """A newer owner has opened this partition."""


class DecisionFailed(GatewayError):
    """Our own decision fails on a message; what was decided before it stands."""

    def __init__(
        self, place: tuple[str, int], offset: int, digest: bytes, recorded_at: int, error: str
    ) -> None:
        """Say where and how.

        Args:
            place: Topic and partition of the inbox.
            offset: The message's.
            digest: BLAKE2, 16 bytes, of its bytes.
            recorded_at: The log's stamp of it, UTC microseconds.
            error: How deciding fails, in words that name no participant.
        """
        self.place, self.offset, self.digest = place, offset, digest
        self.recorded_at, self.error = recorded_at, error
        self.name = f"{place[0]}-{place[1]}@{offset}"
        super().__init__(f"{self.name}: our own decision fails on this message: {error}")


class TooNew(GatewayError):
    """What a newer version of the gateway wrote or decided, and this one does not know."""


class LawBroken(GatewayError):
    """A law of the gateway did not hold; nothing after it can be trusted."""

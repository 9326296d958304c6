"""What can go wrong, sorted by what the catcher does.

    GatewayError
    ├── ConfigError         a person fixes it; exit 2
    ├── PartnerUnavailable  try again within a bound, then alert; exit 4
    ├── Fenced              a newer owner has the partition: drop it, and never open it
    │                       again without a new assignment
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


class LawBroken(GatewayError):
    """A law of the gateway did not hold; nothing after it can be trusted."""

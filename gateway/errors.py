"""What can go wrong, sorted by what the catcher does.

    GatewayError
    ├── ConfigError         a person fixes it; exit 2
    ├── PartnerUnavailable  retry with a bound, then alert; exit 4
    ├── Fenced              a newer owner has the partition: drop it, never open it again
    └── LawBroken           stop the worker and say which law; exit 3

A message nobody understands is not here: it is quarantined, as an event.
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

"""Logs: one line a take, in JSON unless a person is watching, without identifiers.

No fact lives only here: what was decided is in the journals.

Not here: what is logged.
Law: L8.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import MutableMapping
from typing import Any

import structlog

FORBIDDEN = ("participant", "ssn", "identifier", "token_key", "password", "secret")
QUIET_SECONDS = 10.0


def redact(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take the value out of every field that could name a person or a secret."""
    for key in event:
        if any(word in key.lower() for word in FORBIDDEN):
            event[key] = "[withheld]"
    return event


class Seldom(logging.Filter):
    """Lets one text of a logger through every ten seconds; clients repeat themselves a lot."""

    def __init__(self) -> None:
        """Start with nothing said."""
        super().__init__()
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be written."""
        key = (record.name, str(record.msg))
        now = time.monotonic()
        if now - self._said.get(key, -QUIET_SECONDS) < QUIET_SECONDS:
            return False
        self._said[key] = now
        return True


def configure(level: str = "INFO", *, as_json: bool | None = None) -> None:
    """Set logging up for a process: ours through structlog, Faust's and aiokafka's alike.

    Args:
        level: Of our own lines; those of the clients start at WARNING.
        as_json: JSON lines; by default unless standard error is a terminal.
    """
    for_programs = not sys.stderr.isatty() if as_json is None else as_json
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact,
    ]
    last: Any = (
        structlog.processors.JSONRenderer() if for_programs else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                last,
            ],
        )
    )
    handler.addFilter(Seldom())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("gateway").setLevel(level)
    # Faust logs its services under the module that subclasses them.
    logging.getLogger("gateway.shell.transport").setLevel(logging.WARNING)

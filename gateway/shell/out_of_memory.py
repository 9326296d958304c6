"""A worker without memory ends itself, and its successor has what it lacked.

A read from Kafka that fails for want of memory costs its connection and is tried again, for
ever: no desk hears of it, the heart beats on, and to the watchdog Kafka does not answer. Only
the event loop is told. So every loop that reads for a desk is asked here to tell.

Not here: a kernel that kills; a desk whose own step has no memory, which is an error like any.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

import structlog

CODE = 70

log = structlog.get_logger("gateway.worker")


def end_if_told() -> None:
    """From now on the running event loop's process ends when the loop is told of want of memory."""
    asyncio.get_running_loop().set_exception_handler(_told)


def _told(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if isinstance(context.get("exception"), MemoryError):
        try:
            log.error("out_of_memory", reason=str(context.get("message")).partition("\n")[0])
        finally:
            os._exit(CODE)
    loop.default_exception_handler(context)

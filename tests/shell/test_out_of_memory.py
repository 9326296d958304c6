"""A process whose event loop is told of want of memory ends, and of nothing else.

Not here: a worker that starves (`tests/faults`).
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from gateway.shell.out_of_memory import CODE

STORY = """
import asyncio
from gateway.shell.out_of_memory import end_if_told

async def story():
    end_if_told()
    loop = asyncio.get_running_loop()
    loop.call_exception_handler({{"message": "a read failed", "exception": {error}()}})

asyncio.run(story())
print("lives on")
"""


@pytest.mark.parametrize(("error", "code"), [("MemoryError", CODE), ("ConnectionResetError", 0)])
def test_only_want_of_memory_ends_the_process(error: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STORY.format(error=error)], capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert ("lives on" in done.stdout) == (code == 0)

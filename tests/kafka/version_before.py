"""The `gateway` command of the version before: it knows no decision logic but the first.

    python -m tests.kafka.version_before worker --config CONFIG

Not here: anything else that a version could lack.
"""

from __future__ import annotations

from gateway.core import logic
from gateway.ops.cli import main

if __name__ == "__main__":
    logic.NEWEST = logic.FIRST
    main()

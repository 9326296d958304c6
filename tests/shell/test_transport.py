"""A worker writes nothing beside itself: the journals hold everything.

Not here: what the transport reads and commits (`tests/kafka`).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.shell.transport import JournalApp


def test_a_worker_leaves_no_directories_where_it_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = JournalApp("nowhere", dict, lambda: None, broker="kafka://127.0.0.1:9", web_enabled=False)
    app.finalize()
    app._create_directories()
    assert list(tmp_path.iterdir()) == []

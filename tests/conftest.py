from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from gateway.errors import ConfigError
from gateway.ops.broker import broker


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """The address of a real broker; without one the test is skipped, unless REQUIRE_KAFKA is set."""
    try:
        with broker() as bootstrap:
            yield bootstrap
    except ConfigError as missing:
        if os.environ.get("REQUIRE_KAFKA"):
            raise
        pytest.skip(str(missing))

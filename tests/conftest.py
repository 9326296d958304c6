"""Brokers for the tests marked `kafka`.

One broker serves a whole run, and a test that asks for it must leave others alone: topics
and writers of its own name. Run these tests without `-n`, or every process starts its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import TypeVar

import pytest
from hypothesis import settings

from gateway.errors import ConfigError
from gateway.ops.broker import Broker, broker, java_broker

T = TypeVar("T")

# No test is timed: machines are shared, and an example that waited is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

LONG = (
    "fuzz/",
    "laws/test_early_close.py",
    "laws/test_random_days.py",
    "ops/test_explain_stories.py",
    "ops/test_rules.py::test_a_rule_acts_in_a_scenario",
    "ops/test_show_bitemporal.py",
    "ops/test_supervise.py",
    "reference/",
    "scenarios/test_scenarios.py",
    "shell/test_snapshots.py",
    "shell/test_watchdog.py",
    "simulation/",
)
"""What takes seconds a test; `make check` leaves it to `make test`."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the long tests, in one place."""
    for item in items:
        if any(part in item.nodeid for part in LONG):
            item.add_marker(pytest.mark.long)


def had(stack: ExitStack, wanted: AbstractContextManager[T]) -> T:
    """What is wanted; without a broker the test is skipped, or fails where REQUIRE_KAFKA is set."""
    try:
        return stack.enter_context(wanted)
    except ConfigError as missing:
        if os.environ.get("REQUIRE_KAFKA", "") not in ("", "0"):
            raise
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """The address of a real broker, shared by all tests of a run."""
    with ExitStack() as stack:
        yield had(stack, broker()).bootstrap


@pytest.fixture
def mortal_kafka() -> Iterator[Broker]:
    """A broker of the test's own, which it may kill and start again."""
    with ExitStack() as stack:
        yield had(stack, java_broker())

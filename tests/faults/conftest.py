"""The day that every fault is tried on.

Not here: brokers for everybody (`tests/conftest.py`).
"""

from __future__ import annotations

import random

import pytest

from tests.faults.story import Expected
from tests.kafka.nation_day import day_to_come, home_of, interleaved, undisturbed_instructions


@pytest.fixture(scope="session")
def expected() -> Expected:
    day = day_to_come()
    home = home_of(day)
    wanted = undisturbed_instructions(day, home)
    assert wanted
    return Expected(home, interleaved(day, random.Random(1)), wanted)

"""Law L6: desks read no clock, chance, environment or disk, so any process decides alike."""

from __future__ import annotations

import subprocess
import sys
from hashlib import blake2b

from tests.laws.planted import HOME, settled

SCRIPT = "from tests.laws.test_l6_nothing_from_outside import fingerprint; print(fingerprint())"


def fingerprint() -> str:
    """A digest of everything the busy day left in the log."""
    digest = blake2b(digest_size=16)
    for topic, partitions in HOME.topics().items():
        for partition in range(partitions):
            for record in settled().records(topic, partition):
                digest.update(b"\0".join((topic.encode(), bytes([partition]), record.value)))
    return digest.hexdigest()


def test_l6_a_process_of_another_zone_locale_and_hash_seed_writes_the_same_bytes() -> None:
    elsewhere = {"PYTHONHASHSEED": "4711", "TZ": "Asia/Kathmandu", "LC_ALL": "C", "LANG": "C"}
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=elsewhere, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == fingerprint()

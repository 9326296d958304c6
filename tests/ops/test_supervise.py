"""A supervisor starts workers again, gives up where that cannot help, and passes signals on.

Not here: a real worker that stalls (`tests/kafka/test_stall.py`).
"""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.ops import workers
from gateway.ops.workers import Pauses, address_of, command, supervise

QUICK = Pauses(first_seconds=0.01, most_seconds=0.02, healthy_seconds=3_600, deaths=5)
PATIENCE_SECONDS = 60

LIVES = """
import os, signal, sys
from pathlib import Path
log, ends = Path(sys.argv[1]), sys.argv[2:]
lived = len(log.read_text()) if log.exists() else 0
with log.open("a") as said:
    said.write(".")
end = ends[min(lived, len(ends) - 1)]
if end.startswith("-"):
    os.kill(os.getpid(), -int(end))
os._exit(int(end))
"""


def child(log: Path, *ends: int) -> list[str]:
    """A process that ends as told at each of its lives, at later ones as at the last."""
    return [sys.executable, "-c", LIVES, str(log), *map(str, ends)]


def lives(log: Path) -> int:
    return len(log.read_text())


@pytest.mark.parametrize("end", [1, 4, 70, 71, 75, -signal.SIGKILL, -signal.SIGSEGV])
def test_a_worker_that_died_is_started_again(end: int, tmp_path: Path) -> None:
    log = tmp_path / "lives"
    assert supervise([child(log, end, end, 0)], QUICK) == 0
    assert lives(log) == 3


@pytest.mark.parametrize("end", [2, 3])
def test_settings_and_a_law_are_for_a_person(end: int, tmp_path: Path) -> None:
    log = tmp_path / "lives"
    assert supervise([child(log, 75, end)], QUICK) == end
    assert lives(log) == 2


@pytest.mark.parametrize(("end", "answer"), [(70, 70), (-signal.SIGKILL, 137)])
def test_a_worker_that_keeps_dying_young_is_given_up(end: int, answer: int, tmp_path: Path) -> None:
    log = tmp_path / "lives"
    assert supervise([child(log, end)], QUICK) == answer
    assert lives(log) == QUICK.deaths + 1


def test_a_worker_that_lived_long_enough_begins_anew(tmp_path: Path) -> None:
    log = tmp_path / "lives"
    pauses = Pauses(first_seconds=0.01, most_seconds=0.01, healthy_seconds=0, deaths=1)
    assert supervise([child(log, 75, 75, 75, 75, 0)], pauses) == 0
    assert lives(log) == 5


def test_each_worker_is_supervised_by_itself(tmp_path: Path) -> None:
    quiet, restless = tmp_path / "quiet", tmp_path / "restless"
    assert supervise([child(quiet, 0), child(restless, 75, 75, 0)], QUICK) == 0
    assert (lives(quiet), lives(restless)) == (1, 3)


def test_pauses_double_up_to_a_bound() -> None:
    pauses = Pauses(first_seconds=1, most_seconds=60)
    assert [pauses.after(deaths) for deaths in (1, 2, 3, 6, 7, 1_000)] == [1, 2, 4, 32, 60, 60]


SUPERVISOR = """
import sys
from gateway.ops.workers import Pauses, supervise
from gateway.shell.observe import configure
configure()
pauses = Pauses(first_seconds=3600, most_seconds=3600)
sys.exit(supervise([[sys.executable, "-c", words] for words in sys.argv[1:]], pauses))
"""
# Each line is one write, so that lines of several processes stay whole.
OBEDIENT = textwrap.dedent("""
    import os, signal, sys
    def end(number, _):
        os.write(1, b"told %d\\n" % number)
        os._exit(0)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    os.write(1, b"there\\n")
    while True:
        signal.pause()
""")
FAILING = "import os\nos.write(1, b'failed\\n')\nos._exit(70)\n"
LAWLESS = "import os\nos.read(0, 1)\nos._exit(3)\n"


def supervisor(*children: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, *children],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )


def said(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline().strip() for _ in range(count)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_to_stop_go_to_every_worker_and_all_end(number: signal.Signals) -> None:
    with supervisor(OBEDIENT, OBEDIENT) as process:
        assert said(process, 2) == ["there", "there"]
        process.send_signal(number)
        assert said(process, 2) == [f"told {number:d}"] * 2
        assert process.wait(PATIENCE_SECONDS) == 0


def test_a_supervisor_told_to_stop_in_a_pause_starts_nothing_more() -> None:
    with supervisor(FAILING, OBEDIENT) as process:
        assert sorted(said(process, 2)) == ["failed", "there"]
        process.send_signal(signal.SIGTERM)
        assert said(process, 1) == ["told 15"]
        # The failed worker may not have been buried yet when the signal came.
        assert process.wait(PATIENCE_SECONDS) in (0, 70)
        assert said(process, 1) == [""]


def test_a_worker_that_is_given_up_ends_the_others() -> None:
    with supervisor(OBEDIENT, LAWLESS) as process:
        assert said(process, 1) == ["there"]
        assert process.stdin is not None
        process.stdin.write("\n")
        assert said(process, 1) == ["told 15"]
        assert process.wait(PATIENCE_SECONDS) == 3


def test_the_command_of_a_worker_names_where_it_answers() -> None:
    assert command(None, health="127.0.0.1:8080")[-1] == "--health=127.0.0.1:8080"
    assert not any(word.startswith("--health") for word in command(None))


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("senders: {RK: native}\n")
    with pytest.raises(ConfigError, match="an address is host:port"):
        workers.run(file, processes=1, desks=(), level="INFO", health="8080")


@pytest.mark.parametrize(
    ("health", "each"),
    [
        (None, [None, None]),
        ("127.0.0.1:8080", ["127.0.0.1:8080", "127.0.0.1:8081"]),
        ("127.0.0.1:0", ["127.0.0.1:0", "127.0.0.1:0"]),
        ("[::1]:9", ["[::1]:9", "[::1]:10"]),
    ],
)
def test_several_workers_answer_at_ports_that_follow_each_other(
    health: str | None, each: list[str | None]
) -> None:
    assert [address_of(health, number) for number in range(2)] == each


@pytest.mark.parametrize("flags", [["--processes=2"], ["--supervise"]])
def test_workers_without_a_key_end_at_once_and_say_so(flags: list[str], tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("senders: {RK: native}\n")
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "worker", "--config", str(file), *flags],
        capture_output=True, check=False, text=True, timeout=PATIENCE_SECONDS, env={},
    )  # fmt: skip
    assert done.returncode == 2
    assert "no key for participant tokens" in done.stderr

"""The command line: what it refuses, with which exit code, and what every command knows.

Not here: what the commands answer (a test file each).
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.errors import ConfigError, GatewayError, LawBroken, PartnerUnavailable
from gateway.ops import cli
from gateway.ops import topics as topics_command

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {
    "bench", "book", "demo", "doctor", "explain", "headroom", "nav-error", "publish", "rehearse",
    "replay", "rules", "show", "topics", "worker",
}  # fmt: skip
SETTINGS = "senders: {RK: native}\n"
KEY = "00112233445566778899aabbccddeeff"


def code(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(list(words))
    return int(str(ended.value.code))


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    file = tmp_path / "gateway.yaml"
    file.write_text(SETTINGS)
    monkeypatch.setenv("GATEWAY_TOKEN_KEY", KEY)
    monkeypatch.delenv("KAFKA_BOOTSTRAP", raising=False)
    return str(file)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert code("--help") == 0
    said = capsys.readouterr().out
    assert {name for name in COMMANDS if f"│ {name} " in said} == COMMANDS


@pytest.mark.parametrize("command", sorted(COMMANDS - {"book", "worker"}))
def test_every_command_that_answers_answers_in_json_too(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code(command, "--help") == 0
    assert "--json" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("nav-error", "show", "nothing"),
        ("worker", "--processes", "many"),
        (
            "topics",
            "--no",
        ),
    ],
)
def test_words_that_make_no_sense_end_with_2_and_no_traceback(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert code(*words) == 2
    said = capsys.readouterr()
    assert "Error" in said.out + said.err
    assert "Traceback" not in said.out + said.err


def test_settings_that_are_not_there_end_with_2_and_say_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code("topics", "--config", str(tmp_path / "none.yaml")) == 2
    assert "name a file with --config" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("senders: {RK: morse}\n", "senders.RK: no connector is called morse"),
        ("senders: {}\n", "senders: Dictionary should have at least 1 item"),
        ("sender: {RK: native}\n", "sender: Extra inputs are not permitted"),
        ("senders: {RK: native}\npartitions: {plan: 0}\n", "partitions.plan: Input should be"),
        ("senders: [", "is not YAML"),
    ],
)
def test_settings_that_say_something_else_are_named_by_field(
    text: str, named: str, settings: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(settings).write_text(text)
    assert code("topics", "--config", settings) == 2
    assert named in capsys.readouterr().err


@pytest.mark.parametrize(
    ("key", "named"),
    [("", "no key for participant tokens"), ("xy", "not hexadecimal"), ("00", "1 bytes, wanted")],
)
def test_a_token_key_that_cannot_be_used_is_refused_and_never_shown(
    key: str,
    named: str,
    settings: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GATEWAY_TOKEN_KEY", key)
    monkeypatch.delenv("GATEWAY_TOKEN_KEY_FILE", raising=False)
    assert code("topics", "--config", settings) == 2
    assert named in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raised", "exit_code"),
    [
        (ConfigError("x"), 2),
        (LawBroken("x"), 3),
        (PartnerUnavailable("x"), 4),
        (GatewayError("x"), 2),
    ],
)
def test_each_kind_of_error_has_its_exit_code(
    raised: GatewayError,
    exit_code: int,
    settings: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise raised

    monkeypatch.setattr(topics_command, "run", refuse)
    assert code("topics", "--config", settings) == exit_code
    assert capsys.readouterr().err == "gateway: x\n"


def test_the_gateway_does_not_run_without_its_asserts() -> None:
    done = subprocess.run(
        [sys.executable, "-O", "-m", "gateway", "topics"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "asserts guard the laws" in done.stderr


def test_topics_are_listed_with_their_partitions(
    settings: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code("topics", "--config", settings, "--json") == 0
    assert '"name": "in.RK"' in capsys.readouterr().out

"""The list of who may do what says all that is needed and nothing more."""

from __future__ import annotations

import json
import shlex

import pytest

from gateway.errors import ConfigError
from gateway.ops.acl import Rule, arguments, rules, run
from gateway.shell.settings import Settings
from gateway.wire.topics import topics

SETTINGS = Settings(
    app="trial", prefix="t.", senders={"operations": "native", "RK_A": "native", "KKR": "kkr"},
    receivers=("KKR", "CUSTODIAN"),
)  # fmt: skip


def of(name: str, resource: str = "TOPIC") -> list[tuple[str, str, tuple[str, ...]]]:
    mine = [r for r in rules(SETTINGS) if r.principal == f"User:{name}" and r.resource == resource]
    return [(r.name, r.pattern, r.operations) for r in mine]


def may(rule: Rule, topic: str, operation: str) -> bool:
    covers = topic.startswith(rule.name) if rule.pattern == "PREFIXED" else topic == rule.name
    return rule.resource == "TOPIC" and covers and operation in rule.operations


def test_a_sender_writes_its_own_topic_and_reads_its_own_answers() -> None:
    assert of("RK_A") == [
        ("t.in.RK_A", "LITERAL", ("Write",)), ("t.out.RK_A", "LITERAL", ("Read",))
    ]  # fmt: skip
    assert of("CUSTODIAN") == [("t.out.CUSTODIAN", "LITERAL", ("Read",))]
    assert of("RK_A", "GROUP") == [("t.out.RK_A", "LITERAL", ("Read",))]


def test_of_every_topic_it_is_known_who_may_write_and_read_it() -> None:
    listed = rules(SETTINGS)
    for topic in topics(SETTINGS.topology(), SETTINGS.receivers):
        name = f"t.{topic.name}"
        writers = {r.principal for r in listed if may(r, name, "Write")}
        readers = {r.principal for r in listed if may(r, name, "Read")}
        everywhere = {"User:operations", "User:redrive"}
        party = f"User:{topic.name.partition('.')[2]}"
        match topic.name.partition(".")[0], topic.name:
            case "in", _:
                assert writers == {party, "User:clock", "User:redrive"}
                assert readers == {"User:worker", *everywhere}
            case "out", _:
                assert writers == {"User:worker"}
                assert readers == {party, *everywhere}
            case _, "gw.quarantine.decisions":
                assert writers == {"User:worker", *everywhere}
                assert readers == {"User:worker", *everywhere}
            case _:
                assert writers == {"User:worker"}
                assert readers == {"User:worker", *everywhere}


def test_who_asks_for_a_redrive_cannot_write_into_a_senders_topic() -> None:
    assert not any(
        may(r, "t.in.RK_A", "Write") for r in rules(SETTINGS) if r.principal == "User:operations"
    )


@pytest.mark.parametrize("name", ["worker", "clock", "redrive"])
def test_a_sender_is_not_called_as_the_gateways_own_users_are(name: str) -> None:
    with pytest.raises(ConfigError, match=f"is called {name}"):
        rules(Settings(senders={name: "native"}))


def test_the_list_is_printed_as_commands_that_a_shell_takes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(SETTINGS, principal_prefix="User:prod ")
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("kafka-")]
    listed = rules(SETTINGS, "User:prod ")
    assert len(lines) == len(listed)
    for line, rule in zip(lines, listed, strict=True):
        assert shlex.split(line, comments=True)[5:] == arguments(rule)


def test_the_list_is_answered_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    run(SETTINGS, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert [row["principal"] for row in told] == [r.principal for r in rules(SETTINGS)]

"""`gateway acl`: who may do what on the broker, as `kafka-acls` takes it.

A sender writes its own `in.` topic and reads its own `out.` topic, a receiver reads its own.
Besides them there are `worker`, `clock` and `redrive`; `operations` is a sender that may also
read everything, create topics, and ask for what happens to quarantined messages. Approving a
redrive takes `redrive`, for it writes into senders' topics: who asks cannot approve alone. To
approve that a message is set aside in a desk's place, or redriven into a desk's inbox, takes
`worker`: it is done as the desk.

Nothing is denied: a broker with an authorizer allows only what is said here.

Not here: applying the list, users and their passwords.
Source: design, security.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.core.vocabulary import CLOCK, OPERATIONS
from gateway.errors import ConfigError
from gateway.ops.answers import say_json
from gateway.shell.settings import Settings
from gateway.wire.topics import QUARANTINE_DECISIONS

WORKER, REDRIVE = "worker", "redrive"
PLACES = {"TOPIC": "--topic", "GROUP": "--group", "TRANSACTIONAL_ID": "--transactional-id"}


@dataclass(frozen=True, slots=True)
class Rule:
    """What one principal may do with one resource.

    Attributes:
        principal: As the broker knows it, User:RK_A.
        resource: TOPIC, GROUP or TRANSACTIONAL_ID, in Kafka's words.
        name: The resource, or how its names begin.
        pattern: LITERAL or PREFIXED.
        operations: In Kafka's words; each implies Describe where Kafka says so.
        why: What it is for.
    """

    principal: str
    resource: str
    name: str
    pattern: str
    operations: tuple[str, ...]
    why: str


def rules(settings: Settings, principal_prefix: str = "User:") -> tuple[Rule, ...]:
    """Every rule a gateway needs, by principal.

    Args:
        settings: Senders, receivers, the prefix of topics, and of groups and writers.
        principal_prefix: Put before each name, as User: or User:prod-.

    Raises:
        ConfigError: A sender or receiver is called as one of the gateway's own principals.
    """
    taken = {WORKER, REDRIVE, CLOCK} & {*settings.senders, *settings.receivers}
    if taken:
        raise ConfigError(
            f"a sender or receiver is called {sorted(taken)[0]}, as one of the gateway's own "
            "users is: give it another name"
        )
    parties = [rule for sender in settings.senders for rule in _sender(settings, sender)]
    parties += [
        rule
        for receiver in sorted({*settings.receivers} - {*settings.senders})
        for rule in _receiver(settings, receiver)
    ]
    own = (*_operations(settings), *_clock(settings), *_worker(settings), *_redrive(settings))
    return tuple(
        Rule(principal_prefix + r.principal, r.resource, r.name, r.pattern, r.operations, r.why)
        for r in (*parties, *own)
    )


def _sender(settings: Settings, name: str) -> Iterator[Rule]:
    topic = f"{settings.prefix}in.{name}"
    yield Rule(name, "TOPIC", topic, "LITERAL", ("Write",), "writes its own messages")
    yield from _receiver(settings, name)


def _receiver(settings: Settings, name: str) -> Iterator[Rule]:
    topic = f"{settings.prefix}out.{name}"
    yield Rule(name, "TOPIC", topic, "LITERAL", ("Read",), "reads its own answers")
    yield Rule(name, "GROUP", topic, "LITERAL", ("Read",), "in a consumer group of this name")


def _operations(settings: Settings) -> Iterator[Rule]:
    if OPERATIONS not in settings.senders:
        return
    yield from _reads(settings, OPERATIONS, "looks, explains, replays")
    for room in ("in.", "gw.", "out."):
        yield Rule(OPERATIONS, "TOPIC", settings.prefix + room, "PREFIXED",
                   ("Create", "DescribeConfigs"), "creates topics, and looks at how they are"
                   )  # fmt: skip
    yield from _decides(settings, OPERATIONS)


def _clock(settings: Settings) -> Iterator[Rule]:
    name = f"{settings.prefix}in."
    yield Rule(CLOCK, "TOPIC", name, "PREFIXED", ("Write",), "ticks in every sender's topic")


def _worker(settings: Settings) -> Iterator[Rule]:
    prefix, app = settings.prefix, settings.app
    yield Rule(WORKER, "TOPIC", f"{prefix}in.", "PREFIXED", ("Read",), "takes what senders write")
    yield Rule(WORKER, "TOPIC", f"{prefix}gw.", "PREFIXED", ("Read", "Write"), "decides")
    yield Rule(WORKER, "TOPIC", f"{prefix}out.", "PREFIXED", ("Write",), "answers and instructs")
    yield Rule(WORKER, "GROUP", app, "PREFIXED", ("Read",), "shares the partitions")
    yield Rule(WORKER, "TRANSACTIONAL_ID", f"{app}.", "PREFIXED", ("Write",),
               "one writer a partition")  # fmt: skip


def _redrive(settings: Settings) -> Iterator[Rule]:
    yield from _reads(settings, REDRIVE, "foresees intake's answers")
    yield Rule(REDRIVE, "TOPIC", f"{settings.prefix}in.", "PREFIXED", ("Write",),
               "appends what was set aside again")  # fmt: skip
    yield from _decides(settings, REDRIVE)


def _reads(settings: Settings, name: str, why: str) -> Iterator[Rule]:
    for room in ("in.", "gw.", "out."):
        yield Rule(name, "TOPIC", settings.prefix + room, "PREFIXED", ("Read",), why)


def _decides(settings: Settings, name: str) -> Iterator[Rule]:
    topic = settings.prefix + QUARANTINE_DECISIONS
    yield Rule(name, "TOPIC", topic, "LITERAL", ("Write",), "decides of quarantined messages")
    yield Rule(name, "TRANSACTIONAL_ID", f"{settings.app}.quarantine", "LITERAL", ("Write",),
               "one such writer at a time")  # fmt: skip


def arguments(rule: Rule) -> list[str]:
    """A rule as `kafka-acls` takes it, without the broker's address."""
    place = [PLACES[rule.resource], rule.name]
    said = ["--add", "--allow-principal", rule.principal]
    for operation in rule.operations:
        said += ["--operation", operation]
    return [*said, *place, "--resource-pattern-type", rule.pattern.lower()]


def run(settings: Settings, *, principal_prefix: str = "User:", as_json: bool = False) -> int:
    """Print the list: shell commands, or the rules in JSON; always 0.

    Args:
        settings: Who is connected.
        principal_prefix: Put before each name.
        as_json: Answer in JSON.

    Raises:
        ConfigError: A name is taken.
    """
    listed = rules(settings, principal_prefix)
    if as_json:
        say_json(listed)
        return 0
    address = settings.bootstrap or "HOST:PORT"
    said = ["# As an administrator; leave --command-config out where the broker asks for none."]
    before = ["kafka-acls", "--bootstrap-server", address, "--command-config", "admin.properties"]
    told = ""
    for rule in listed:
        if rule.principal != told:
            told = rule.principal
            said.append(f"\n# {told}")
        said.append(f"{shlex.join([*before, *arguments(rule)])}  # {rule.why}")
    # Not through a table's console: a command broken over two lines is none.
    sys.stdout.write("\n".join(said) + "\n")
    return 0

"""One Kafka broker of our own: its settings, its process, the wait until it answers.

It is its own controller, holds one copy of everything, speaks plain text and listens on
loopback only. A guarded one also listens with TLS and passwords, and lets nobody do there what
no rule allows; one with a detour also listens where a proxy sends on; a member shares the
cluster, and the copies, with others. What goes wrong is `PartnerUnavailable`, with the
broker's last words.

Not here: where Java and the jars come from (`broker`).
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from gateway.errors import PartnerUnavailable

CLUSTER = "gatewayGatewayGatewayA"
HEAP = "-Xmx512m"
READY_SECONDS = 60
STOP_SECONDS = 10
LOOK_SECONDS = 0.05
PR_SET_PDEATHSIG = 1
SCRAM = "SCRAM-SHA-512"


@dataclass(frozen=True)
class Guard:
    """A second listener, with TLS and passwords, and an authorizer that allows only by rule.

    Attributes:
        address: host:port of the listener.
        keystore: PEM file with the broker's private key and certificate.
        users: Passwords by name, known to the broker from its birth.
    """

    address: str
    keystore: Path
    users: Mapping[str, str]

    def settings(self, plain: Mapping[str, str]) -> dict[str, str]:
        """A broker's settings with the listener added.

        Whoever speaks plain text (the broker with itself, and who tends it) stands above the
        rules; only a broker for trials can have such a listener.
        """
        protocols = "listener.security.protocol.map"
        return {
            **plain,
            "listeners": f"{plain['listeners']},SASL_SSL://{self.address}",
            "advertised.listeners": f"{plain['advertised.listeners']},SASL_SSL://{self.address}",
            protocols: f"{plain[protocols]},SASL_SSL:SASL_SSL",
            "inter.broker.listener.name": "PLAINTEXT",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
            "sasl.enabled.mechanisms": SCRAM,
            f"listener.name.sasl_ssl.{SCRAM.lower()}.sasl.jaas.config": (
                "org.apache.kafka.common.security.scram.ScramLoginModule required;"
            ),
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self.keystore.resolve().as_posix(),
        }

    def born_with(self) -> list[str]:
        """What the formatting of the log directory is told of the users."""
        return [
            word
            for name, password in self.users.items()
            for word in ("--add-scram", f"{SCRAM}=[name={name},password={password}]")
        ]


@dataclass(frozen=True)
class Detour:
    """A second listener, which says that it is reached elsewhere: at a proxy.

    Attributes:
        address: host:port of the listener; the proxy sends on to it.
        advertised: host:port of the proxy; clients that come by it are told of no other way.
        more: Settings of the broker beside it.
    """

    address: str
    advertised: str
    more: Mapping[str, str] = field(default_factory=dict)

    def settings(self, plain: Mapping[str, str]) -> dict[str, str]:
        """A broker's settings with the listener added; the broker itself takes the plain one."""
        protocols = "listener.security.protocol.map"
        return {
            **plain,
            "listeners": f"{plain['listeners']},DETOUR://{self.address}",
            "advertised.listeners": f"{plain['advertised.listeners']},DETOUR://{self.advertised}",
            protocols: f"{plain[protocols]},DETOUR:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            **self.more,
        }

    def born_with(self) -> list[str]:
        """Nothing: there are no users."""
        return []


@dataclass(frozen=True)
class Member:
    """One of several brokers that are a cluster.

    Attributes:
        number: Its number, from 1.
        address: host:port of its listener.
        controllers: host:port of every member's controller, in the order of their numbers.
    """

    number: int
    address: str
    controllers: tuple[str, ...]

    def settings(self) -> dict[str, str]:
        """Its settings: three copies of everything, two of them in step."""
        alone = settings(self.address, self.address, self.controllers[self.number - 1])
        copies, in_step = str(min(3, len(self.controllers))), str(min(2, len(self.controllers)))
        voters = (f"{at}@{where}" for at, where in enumerate(self.controllers, 1))
        return {
            **alone,
            "node.id": str(self.number),
            "controller.quorum.voters": ",".join(voters),
            "offsets.topic.replication.factor": copies,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": in_step,
            "share.coordinator.state.topic.replication.factor": copies,
            "share.coordinator.state.topic.min.isr": in_step,
        }


class JavaServer:
    """A Kafka process of our own on loopback."""

    def __init__(
        self, java: str, jars: Path, folder: Path, log_dir: Path,
        guard: Guard | Detour | None = None, member: Member | None = None,
    ) -> None:  # fmt: skip
        """Write its settings, format its log directory unless it is formatted, and start it.

        A member is not started: it would wait for the others. `launch` them all, then `wait`.
        """
        if member is None:
            port, controller = free_ports(2)
            self.bootstrap = f"127.0.0.1:{port}"
            wanted = settings(self.bootstrap, self.bootstrap, f"127.0.0.1:{controller}")
        else:
            self.bootstrap, wanted = member.address, member.settings()
        if guard is not None:
            wanted = guard.settings(wanted)
        self._born_with = guard.born_with() if guard is not None else []
        wanted["log.dirs"] = log_dir.resolve().as_posix()
        self._properties = folder / "server.properties"
        self._properties.write_text(
            "".join(f"{name}={value}\n" for name, value in wanted.items()), encoding="utf-8"
        )
        self._said = folder / "said.txt"
        self._command = [
            java, HEAP, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto",
            "-Djava.awt.headless=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-cp", str(jars / "*"),
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        if not (log_dir / "meta.properties").exists():
            self._format()
        if member is None:
            self.start()

    def start(self) -> None:
        """Start the process and wait until it answers."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start the process; it does not answer yet."""
        assert self._process is None, "start of a broker that runs"
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                [*self._command, "kafka.Kafka", str(self._properties)],
                stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                start_new_session=True, preexec_fn=_end_with_parent(),
            )  # fmt: skip

    def wait(self, brokers: int = 1) -> None:
        """Wait until it answers, and knows so many brokers."""
        try:
            wait_for(self.bootstrap, self._check, brokers)
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """SIGSTOP: it keeps its connections and answers nobody."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self._process is not None, "a signal to a broker that does not run"
        self._process.send_signal(number)

    def stop(self) -> None:
        """SIGTERM, and SIGKILL if that takes too long."""
        if self._process is not None:
            self._process.terminate()
            try:
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(STOP_SECONDS)
            finally:
                self.kill()

    def _format(self) -> None:
        try:
            done = subprocess.run(
                [*self._command, "kafka.tools.StorageTool", "format", "-t", CLUSTER,
                 "-c", str(self._properties), *self._born_with],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                timeout=READY_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise PartnerUnavailable(f"formatting took more than {READY_SECONDS} s") from None
        if done.returncode:
            raise PartnerUnavailable(f"the log directory cannot be formatted: {done.stderr[-800:]}")

    def _check(self) -> None:
        if self._process is not None and self._process.poll() is not None:
            said = self._said.read_text(encoding="utf-8", errors="replace")
            raise PartnerUnavailable(f"the broker ended at its start: {said[-2000:].strip()}")


def _end_with_parent() -> Callable[[], None] | None:
    """What the child runs before it becomes Java, so that no broker outlives a killed parent."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def settings(listener: str, advertised: str, controller: str) -> dict[str, str]:
    """One broker that is its own controller; addresses are host:port."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{listener},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{advertised}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # Shorter than usual, for a killed broker is not let in again before they have passed.
        "broker.heartbeat.interval.ms": "500",
        "broker.session.timeout.ms": "3000",
        "group.initial.rebalance.delay.ms": "0",
        "auto.create.topics.enable": "false",
        "log.message.timestamp.type": "LogAppendTime",
        "log.retention.ms": "-1",
    }


def free_ports(count: int) -> list[int]:
    """Loopback ports nobody listens on."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def wait_for(bootstrap: str, check: Callable[[], None], brokers: int = 1) -> None:
    """Wait until the broker takes part in its cluster; `check` raises if it never will."""
    until = time.monotonic() + READY_SECONDS
    while not answers(bootstrap, brokers):
        check()
        if time.monotonic() > until:
            raise PartnerUnavailable(f"no broker at {bootstrap} within {READY_SECONDS} s")
        time.sleep(LOOK_SECONDS)


def answers(bootstrap: str, brokers: int = 1) -> bool:
    """Whether a metadata request names so many brokers, as it does once all is ready."""
    host, _, port = bootstrap.rpartition(":")
    # Key 3 (metadata), version 4, correlation 0, no client id, no topics, create none.
    request = struct.pack(">hhihib", 3, 4, 0, -1, 0, 0)
    try:
        with socket.create_connection((host, int(port)), 1) as line, line.makefile("rb") as answer:
            line.sendall(struct.pack(">i", len(request)) + request)
            head = answer.read(16)
    except OSError:
        return False
    # Size, correlation, throttle time, number of brokers.
    return len(head) == 16 and struct.unpack(">iiii", head)[3] >= brokers

"""A broker with TLS, passwords and an authorizer, and clients that come by name.

Not here: what they may do (`gateway.ops.acl`).
"""

from __future__ import annotations

import ssl
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclBinding, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType

from gateway.ops.acl import Rule
from gateway.ops.broker import Broker, _jars, _java
from gateway.ops.java_broker import Guard, JavaServer, free_ports
from gateway.shell.settings import Security

OPERATIONS = {"Read": AclOperation.READ, "Write": AclOperation.WRITE,
              "Create": AclOperation.CREATE,
              "DescribeConfigs": AclOperation.DESCRIBE_CONFIGS}  # fmt: skip
SECONDS = 20


@dataclass
class Guarded(Broker):
    """A broker with a guard; `bootstrap` is its plain door, for who stands above the rules."""

    guard: Guard | None = None
    folder: Path = Path()
    java: Sequence[str] = ()

    @property
    def door(self) -> str:
        """The address at which everybody is asked who they are."""
        assert self.guard is not None
        return self.guard.address

    def security(self, name: str, password: str | None = None) -> Security:
        """The settings of a client of that name."""
        assert self.guard is not None
        file = self.folder / f"{name}.password"
        file.write_text(password or self.guard.users[name], encoding="utf-8")
        return Security(
            protocol="SASL_SSL", mechanism="SCRAM-SHA-512", username=name, password_file=file,
            ca_file=self.folder / "ca.pem",
        )  # fmt: skip

    def client(self, name: str, password: str | None = None) -> dict[str, Any]:
        """The same as aiokafka takes them."""
        return {"bootstrap_servers": self.door, **self.security(name, password).client()}

    def allow(self, listed: Sequence[Rule]) -> None:
        """Apply rules, and wait until the broker has them."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        bindings = [_binding(rule, word) for rule in listed for word in rule.operations]
        for done in admin.create_acls(bindings, request_timeout=SECONDS).values():
            done.result(SECONDS)

    def tool(self, name: str, *words: str) -> str:
        """What one of Kafka's own tools answers at the plain door."""
        command = [*self.java, name, "--bootstrap-server", self.bootstrap, *words]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=3 * SECONDS, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout


def _binding(rule: Rule, operation: str) -> AclBinding:
    return AclBinding(
        ResourceType[rule.resource], rule.name, ResourcePatternType[rule.pattern],
        rule.principal, "*", OPERATIONS[operation], AclPermissionType.ALLOW,
    )  # fmt: skip


def certificate(folder: Path) -> Path:
    """A certificate for loopback that vouches for itself, and a file with its key."""
    key, ca, both = (folder / name for name in ("key.pem", "ca.pem", "keystore.pem"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "3650", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(ca)],
        check=True, capture_output=True,
    )  # fmt: skip
    both.write_bytes(key.read_bytes() + ca.read_bytes())
    assert ssl.create_default_context(cafile=ca).get_ca_certs()
    return both


@contextmanager
def guarded_broker(names: Sequence[str]) -> Iterator[Guarded]:
    """A guarded broker that knows users of some names while the block runs."""
    java, jars = _java(), _jars(lambda _: None)
    with tempfile.TemporaryDirectory(prefix="gateway-guarded-") as place:
        folder = Path(place)
        users = {name: f"the password of {name}" for name in names}
        guard = Guard(f"127.0.0.1:{free_ports(1)[0]}", certificate(folder), users)
        server = JavaServer(java, jars, folder, folder / "log", guard)
        try:
            yield Guarded(
                server.bootstrap, "java", server, guard, folder, (java, "-cp", str(jars / "*"))
            )
        finally:
            server.stop()

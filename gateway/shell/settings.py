"""What a worker must be told: who is connected, how many partitions, where Kafka is, the key.

Settings stand in one YAML file; secrets and addresses may come from the environment, which
wins: `KAFKA_BOOTSTRAP`, `GATEWAY_TOKEN_KEY` (hexadecimal) or `GATEWAY_TOKEN_KEY_FILE`.

Not here: reference data (plans, funds, limits, calendars): that is the book, and comes as
messages.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.desks.desk import Topology
from gateway.desks.intake_lines import Keyring
from gateway.errors import ConfigError
from gateway.log.kafka import KafkaLog
from gateway.shell.gateway import Gateway, connectors
from gateway.shell.snapshots import Snapshots
from gateway.shell.watchdog import Limits

KEY_BYTES = 16
HEALTH = r"^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}$"
Count = Annotated[int, Field(ge=1, le=1000)]


class Partitions(BaseModel):
    """How many inbox partitions each desk has; chosen at birth, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plan: Count = 12
    fund: Count = 4
    cash: Count = 2
    dispatch: Count = 2


class Security(BaseModel):
    """How the broker is spoken to; the password comes from `KAFKA_PASSWORD` or a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    username: str = ""
    password_file: Path | None = None
    ca_file: Path | None = None

    def context(self) -> ssl.SSLContext | None:
        """The TLS context, where there is TLS."""
        if not self.protocol.endswith("SSL"):
            return None
        return ssl.create_default_context(cafile=self.ca_file)

    def password(self) -> str:
        """The password; empty where none is needed.

        Raises:
            ConfigError: The file with it cannot be read.
        """
        given = os.environ.get("KAFKA_PASSWORD", "")
        if given or self.password_file is None:
            return given
        try:
            return self.password_file.read_text(encoding="utf-8").strip()
        except OSError as wrong:
            raise ConfigError(f"security.password_file {self.password_file}: {wrong}") from wrong

    def client(self) -> dict[str, object]:
        """These settings as aiokafka takes them."""
        made: dict[str, object] = {
            "security_protocol": self.protocol,
            "ssl_context": self.context(),
        }
        if self.protocol.startswith("SASL"):
            made["sasl_mechanism"] = self.mechanism
            made["sasl_plain_username"] = self.username
            made["sasl_plain_password"] = self.password()
        return made


class Settings(BaseModel):
    """The settings file.

    Attributes:
        app: Prefix of the consumer group and of every transactional id.
        senders: Every sender with its dialect; the order is that of their intake partitions,
            so a new sender goes to the end.
        receivers: Receivers of instructions that are not senders themselves.
        partitions: Partition counts.
        bootstrap: Kafka address, host:port[,host:port].
        prefix: Put before every topic's name, so that several gateways can share a broker.
        security: How the broker is spoken to.
        session_seconds: How long a worker may be silent before its partitions go to others.
        watchdog: When a worker that does not get on is ended.
        health: Where a worker answers probes, host:port; port 0 takes a free one. Not by default.
        token_key_file: File with the key of participant tokens, hexadecimal, 16 bytes or more.
        snapshots: Where snapshots of the desks are kept: a directory, or a URL that fsspec knows.
            Without it, a partition is opened by folding its whole journal.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    app: str = Field(default="gateway", pattern=r"^[a-z][a-z0-9-]{0,40}$")
    senders: dict[str, str] = Field(min_length=1)
    receivers: tuple[str, ...] = ()
    partitions: Partitions = Partitions()
    bootstrap: str | None = None
    prefix: str = Field(default="", pattern=r"^[A-Za-z0-9._-]{0,60}$")
    security: Security = Security()
    session_seconds: Annotated[int, Field(ge=6, le=300)] = 10
    watchdog: Limits = Limits()
    health: str | None = Field(default=None, pattern=HEALTH)
    token_key_file: Path | None = None
    snapshots: str | None = Field(default=None, min_length=1)

    def topology(self) -> Topology:
        """The partitions of every desk."""
        counts = self.partitions
        return Topology(tuple(self.senders), counts.plan, counts.fund, counts.cash, counts.dispatch)

    def gateway(self) -> Gateway:
        """The desks these settings describe.

        Raises:
            ConfigError: A dialect has no connector, or there is no token key.
        """
        known = connectors()
        for sender, dialect in self.senders.items():
            if dialect not in known:
                raise ConfigError(
                    f"senders.{sender}: no connector is called {dialect}; installed are "
                    f"{', '.join(sorted(known))}"
                )
        return Gateway(self.topology(), self.receivers, self.senders, self.keyring())

    def store(self) -> Snapshots | None:
        """Where snapshots are kept, if they are.

        Raises:
            ConfigError: Nothing installed knows the URL.
        """
        return Snapshots(self.snapshots) if self.snapshots is not None else None

    def keyring(self) -> Keyring:
        """The key of participant tokens.

        Raises:
            ConfigError: There is none, or it cannot be used.
        """
        text = os.environ.get("GATEWAY_TOKEN_KEY", "")
        where = "GATEWAY_TOKEN_KEY"
        file = os.environ.get("GATEWAY_TOKEN_KEY_FILE") or self.token_key_file
        if not text and file:
            where = str(file)
            try:
                text = Path(file).read_text(encoding="ascii")
            except (OSError, UnicodeDecodeError) as wrong:
                raise ConfigError(f"the token key file {file} cannot be read: {wrong}") from wrong
        if not text:
            raise ConfigError(
                "no key for participant tokens: set token_key_file, GATEWAY_TOKEN_KEY_FILE or "
                "GATEWAY_TOKEN_KEY (hexadecimal, 16 bytes or more)"
            )
        try:
            key = bytes.fromhex(text.strip())
        except ValueError:
            raise ConfigError(f"the token key in {where} is not hexadecimal") from None
        if not KEY_BYTES <= len(key) <= 64:
            raise ConfigError(f"the token key in {where} has {len(key)} bytes, wanted 16 to 64")
        return Keyring(key)

    def address(self) -> str:
        """Where Kafka is.

        Raises:
            ConfigError: Nobody says.
        """
        found = os.environ.get("KAFKA_BOOTSTRAP") or self.bootstrap
        if not found:
            raise ConfigError("where is Kafka? set bootstrap in the settings, or KAFKA_BOOTSTRAP")
        return found


def settings_from(path: Path | None) -> Settings:
    """Read settings from a file, by default `GATEWAY_CONFIG` or `gateway.yaml`.

    Raises:
        ConfigError: The file is not there or says something else; every fault is named.
    """
    file = path or Path(os.environ.get("GATEWAY_CONFIG") or "gateway.yaml")
    try:
        text = file.read_text(encoding="utf-8")
        said = yaml.safe_load(text)
    except OSError as wrong:
        raise ConfigError(
            f"no settings at {file} ({wrong.strerror}): name a file with --config or "
            "GATEWAY_CONFIG; docker/gateway.yaml is one to start from"
        ) from wrong
    except yaml.YAMLError as wrong:
        raise ConfigError(f"{file} is not YAML: {wrong}") from wrong
    try:
        return Settings.model_validate(said)
    except ValidationError as wrong:
        faults = "; ".join(
            f"{'.'.join(str(step) for step in fault['loc']) or 'file'}: {fault['msg']}"
            for fault in wrong.errors(include_url=False, include_input=False)
        )
        raise ConfigError(f"{file}: {faults}") from wrong


def kafka_log(settings: Settings) -> KafkaLog:
    """The log on the broker the settings name; it connects when it is used."""
    return KafkaLog(settings.address(), prefix=settings.prefix, **settings.security.client())

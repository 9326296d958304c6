"""A Kafka broker for tests and trials, by the first way that works.

`KAFKA_BOOTSTRAP` names one that runs; else Java and Maven start a real one on loopback
from the jars `docker/kafka/pom.xml` names. It ends with the `with` block.

Not here: production brokers.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.errors import ConfigError

REPOSITORY = Path(__file__).resolve().parent.parent.parent
POM = REPOSITORY / "docker" / "kafka" / "pom.xml"
JARS = REPOSITORY / ".cache" / "kafka"
READY_SECONDS = 60
STOP_SECONDS = 10


def free_port() -> int:
    """A loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def broker() -> Iterator[str]:
    """The address of a broker while the block runs; raises `ConfigError` if none can be had."""
    given = os.environ.get("KAFKA_BOOTSTRAP")
    if given:
        yield given
        return
    if shutil.which("java") is None or (shutil.which("mvn") is None and not JARS.exists()):
        raise ConfigError("no broker: set KAFKA_BOOTSTRAP, or install Java 17 and Maven")
    with tempfile.TemporaryDirectory(prefix="gateway-kafka-") as folder:
        process, port = _start(Path(folder))
        try:
            _wait(process, port, Path(folder))
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _jars() -> str:
    if not list(JARS.glob("kafka_2.13-*.jar")):
        subprocess.run(
            ["mvn", "-q", "-f", str(POM), "dependency:copy-dependencies",
             f"-DoutputDirectory={JARS}"],
            check=True,
        )  # fmt: skip
    return f"{JARS}/*"


def _start(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    port, controller = free_port(), free_port()
    properties = folder / "server.properties"
    properties.write_text(
        f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={folder / "log"}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
""",
        encoding="utf-8",
    )
    java = ["java", "-Xmx512m", "-cp", _jars()]
    with (folder / "broker.log").open("wb") as out:
        subprocess.run(
            [*java, "kafka.tools.StorageTool", "format", "-t", "gatewayGatewayGateway1",
             "-c", str(properties)],
            check=True, stdout=out, stderr=out,
        )  # fmt: skip
        process = subprocess.Popen(
            [*java, "kafka.Kafka", str(properties)], stdout=out, stderr=out, start_new_session=True
        )
    return process, port


def _wait(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    """Wait until the broker takes connections, within a bound."""
    for _ in range(READY_SECONDS * 5):
        if process.poll() is not None:
            log = (folder / "broker.log").read_text(errors="replace")[-2000:]
            raise ConfigError(f"the broker ended at its start:\n{log}")
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            try:
                process.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
        else:
            return
    raise ConfigError(f"the broker did not listen within {READY_SECONDS} s")

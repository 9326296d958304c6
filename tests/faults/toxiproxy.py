"""A proxy on loopback that cuts, delays and throttles what goes through it.

It is Shopify's toxiproxy, built once with Go into the cache beside the checkout. Only the test
that wants it is skipped where there is no Go.

Not here: what goes through it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from gateway.errors import ConfigError
from gateway.ops.java_broker import free_ports

MODULE = "github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0"
BINARY = Path(__file__).resolve().parents[2] / ".cache" / "toxiproxy-2.12.0" / "server"
BUILD_SECONDS = 300
READY_SECONDS = 20
LOOK_SECONDS = 0.05
STREAMS = ("upstream", "downstream")


class Toxiproxy:
    """A running proxy with one way through it.

    Attributes:
        address: host:port at which it listens.
        upstream: host:port to which it sends on.
    """

    def __init__(self, control: str, address: str, upstream: str) -> None:
        """Open the way."""
        self.address = address
        self.upstream = upstream
        self._control = control
        self._ask("POST", "/proxies", {"name": "kafka", "listen": address, "upstream": upstream})

    def cut(self) -> None:
        """Close every connection, and take no new one."""
        self._ask("POST", "/proxies/kafka", {"enabled": False})

    def mend(self) -> None:
        """Take connections again."""
        self._ask("POST", "/proxies/kafka", {"enabled": True})

    def poison(self, kind: str, **attributes: int) -> None:
        """Do something to all that goes through, both ways; toxiproxy names the kinds."""
        for stream in STREAMS:
            toxic = {"name": stream, "type": kind, "stream": stream, "attributes": attributes}
            self._ask("POST", "/proxies/kafka/toxics", toxic)

    def cure(self) -> None:
        """Undo `poison`."""
        for stream in STREAMS:
            self._ask("DELETE", f"/proxies/kafka/toxics/{stream}", None)

    def _ask(self, verb: str, path: str, body: object) -> None:
        connection = HTTPConnection(self._control, timeout=READY_SECONDS)
        try:
            connection.request(verb, path, json.dumps(body) if body is not None else None)
            answer = connection.getresponse()
            said = answer.read().decode()
            assert answer.status < 300, said
        finally:
            connection.close()


@contextmanager
def toxiproxy() -> Iterator[Toxiproxy]:
    """A proxy while the block runs; nobody need listen at its upstream yet.

    Raises:
        ConfigError: There is no Go to build it with.
    """
    control, address, upstream = (f"127.0.0.1:{port}" for port in free_ports(3))
    port = control.rpartition(":")[2]
    process = subprocess.Popen(
        [str(_binary()), "-host", "127.0.0.1", "-port", port],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield _opened(process, control, address, upstream)
    finally:
        process.kill()
        process.wait()


def _opened(
    process: subprocess.Popen[bytes], control: str, address: str, upstream: str
) -> Toxiproxy:
    until = time.monotonic() + READY_SECONDS
    while True:
        try:
            return Toxiproxy(control, address, upstream)
        except ConnectionError:
            assert process.poll() is None, "toxiproxy ended at its start"
            assert time.monotonic() < until, "toxiproxy does not answer"
            time.sleep(LOOK_SECONDS)


def _binary() -> Path:
    if BINARY.exists():
        return BINARY
    go = shutil.which("go")
    if go is None:
        raise ConfigError("toxiproxy: there is no go to build it with")
    environment = {**os.environ, "GOBIN": str(BINARY.parent)}
    done = subprocess.run(
        [go, "install", MODULE], env=environment, cwd=BINARY.anchor, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=BUILD_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return BINARY

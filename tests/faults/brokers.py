"""Brokers of a test's own: one with a door that may lead through a proxy, and a cluster of three.

Not here: what is done to them (`test_brokers`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.ops.broker import _jars, _java
from gateway.ops.java_broker import Detour, JavaServer, Member, free_ports
from tests.faults.toxiproxy import Toxiproxy, toxiproxy

FLUSH = {"log.flush.interval.messages": "1"}
"""Every record is on the disk before it is acknowledged."""


@dataclass(frozen=True, slots=True)
class Doors:
    """A broker with two doors.

    Attributes:
        server: The broker; its own address is the door for who looks and publishes.
        door: Where the workers come in.
        proxy: What stands before the workers' door.
    """

    server: JavaServer
    door: str
    proxy: Toxiproxy


@contextmanager
def behind_proxy() -> Iterator[Doors]:
    """A broker whose workers come by a proxy and are told of no other way."""
    with ExitStack() as stack:
        proxy = stack.enter_context(toxiproxy())
        detour = Detour(proxy.upstream, proxy.address)
        yield Doors(stack.enter_context(_running(detour)), proxy.address, proxy)


@contextmanager
def flushing() -> Iterator[JavaServer]:
    """A broker that acknowledges nothing before its disk has it."""
    address = f"127.0.0.1:{free_ports(1)[0]}"
    with _running(Detour(address, address, FLUSH)) as server:
        yield server


@contextmanager
def _running(detour: Detour) -> Iterator[JavaServer]:
    java, jars = _java(), _jars(print)
    with tempfile.TemporaryDirectory(prefix="gateway-kafka-") as place:
        server = JavaServer(java, jars, Path(place), Path(place) / "log", detour)
        try:
            yield server
        finally:
            server.kill()


@contextmanager
def cluster(count: int = 3) -> Iterator[list[JavaServer]]:
    """Brokers that are controllers too, and know each other."""
    java, jars = _java(), _jars(print)
    ports = free_ports(2 * count)
    addresses = tuple(f"127.0.0.1:{port}" for port in ports[:count])
    controllers = tuple(f"127.0.0.1:{port}" for port in ports[count:])
    servers: list[JavaServer] = []
    with tempfile.TemporaryDirectory(prefix="gateway-cluster-") as place, ExitStack() as stack:
        for number, address in enumerate(addresses, 1):
            folder = Path(place) / str(number)
            folder.mkdir()
            member = Member(number, address, controllers)
            server = JavaServer(java, jars, folder, folder / "log", member=member)
            stack.callback(server.kill)
            server.launch()
            servers.append(server)
        for server in servers:
            server.wait(count)
        yield servers

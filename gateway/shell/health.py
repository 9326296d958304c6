"""Probes: `/live`, `/ready` and `/metrics` of one worker, on a small HTTP server thread.

`/live` fails only where the watchdog would end the process; `/ready` fails while the worker
does not work, and says why; `/metrics` is Prometheus' text. The rule is the watchdog's, asked
anew for every answer. A partition stopped by a message on which our own decision fails is named
in all three and fails none of them. Nothing in them names a person.

Not here: requests that change something; TLS: bind to loopback, or where only probes come.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import structlog

from gateway.errors import ConfigError
from gateway.shell.vitals import PlaceSigns, Signs, Vitals
from gateway.shell.watchdog import Healthy, Limits, Stalled, Verdict, verdict

JSON = "application/json"
METRICS = "text/plain; version=0.0.4; charset=utf-8"
REQUEST_SECONDS = 5
HIGHEST_PORT = 65_535

log = structlog.get_logger("gateway.health")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a request."""

    status: HTTPStatus
    kind: str
    text: str


def answer(path: str, signs: Signs, now: float, limits: Limits) -> Answer:
    """The answer to a request for this path."""
    found = verdict(signs, now, limits)
    match path:
        case "/live":
            return _probe(found, signs, well=not isinstance(found, Stalled))
        case "/ready":
            return _probe(found, signs, well=isinstance(found, Healthy))
        case "/metrics":
            return Answer(HTTPStatus.OK, METRICS, metrics(signs, now, found))
        case _:
            return Answer(HTTPStatus.NOT_FOUND, JSON, json.dumps({"see": ["/live", "/ready"]}))


def _probe(found: Verdict, signs: Signs, *, well: bool) -> Answer:
    reasons = [] if isinstance(found, Healthy) else list(found.reasons)
    said: dict[str, object] = {"status": type(found).__name__.lower(), "reasons": reasons}
    stopped = [f"{topic}-{at}@{offset}" for (topic, at), offset in sorted(signs.stopped.items())]
    if stopped:
        said["stopped"] = stopped
    return Answer(HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE, JSON, json.dumps(said))


def metrics(signs: Signs, now: float, found: Verdict) -> str:
    """The signs as Prometheus reads them; ages in seconds."""
    rows = [
        *_metric("ready", "gauge", "1 if the worker works.", int(isinstance(found, Healthy))),
        *_metric("lines_total", "counter", "Order lines decided.", signs.lines),
        *_metric("messages_total", "counter", "Messages decided.", signs.messages),
        *_metric("takes_total", "counter", "Transactions committed.", signs.takes),
        *_metric("rebalances_total", "counter", "Assignments settled.", signs.rebalances),
        *_metric("partitions", "gauge", "Partitions owned.", len(signs.places)),
    ]

    def of_places(name: str, text: str, figures: dict[tuple[str, int], float | None]) -> None:
        rows.extend((f"# HELP gateway_{name} {text}", f"# TYPE gateway_{name} gauge"))
        rows.extend(
            f'gateway_{name}{{topic="{topic}",partition="{partition}"}} {figure:.15g}'
            for (topic, partition), figure in figures.items()
            if figure is not None
        )

    places = dict(sorted(signs.places.items()))
    of_places(
        "decided_offset", "Last decided offset; -1 if none was.",
        {place: seen.decided for place, seen in places.items()},
    )  # fmt: skip
    of_places(
        "lag_offsets", "Offsets to the end, transaction markers among them.",
        {place: seen.lag for place, seen in places.items()},
    )  # fmt: skip
    of_places(
        "progress_age_seconds", "Since a message was decided, or the seat opened.",
        {place: max(0.0, now - seen.progress_at) for place, seen in places.items()},
    )  # fmt: skip
    of_places(
        "waiting_seconds", "Since when a record waits and none is decided; 0 if none waits.",
        {place: _waiting(seen, now) for place, seen in places.items()},
    )  # fmt: skip
    rows += _metric("partitions_stopped", "gauge",
                    "Partitions that stand still: our own decision fails on a message.",
                    len(signs.stopped))  # fmt: skip
    if signs.stopped:
        of_places(
            "stopped_offset", "The message before which a partition stands still.",
            dict(sorted(signs.stopped.items())),
        )  # fmt: skip
    return "\n".join(rows) + "\n"


def _metric(name: str, kind: str, text: str, figure: int) -> tuple[str, str, str]:
    return (
        f"# HELP gateway_{name} {text}",
        f"# TYPE gateway_{name} {kind}",
        f"gateway_{name} {figure}",
    )


def _waiting(seen: PlaceSigns, now: float) -> float:
    return 0.0 if seen.waiting_since is None else max(0.0, now - seen.waiting_since)


@contextmanager
def served(address: str | None, vitals: Vitals, limits: Limits) -> Iterator[str | None]:
    """Answer probes while the context lasts; the address that was bound.

    Args:
        address: host:port, where port 0 takes a free one; None answers nobody.
        vitals: The worker's.
        limits: When it is not well.

    Raises:
        ConfigError: The address cannot be had.
    """
    if address is None:
        yield None
        return
    server = _server(address, vitals, limits)
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    host, port = server.server_address[:2]
    bound = f"{host!s}:{port}"
    log.info("health_answers", address=bound)
    try:
        yield bound
    finally:
        server.shutdown()
        server.server_close()


def _server(address: str, vitals: Vitals, limits: Limits) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        timeout = REQUEST_SECONDS

        def do_GET(self) -> None:
            made = answer(self.path, vitals.signs(), vitals.now(), limits)
            body = made.text.encode()
            self.send_response(made.status)
            self.send_header("Content-Type", made.kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: a probe comes every few seconds."""

    host, _, port = address.rpartition(":")
    host = host.strip("[]")

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads = True

    try:
        if int(port) > HIGHEST_PORT:
            raise ConfigError(f"health {address}: ports end at {HIGHEST_PORT}")
        return Server((host, int(port)), Handler)
    except OSError as wrong:
        raise ConfigError(
            f"health {address} cannot be had ({wrong}): another worker may answer there; "
            "several on one machine need a port each"
        ) from wrong

"""Probes say whether a worker lives and works, and figures what it has done."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from http.client import HTTPConnection

import pytest
from pydantic import ValidationError

from gateway.errors import ConfigError
from gateway.shell.health import answer, served
from gateway.shell.settings import Settings
from gateway.shell.vitals import Place, PlaceSigns, Signs, Vitals
from gateway.shell.watchdog import Limits

LIMITS = Limits()
NOW = 100.0
WELL = Signs(
    awake_since=0.0, loop_at=NOW, consumer_at=NOW, starting_since=None,
    places={
        ("gw.plan.inbox", 3): PlaceSigns(7, 90.0, 12, 96.5),
        ("gw.fund.inbox", 0): PlaceSigns(-1, 99.0),
    },
    messages=5, lines=1_000, takes=2, rebalances=1,
)  # fmt: skip
UNREADY = replace(WELL, rebalancing_since=NOW - 3)
STALLED = replace(WELL, rebalancing_since=NOW - 121, awake_since=-1e6)


@pytest.mark.parametrize(
    ("signs", "live", "ready", "status", "reasons"),
    [
        (WELL, 200, 200, "healthy", []),
        (UNREADY, 200, 503, "unready", ["rebalancing for 3.0 s"]),
        (STALLED, 503, 503, "stalled", ["rebalancing for 121.0 s"]),
    ],
)
def test_a_worker_lives_until_it_is_stalled_and_is_ready_only_when_well(
    signs: Signs, live: int, ready: int, status: str, reasons: list[str]
) -> None:
    assert answer("/live", signs, NOW, LIMITS).status == live
    found = answer("/ready", signs, NOW, LIMITS)
    assert found.status == ready
    assert json.loads(found.text) == {"status": status, "reasons": reasons}


def test_metrics_tell_what_was_decided_and_what_waits() -> None:
    lines = answer("/metrics", WELL, NOW, LIMITS).text.splitlines()
    figures = [line for line in lines if not line.startswith("#")]
    assert figures == [
        "gateway_ready 1",
        "gateway_lines_total 1000",
        "gateway_messages_total 5",
        "gateway_takes_total 2",
        "gateway_rebalances_total 1",
        "gateway_partitions 2",
        'gateway_decided_offset{topic="gw.fund.inbox",partition="0"} -1',
        'gateway_decided_offset{topic="gw.plan.inbox",partition="3"} 7',
        'gateway_lag_offsets{topic="gw.plan.inbox",partition="3"} 4',
        'gateway_progress_age_seconds{topic="gw.fund.inbox",partition="0"} 1',
        'gateway_progress_age_seconds{topic="gw.plan.inbox",partition="3"} 10',
        'gateway_waiting_seconds{topic="gw.fund.inbox",partition="0"} 0',
        'gateway_waiting_seconds{topic="gw.plan.inbox",partition="3"} 3.5',
        "gateway_partitions_stopped 0",
    ]


def test_a_partition_that_stands_still_is_named_and_fails_no_probe() -> None:
    still = replace(WELL, stopped={("gw.plan.inbox", 1): 17})
    for path in ("/live", "/ready"):
        found = answer(path, still, NOW, LIMITS)
        assert found.status == 200
        assert json.loads(found.text)["stopped"] == ["gw.plan.inbox-1@17"]
    lines = answer("/metrics", still, NOW, LIMITS).text.splitlines()
    assert lines[-1] == 'gateway_stopped_offset{topic="gw.plan.inbox",partition="1"} 17'
    assert "gateway_partitions_stopped 1" in lines


@pytest.mark.parametrize("stopped", [{}, {("gw.plan.inbox", 1): 17}])
def test_every_figure_has_a_kind_and_a_meaning(stopped: dict[Place, int]) -> None:
    signs = replace(WELL, stopped=stopped)
    lines = answer("/metrics", signs, NOW, LIMITS).text.splitlines()
    names = {line.split("{")[0].split()[0] for line in lines if not line.startswith("#")}
    for what in ("HELP", "TYPE"):
        assert {line.split()[2] for line in lines if line.startswith(f"# {what} ")} == names


def test_another_path_is_not_found() -> None:
    assert answer("/", WELL, NOW, LIMITS).status == 404


def get(address: str, path: str) -> tuple[int, bytes]:
    connection = HTTPConnection(address, timeout=20)
    connection.request("GET", path)
    response = connection.getresponse()
    found = response.status, response.read()
    connection.close()
    return found


@pytest.mark.parametrize("address", ["127.0.0.1:0", "localhost:0"])
def test_a_worker_answers_over_http_as_its_signs_change(address: str) -> None:
    vitals = Vitals()
    with served(address, vitals, LIMITS) as bound:
        assert bound is not None
        status, body = get(bound, "/ready")
        assert status == 503
        assert json.loads(body)["reasons"][0].startswith("starting")
        assert get(bound, "/live")[0] == 200
        vitals.opening()
        vitals.opened(("gw.plan.inbox", 3), 7)
        vitals.settled()
        assert get(bound, "/ready")[0] == 200
        assert b"gateway_partitions 1" in get(bound, "/metrics")[1]
        vitals.stopping()
        assert get(bound, "/ready")[0] == 503


def test_nobody_is_answered_where_no_address_is_set() -> None:
    with served(None, Vitals(), LIMITS) as bound:
        assert bound is None


def test_an_address_that_is_taken_is_refused_by_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(ConfigError, match="several on one machine need a port each"):
            served(address, Vitals(), LIMITS).__enter__()


def test_a_port_that_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match="ports end at 65535"):
        served("127.0.0.1:70000", Vitals(), LIMITS).__enter__()


@pytest.mark.parametrize("address", ["127.0.0.1:8080", "0.0.0.0:0", "worker-1.local:80", "[::1]:1"])
def test_settings_know_an_address(address: str) -> None:
    said = {"senders": {"RK": "native"}, "health": address, "watchdog": {"progress_seconds": 5}}
    made = Settings.model_validate(said)
    assert made.health == address
    assert made.watchdog == Limits(progress_seconds=5)


@pytest.mark.parametrize(
    "said",
    [
        {"health": "8080"},
        {"health": "a b:1"},
        {"watchdog": {"progress_seconds": 0}},
        {"watchdog": {"progress": 5}},
    ],
)
def test_settings_refuse_what_is_no_address_or_no_limit(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"senders": {"RK": "native"}, **said})

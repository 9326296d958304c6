"""The compose file, the Kubernetes example and the image say what design and operations count on.

No container engine is needed: the files are read, not run.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.ops.workers import STOP_SECONDS
from gateway.shell.settings import Settings

DOCKER = Path(__file__).resolve().parents[2] / "docker"


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, object]]:
    """The services of the compose file, anchors merged."""
    composed = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    found = composed["services"]
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (DOCKER / "Dockerfile").read_text()


@pytest.fixture(scope="module")
def kubernetes() -> dict[str, Any]:
    """The objects of the Kubernetes example by kind."""
    made = yaml.safe_load_all((DOCKER / "kubernetes.yaml").read_text())
    return {each["kind"]: each for each in made}


def environment(service: dict[str, object]) -> dict[str, str]:
    found = service["environment"]
    assert isinstance(found, dict)
    return found


def test_one_broker_stamps_the_time_and_deletes_nothing(
    services: dict[str, dict[str, object]],
) -> None:
    assert services["kafka"]["image"] == "apache/kafka:4.3.1"
    settings = environment(services["kafka"])
    assert settings["KAFKA_PROCESS_ROLES"] == "broker,controller"
    assert settings["KAFKA_LOG_MESSAGE_TIMESTAMP_TYPE"] == "LogAppendTime"
    assert settings["KAFKA_LOG_RETENTION_MS"] == "-1"
    assert settings["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_the_broker_is_the_version_the_tests_run_on(services: dict[str, dict[str, object]]) -> None:
    versions = re.findall(
        r"<groupId>org.apache.kafka</groupId>\s+<artifactId>\S+</artifactId>\s+"
        r"<version>(\S+)</version>",
        (DOCKER / "kafka/pom.xml").read_text(),
    )
    assert versions
    assert {f"apache/kafka:{version}" for version in versions} == {services["kafka"]["image"]}


def test_every_listener_of_the_broker_has_a_protocol(
    services: dict[str, dict[str, object]],
) -> None:
    settings = environment(services["kafka"])
    listeners = {part.split(":")[0] for part in settings["KAFKA_LISTENERS"].split(",")}
    protocols = settings["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")
    assert {part.split(":")[0] for part in protocols} == listeners


def test_the_broker_is_reachable_from_this_host_only(
    services: dict[str, dict[str, object]],
) -> None:
    assert services["kafka"]["ports"] == ["127.0.0.1:19092:19092"]


def test_two_workers_start_once_the_topics_are_there(
    services: dict[str, dict[str, object]],
) -> None:
    assert services["topics"]["command"] == ["topics", "--create"]
    assert services["topics"]["restart"] == "no"
    assert services["worker"]["deploy"] == {"replicas": 2}
    assert services["worker"]["depends_on"] == {
        "kafka": {"condition": "service_healthy"},
        "topics": {"condition": "service_completed_successfully"},
    }


def test_a_worker_is_supervised_and_healthy_when_it_says_that_it_is_ready(
    services: dict[str, Any],
) -> None:
    worker = services["worker"]
    assert worker["command"][:2] == ["worker", "--supervise"]
    assert worker["restart"] == "no"
    address = worker["command"][worker["command"].index("--health") + 1]
    assert worker["healthcheck"]["test"][:3] == ["CMD", "python", "-c"]
    assert f"http://{address}/ready" in worker["healthcheck"]["test"][3]
    assert int(worker["stop_grace_period"].removesuffix("s")) > STOP_SECONDS


def test_kubernetes_asks_where_a_worker_answers_and_lets_it_finish(
    kubernetes: dict[str, Any],
) -> None:
    settings = Settings.model_validate(
        yaml.safe_load(kubernetes["ConfigMap"]["data"]["gateway.yaml"])
    )
    pod = kubernetes["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["args"] == ["worker"]
    assert settings.health == f"0.0.0.0:{container['ports'][0]['containerPort']}"
    for probe, path in (("liveness", "/live"), ("readiness", "/ready"), ("startup", "/live")):
        assert container[f"{probe}Probe"]["httpGet"] == {"path": path, "port": "health"}
    assert pod["terminationGracePeriodSeconds"] > settings.watchdog.stop_seconds
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_kubernetes_mounts_the_settings_and_the_key_where_they_are_looked_for(
    kubernetes: dict[str, Any],
) -> None:
    settings = yaml.safe_load(kubernetes["ConfigMap"]["data"]["gateway.yaml"])
    pod = kubernetes["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
    assert str(Path(settings["token_key_file"]).parent) in mounts
    (config,) = [e["value"] for e in container["env"] if e["name"] == "GATEWAY_CONFIG"]
    assert str(Path(config).parent) in mounts
    assert set(kubernetes["ConfigMap"]["data"]) == {Path(config).name}


@pytest.mark.parametrize("name", ["topics", "worker"])
def test_a_gateway_service_knows_the_broker_and_no_privilege(
    services: dict[str, dict[str, object]], name: str
) -> None:
    settings = environment(services[name])
    assert settings["KAFKA_BOOTSTRAP"] == "kafka:9092"
    assert settings["GATEWAY_TOKEN_KEY"].startswith("${GATEWAY_TOKEN_KEY:?")
    assert services[name]["cap_drop"] == ["ALL"]
    assert services[name]["read_only"] is True


def test_what_the_image_copies_is_in_the_repository(dockerfile: str) -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE)
    sources = [source for line in copied for source in line.split()]
    assert "gateway" in sources
    assert "schemas" in sources
    assert [source for source in sources if not (DOCKER.parent / source).exists()] == []


def test_the_image_is_pinned_unprivileged_and_watched(dockerfile: str) -> None:
    builder, runtime = dockerfile.split("\nFROM ")[1:]
    assert "pip" not in runtime
    for line in re.findall(r"pip install (.*)", builder):
        assert "--require-hashes" in line or "--no-index" in line
    assert re.search(r"^USER gateway$", runtime, re.MULTILINE)
    assert "gateway doctor --json; [ $? -le 1 ]" in runtime
    assert 'ENTRYPOINT ["gateway"]' in runtime

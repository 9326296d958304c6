"""The broker and its topics, as a gateway needs them.

The protocol does not tell a broker's version; the newest Fetch it speaks tells the release from
which it must be.

Not here: what stands in the topics (`desks`).
Source: design, two homes: log-append time, nothing deleted by age, copies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError
from aiokafka.protocol.admin import ApiVersionRequest

from gateway.errors import ConfigError
from gateway.log.kafka import COPIES, largest_message
from gateway.ops.doctor.desks import Check
from gateway.shell.gateway import Gateway
from gateway.shell.settings import Settings

SECONDS = 15
FETCH = 1
FIRST_RELEASE = {11: "2.3", 12: "2.7", 13: "3.1", 14: "3.5", 15: "3.5", 16: "3.7", 17: "3.9",
                 18: "4.1"}  # fmt: skip
"""The release in which a version of Fetch came."""

CREATE = "gateway topics --create"


@dataclass(frozen=True, slots=True)
class TopicView:
    """A topic as the broker has it; `copies` is the least of its partitions."""

    partitions: int
    copies: int
    config: Mapping[str, str]


@dataclass(slots=True)
class BrokerView:
    """What a broker says of itself; topics by their names without the prefix."""

    brokers: int
    fetch_version: int
    topics: dict[str, TopicView] = field(default_factory=dict)


async def broker_checks(settings: Settings, gateway: Gateway) -> list[Check]:
    """The looks at broker and topics."""
    try:
        address = settings.address()
        view = await asyncio.wait_for(_view(settings, address, set(gateway.topics())), SECONDS)
    except ConfigError as wrong:
        return [Check("broker", "fail", str(wrong), "name its address in KAFKA_BOOTSTRAP")]
    except (KafkaError, OSError, TimeoutError) as wrong:
        return [
            Check("broker", "fail", f"{address} does not answer ({type(wrong).__name__})",
                  "start the broker, or correct bootstrap and security in the settings")
        ]  # fmt: skip
    return [broker_check(address, view), *topic_checks(view, gateway.topics())]


async def _view(settings: Settings, address: str, wanted: set[str]) -> BrokerView:
    admin = AIOKafkaAdminClient(bootstrap_servers=address, **settings.security.client())
    try:
        await admin.start()
        cluster = await admin.describe_cluster()
        node = cluster["brokers"][0]["node_id"]
        versions = await admin._client.send(node, ApiVersionRequest())
        newest = {key: most for key, _, most in versions.api_versions}
        view = BrokerView(len(cluster["brokers"]), newest[FETCH])
        have = {
            topic["topic"]: topic["partitions"]
            for topic in await admin.describe_topics()
            if topic["topic"].removeprefix(settings.prefix) in wanted
            and topic["topic"].startswith(settings.prefix)
        }
        configs = await _configs(admin, list(have))
        for name, partitions in have.items():
            copies = min(len(partition["replicas"]) for partition in partitions)
            view.topics[name.removeprefix(settings.prefix)] = TopicView(
                len(partitions), copies, configs.get(name, {})
            )
        return view
    finally:
        await admin.close()


async def _configs(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found: dict[str, dict[str, str]] = {}
    for answer in await admin.describe_configs(asked):
        for _, _, _, name, entries in answer.resources:
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found


def broker_check(address: str, view: BrokerView) -> Check:
    """The broker itself."""
    known = [version for version in FIRST_RELEASE if version <= view.fetch_version]
    release = FIRST_RELEASE[max(known)] if known else "before 2.3"
    copies = "three copies" if view.brokers >= COPIES else "one copy of everything"
    many = f"{view.brokers} broker{'s' * (view.brokers != 1)}, {copies}"
    facts = {"brokers": view.brokers, "least_release": release}
    text = f"{address}: Kafka {release} or later, {many}"
    return Check("broker", "ok", text, "", facts)


def topic_checks(view: BrokerView, wanted: Mapping[str, int]) -> list[Check]:
    """The topics, against what the gateway declares.

    Args:
        view: What the broker has.
        wanted: Every topic and its partitions.
    """
    missing = sorted(set(wanted) - set(view.topics))
    if missing:
        said = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if missing[5:] else "")
        return [Check("topics", "fail", f"missing: {said}", CREATE, {"missing": missing})]
    faults = [
        fault for name in sorted(wanted) for fault in _faults(name, view.topics[name], wanted[name])
    ]
    if faults:
        said = "; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if faults[5:] else "")
        what = "kafka-configs.sh --alter sets what is configured; a partition count is for ever"
        return [Check("topics", "fail", said, what, {"faults": faults})]
    checks = [Check("topics", "ok", f"all {len(wanted)}: stamped by the broker, kept for ever")]
    thin = sorted(n for n in wanted if view.topics[n].copies < COPIES <= view.brokers)
    if thin:
        checks.append(
            Check("copies", "warn", f"{len(thin)} topics have fewer than {COPIES} copies",
                  "kafka-reassign-partitions.sh adds copies", {"topics": thin})
        )  # fmt: skip
    return checks


def _faults(name: str, topic: TopicView, partitions: int) -> list[str]:
    config, faults = topic.config, []
    if topic.partitions != partitions:
        faults.append(f"{name} has {topic.partitions} partitions, declared are {partitions}")
    for key, right in (
        ("message.timestamp.type", "LogAppendTime"),
        ("retention.ms", "-1"),
        ("retention.bytes", "-1"),
        ("cleanup.policy", "delete"),
    ):
        if config.get(key) != right:
            faults.append(f"{name}: {key} is {config.get(key)}, wanted {right}")
    if int(config.get("max.message.bytes", "0")) < largest_message(name):
        faults.append(
            f"{name}: max.message.bytes is {config.get('max.message.bytes')}, wanted "
            f"{largest_message(name)} or more"
        )
    return faults

"""`gateway doctor`: is everything a gateway needs there, and is anything waiting for a person?

It looks at this machine, then at the broker, then at what the desks wrote; what depends on a
failed look is not looked at. Exit code 0: all is well; 1: a person may need to look; 2: something
does not work.

Not here: repairing; proof that the laws hold (`shell.evidence`).
"""

from __future__ import annotations

import asyncio
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from rich.markup import escape

from gateway.errors import ConfigError, GatewayError, TooNew
from gateway.ops.answers import console, say_json
from gateway.ops.doctor.broker import broker_checks
from gateway.ops.doctor.desks import CODES, Check, State, desk_checks
from gateway.ops.doctor.stopped import stopped_checks
from gateway.ops.reading.source import reading
from gateway.shell.gateway import Gateway
from gateway.shell.settings import Settings, settings_from
from gateway.wire.catalogue import missing
from gateway.wire.registry import Registry, schema_root

LEAST_PYTHON = (3, 11)
UNLOADABLE = (ImportError, AttributeError, NameError, OSError, RuntimeError, SyntaxError,
              TypeError, ValueError)  # fmt: skip
"""What a partner's package may raise when it is imported."""

SIGNS = {"ok": "[green]ok  [/]", "warn": "[yellow]warn[/]", "fail": "[red]fail[/]"}


def run(config: Path | None, *, archive: Path | None = None, as_json: bool = False) -> int:
    """Look at everything; the worst state as an exit code.

    Args:
        config: Settings file; GATEWAY_CONFIG or gateway.yaml by default.
        archive: Look at this archive instead of the broker.
        as_json: Answer in JSON.
    """
    checks, settings = here(config)
    gateway = None
    if settings is not None:
        more, gateway = connected(settings)
        checks += more
    if settings is not None and gateway is not None:
        checks += asyncio.run(there(settings, gateway, archive))
    return say(checks, as_json=as_json)


def here(config: Path | None) -> tuple[list[Check], Settings | None]:
    """This machine: Python, asserts, schemas, settings; the settings if they can be read."""
    checks = [_python(sys.version_info[:3], asserts=__debug__), *schema_checks(schema_root())]
    try:
        settings = settings_from(config)
    except ConfigError as wrong:
        return [*checks, Check("settings", "fail", str(wrong), "correct the settings file")], None
    said = f"{len(settings.senders)} senders, {len(settings.receivers)} more receivers"
    return [*checks, Check("settings", "ok", said)], settings


def _python(version: tuple[int, ...], *, asserts: bool) -> Check:
    text = f"Python {'.'.join(map(str, version))} ({platform.system()})"
    if version[:2] < LEAST_PYTHON:
        return Check("python", "fail", text, "install Python 3.11 or newer")
    if not asserts:
        what = "start it without -O and PYTHONOPTIMIZE: asserts guard the laws"
        return Check("python", "fail", f"{text}, asserts are off", what)
    return Check("python", "ok", f"{text}, asserts are on")


def schema_checks(root: Path) -> list[Check]:
    """The schemas: as their lock says, and as the records in the code say.

    Args:
        root: The folder with the schemas and `ids.lock`.
    """
    try:
        Registry.load(root)
    except (ConfigError, OSError, ValueError) as wrong:
        return [Check("schemas", "fail", str(wrong), f"restore {root} from the release")]
    differ = [str(path.relative_to(root)) for path in missing(root)]
    if differ:
        return [
            Check(
                "schemas", "fail", f"not what the records say: {', '.join(differ)}",
                "write a new version: python -m gateway.wire.catalogue", {"differ": differ},
            )
        ]  # fmt: skip
    return [Check("schemas", "ok", "as ids.lock and the records say")]


def connected(settings: Settings) -> tuple[list[Check], Gateway | None]:
    """Token key and connectors; the gateway, if both are there."""
    checks: list[Check] = []
    try:
        settings.keyring()
    except ConfigError as wrong:
        what = "openssl rand -hex 32 makes a key; keep it as long as the journals"
        checks.append(Check("token key", "fail", str(wrong), what))
    else:
        checks.append(Check("token key", "ok", "there is one"))
    checks.append(connector_check(entry_points(group="gateway.connectors")))
    if any(check.state == "fail" for check in checks):
        return checks, None
    try:
        return checks, settings.gateway()
    except ConfigError as wrong:
        what = "install its package, or name another dialect in the settings"
        return [*checks, Check("dialects", "fail", str(wrong), what)], None


def connector_check(found: Sequence[EntryPoint]) -> Check:
    """Whether every installed connector can be loaded."""
    broken: list[str] = []
    for entry in found:
        try:
            entry.load()
        except UNLOADABLE as wrong:
            broken.append(f"{entry.name} ({entry.value}): {type(wrong).__name__}: {wrong}")
    names = ", ".join(sorted(entry.name for entry in found))
    if broken:
        return Check("connectors", "fail", "; ".join(broken), "install the package again")
    if not names:
        what = "install the gateway as a package: pip install -e ."
        return Check("connectors", "fail", "none is installed", what)
    return Check("connectors", "ok", names)


async def there(settings: Settings, gateway: Gateway, archive: Path | None) -> list[Check]:
    """The broker, its topics and what the desks wrote; of an archive only the last."""
    checks = await broker_checks(settings, gateway) if archive is None else []
    if any(check.state == "fail" for check in checks):
        return checks
    try:
        store = settings.store() if archive is None else None
        async with reading(settings, archive) as log:
            checks += await desk_checks(log, gateway)
            return [*checks, *await stopped_checks(log, gateway, settings.app, store)]
    except TooNew as newer:
        return [*checks, Check("desks", "fail", str(newer), "ask the version that wrote it")]
    except GatewayError as wrong:
        return [*checks, Check("desks", "fail", str(wrong), "gateway topics --create")]


def say(checks: Sequence[Check], *, as_json: bool) -> int:
    """Print the checks; the worst state as an exit code."""
    code = max((CODES[check.state] for check in checks), default=0)
    states: dict[int, State] = {number: state for state, number in CODES.items()}
    if as_json:
        say_json({"state": states[code], "checks": list(checks)})
        return code
    out = console()
    for check in checks:
        out.print(f"{SIGNS[check.state]}  {check.name:<14} {escape(check.text)}")
        if check.what_to_do:
            out.print(f"      {'':<14} → {escape(check.what_to_do)}")
    return code

"""Options that many commands have in common.

Not here: the commands.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

CONFIG = "Settings file; GATEWAY_CONFIG or gateway.yaml by default."


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Common:
    """Where the settings are, and how to answer."""

    config: Annotated[Path | None, Parameter(help=CONFIG)] = None
    json: Annotated[bool, Parameter(help="Answer in JSON.", negative="")] = False


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Reading:
    """Where to read, and how to answer."""

    config: Annotated[Path | None, Parameter(help=CONFIG)] = None
    archive: Annotated[
        Path | None, Parameter(help="Read an archive, as `gateway demo` lays one down, not Kafka.")
    ] = None
    json: Annotated[bool, Parameter(help="Answer in JSON.", negative="")] = False

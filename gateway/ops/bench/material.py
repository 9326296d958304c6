"""What is measured: a day of the nation as bytes, encoded before any clock starts.

Not here: the nation (`demo`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from gateway.desks.intake_lines import Keyring
from gateway.log.port import Append
from gateway.ops.demo.day import PHASES, UNREADABLE, Day, make_day
from gateway.ops.demo.nation import SENDERS, Sizes
from gateway.ops.demo.orders import Form
from gateway.ops.demo.producer import Encoder
from gateway.shell.gateway import Gateway
from gateway.shell.settings import Settings
from gateway.wire.registry import schema_root

SEED = 401
PLANS = 200
KEY = bytes(range(32))
BATCH_LINES: Mapping[str, int] = {"natural": 5_000, "columnar": 20_000}


@dataclass(frozen=True, slots=True)
class Material:
    """A day as bytes.

    Attributes:
        form: How contributions are written.
        day: The day.
        gateway: The desks that settle it.
        phases: By phase, the senders' messages in order.
        lines: Order lines in it.
    """

    form: Form
    day: Day
    gateway: Gateway
    phases: Mapping[str, Sequence[Append]]
    lines: int

    @property
    def order_bytes(self) -> int:
        """Bytes of the orders as they are published."""
        return sum(len(append.value) for append in self.phases["orders"])


def material(form: Form, participants: int, session: date, partitions: int) -> Material:
    """Make a day and encode it.

    Args:
        form: How contributions are written.
        participants: How many there are; each has a few order lines.
        session: An exchange session that is not past.
        partitions: Plan partitions.
    """
    day = make_day(
        SEED, session, Sizes(PLANS, participants), form=form, batch_lines=BATCH_LINES[form],
        partitions={"plan": partitions, "fund": 2, "cash": 2, "dispatch": 2},
    )  # fmt: skip
    settings = Settings.model_validate(day.settings)
    gateway = Gateway(settings.topology(), settings.receivers, settings.senders, Keyring(KEY))
    encoder = Encoder(schema_root())
    phases = {
        phase: [
            _append(encoder, sender, schema, body)
            for sender in SENDERS
            for schema, body in day.messages(phase, sender)
        ]
        for phase in PHASES
    }
    lines = sum(totals.lines for totals in day.totals.values())
    return Material(form, day, gateway, phases, lines)


def _append(encoder: Encoder, sender: str, schema: str, body: dict[str, object]) -> Append:
    value = (
        bytes.fromhex(str(body["hex"])) if schema == UNREADABLE else encoder.encode(schema, body)
    )
    return Append(f"in.{sender}", 0, None, value)

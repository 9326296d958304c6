"""The `gateway` command: what is asked, handed to the module that answers it.

Every command knows `--json` and `--help`. Exit codes: 0 done; 1 a difference was found;
2 wrong use or settings; 3 a law did not hold; 4 a broker or partner does not answer.

Not here: anything but parsing, and turning errors into exit codes.
"""

from __future__ import annotations

import sys
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, CycloptsError, Parameter

from gateway.errors import (
    ConfigError,
    DecisionFailed,
    GatewayError,
    LawBroken,
    PartnerUnavailable,
)
from gateway.ops import acl as acl_command
from gateway.ops import rehearse as rehearse_command
from gateway.ops import replay as replay_command
from gateway.ops import show as show_command
from gateway.ops import topics as topics_command
from gateway.ops import workers as workers_command
from gateway.ops.bench import run as bench_run
from gateway.ops.book import command as book_command
from gateway.ops.decide.words import decide
from gateway.ops.demo import run as demo_run
from gateway.ops.doctor import command as doctor_command
from gateway.ops.explain import command as explain_command
from gateway.ops.headroom.words import headroom
from gateway.ops.nav_error.words import nav_error
from gateway.ops.options import Common, Reading
from gateway.ops.publish import command as publish_command
from gateway.ops.quarantine.words import quarantine
from gateway.ops.reading.orders import Asked
from gateway.ops.rules import command as rules_command
from gateway.ops.simulate import command as simulate_command
from gateway.shell.settings import settings_from

app = App(
    name="gateway",
    help="The recordkeeper gateway.",
    version=metadata.version("recordkeeper-gateway"),
)
book = App(name="book", help="The book: plans, funds, parties, limits and calendars.")
app.command(book)
app.command(quarantine)
app.command(decide)
app.command(nav_error)
app.command(headroom)


@app.command
def topics(*, create: bool = False, common: Common = Common()) -> int:
    """List every topic with its partitions, key and content; create those that are missing.

    Parameters
    ----------
    create
        Create the missing topics on the broker.
    """
    return topics_command.run(settings_from(common.config), create=create, as_json=common.json)


@app.command
def demo(
    *,
    directory: Path = Path(".cache/demo"),
    seed: int = 401,
    plans: int = 200,
    participants: int = 20_000,
    workers: int = 2,
    form: Literal["natural", "columnar"] = "natural",
    json: bool = False,
) -> int:
    """Play one business day of a small nation on a real Kafka, settle it and prove it.

    Parameters
    ----------
    directory
        Where the day is kept; what it held is replaced.
    seed
        Another seed is another nation.
    plans
        How many plans.
    participants
        How many participants.
    workers
        How many worker processes.
    form
        Contributions as records in arrays (natural) or as columns (columnar).
    json
        Answer in JSON.
    """
    return demo_run.run(
        demo_run.Plan(directory, seed, plans, participants, workers, form), as_json=json
    )


@app.command
def show(
    what: Literal[
        "orders",
        "limits",
        "navs",
        "marks",
        "units",
        "requests",
        "unfunded",
        "liquidity",
        "fees",
        "disclosures",
        "instructions",
        "breaks",
        "breaches",
        "rejections",
        "quarantine",
    ],
    /,
    *,
    limit: int = show_command.LIMIT,
    asked: Annotated[Asked, Parameter(name="*")] = Asked(),
    common: Reading = Reading(),
) -> int:
    """Show orders, limits, navs, units, requests at gates, fees, instructions and so on.

    Parameters
    ----------
    what
        What to show.
    limit
        Most rows of a table.
    """
    return show_command.run(
        settings_from(common.config), what, asked,
        archive=common.archive, limit=limit, as_json=common.json,
    )  # fmt: skip


@app.command
def replay(
    *, desk: str | None = None, partition: int | None = None, common: Reading = Reading()
) -> int:
    """Decide inboxes again and report the first divergence from the journal, and lines/s.

    Parameters
    ----------
    desk
        One desk only: intake, plan, fund, cash or dispatch.
    partition
        One partition only.
    """
    return replay_command.run(
        settings_from(common.config), desk=desk, partition=partition,
        archive=common.archive, as_json=common.json,
    )  # fmt: skip


@app.command
def explain(*words: str, limit: int = explain_command.LIMIT, common: Reading = Reading()) -> int:
    """Walk a figure back to the raw messages that caused it, with the rule behind each number.

    Parameters
    ----------
    words
        An instruction (SI-...), `NAV <fund>/<session>` or `batch <sender>/<session>/<batch id>`.
    limit
        Most branches shown of one figure; the rest is one branch with their sum.
    """
    return explain_command.run(
        settings_from(common.config), words,
        archive=common.archive, limit=limit, as_json=common.json,
    )  # fmt: skip


@app.command
def rules(*words: str, json: bool = False) -> int:
    """List the rules of the trade: source, terms that switch them on, tests and scenarios.

    Parameters
    ----------
    words
        An area, a rule's name or function (which is shown whole), a golden scenario (G11), a
        public rule (23c-3) or a term (FundTerms.swing); every rule if there are none.
    json
        Answer in JSON.
    """
    return rules_command.run(words, as_json=json)


@app.command
def rehearse(*paths: Path, update: bool = False, json: bool = False) -> int:
    """Play scenario files (*.day) on the in-process log and compare with what they expect.

    Parameters
    ----------
    paths
        Files, and directories with *.day files.
    update
        Write what came out into the `then` blocks.
    json
        Answer in JSON.
    """
    return rehearse_command.run(paths, update=update, as_json=json)


@app.command
def doctor(*, common: Reading = Reading()) -> int:
    """Look at everything a gateway needs and at how far it is; each line says what to do.

    Exit code: 0 all is well, 1 a person may want to look, 2 something does not work.
    """
    return doctor_command.run(common.config, archive=common.archive, as_json=common.json)


@book.command
def apply(file: Path, /, *, dry_run: bool = False, common: Common = Common()) -> int:
    """Publish a book file (plans, funds, parties, limits, calendar) as a book change.

    Parameters
    ----------
    file
        The book file; docker/book.yaml is one to start from.
    dry_run
        Show what would change and publish nothing.
    """
    return book_command.run(
        settings_from(common.config), file, dry_run=dry_run, as_json=common.json
    )


@app.command
def publish(
    *files: Path,
    sender: str | None = None,
    schema: str | None = None,
    tick: str | None = None,
    session: date | None = None,
    common: Common = Common(),
) -> int:
    """Publish records from JSON files as one sender, or a tick of the clock to every sender.

    Parameters
    ----------
    files
        JSON files with one record or a list of records each, published in this order.
    sender
        Whose topic.
    schema
        The record, as in inbound/ContributionBatch.
    tick
        SESSION_OPENED, CUT_OFF, VALUATION_CUT_OFF or CLOSE_DEADLINE.
    session
        The tick's session.
    """
    return publish_command.run(
        settings_from(common.config), sender=sender, schema=schema, files=files,
        tick=tick, session=session, as_json=common.json,
    )  # fmt: skip


@app.command
def acl(*, principal_prefix: str = "User:", common: Common = Common()) -> int:
    """Print the access rules a gateway needs, as commands for kafka-acls.

    Parameters
    ----------
    principal_prefix
        Put before each name.
    """
    return acl_command.run(
        settings_from(common.config), principal_prefix=principal_prefix, as_json=common.json
    )


@app.command
def simulate(
    *,
    seeds: int = 1_000,
    first_seed: int | None = None,
    minutes: float | None = 10.0,
    processes: int = 2,
    json: bool = False,
) -> int:
    """Play random days under random faults, a seed each, and check every law.

    Parameters
    ----------
    seeds
        How many.
    first_seed
        The first; drawn by chance, and told, if not given.
    minutes
        No seed is begun after so many.
    processes
        How many play at the same time.
    """
    return simulate_command.run(
        seeds=seeds, first_seed=first_seed, minutes=minutes, processes=processes, as_json=json
    )


@app.command
def bench(*, participants: int = 200_000, json: bool = False) -> int:
    """Measure lines a second of every part, in one run, beside a bare copy of the same bytes.

    Parameters
    ----------
    participants
        How many participants; each has one or two order lines.
    json
        Answer in JSON.
    """
    return bench_run.run(participants, as_json=json)


@app.command
def worker(
    *,
    processes: int = 1,
    desks: tuple[str, ...] = (),
    supervise: bool = False,
    health: str | None = None,
    log_level: str = "INFO",
    common: Common = Common(),
) -> int:
    """Take part in the gateway until told to stop (SIGTERM or ctrl-C).

    Parameters
    ----------
    processes
        How many worker processes to run.
    desks
        The desks to take part in: intake, plan, fund, cash, dispatch; all by default.
    supervise
        Start a worker process that ended by itself again, after a pause that grows.
    health
        Where to answer /live, /ready and /metrics, host:port; of several processes each has
        the next port.
    log_level
        DEBUG, INFO, WARNING or ERROR; one INFO line is written for every take.
    """
    return workers_command.run(
        common.config, processes=processes, desks=desks, level=log_level,
        supervised=supervise, health=health,
    )  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit with its code."""
    sys.exit(_code(arguments))


def _code(arguments: list[str] | None) -> int:
    # Asserts are part of the product: they state the laws.
    if not __debug__:
        print("gateway: not with python -O: asserts guard the laws", file=sys.stderr)
        return 2
    try:
        answer = app(arguments, exit_on_error=False, result_action="return_value")
    except CycloptsError:
        # The parser has said what is wrong, and with which word.
        return 2
    except GatewayError as wrong:
        print(f"gateway: {wrong}", file=sys.stderr)
        return _exit_code(wrong)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0
    return int(answer or 0)


def _exit_code(wrong: GatewayError) -> int:
    match wrong:
        case LawBroken() | DecisionFailed():
            return 3
        case PartnerUnavailable():
            return 4
        case ConfigError() | _:
            return 2

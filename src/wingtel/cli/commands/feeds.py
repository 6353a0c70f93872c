"""`wingtel feeds`: list and show the profiles of feeds; check one, draft one, or watch a folder."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click
from django.db import OperationalError, connections

from wingtel.aggregates.serialization import timestamp
from wingtel.cli.errors import CommandError
from wingtel.cli.output import Form, note, print_results, print_table, say
from wingtel.cli.parameters import SECONDS, Parsed, examples, format_option, whole_number
from wingtel.config.watches import COMPLETION_RULE, QUIET, parse_completion
from wingtel.imports import profiles
from wingtel.imports.errors import FeedError
from wingtel.imports.folder_watch import Arrival, FolderWatch
from wingtel.imports.inference import infer_profile, listed
from wingtel.imports.ingestion import OUTCOMES
from wingtel.imports.preview import Preview, preview
from wingtel.imports.service import ImportOptions, check_import, import_feed

PREVIEW = ("line", "type", "reference", "usage_date", "subscription", "quantity", "price", "not_recorded_because")
PREVIEW_SHOWN = ("line", "type", "usage_date", "subscription", "quantity", "price", "not_recorded_because")
PATH = click.Path(path_type=Path)


@click.group()
def command() -> None:
    """List and show the profiles of feeds; check one, draft one, or watch a folder.

    PROFILE is the name of a shipped profile, or the path of a TOML file.
    """


@command.command("list", epilog=examples("feeds list"))
@format_option()
def list_feeds(*, form: str) -> None:
    """List the shipped profiles."""
    rows = ({"name": name, "description": profiles.find(name).description} for name in profiles.shipped())
    print_results(form, rows, ("name", "description"))


@command.command("show", epilog=examples("feeds show wingtel > mine.toml"))
@click.argument("profile")
def show(*, profile: str) -> None:
    """Show the TOML of a profile, to copy and change."""
    with _reporting_problems():
        _, content = profiles.read(profile)
        click.echo(content.decode(), nl=False)


@command.command("check", epilog=examples("feeds check att.toml usage.csv --lines 5"))
@click.argument("profile")
@click.argument("file", type=PATH)
@click.option("--lines", type=whole_number(1), default=20, show_default=True, help="How many lines.")
@format_option()
def check(*, profile: str, file: Path, lines: int, form: str) -> None:
    """Show the first lines of a file as they would be recorded; store nothing."""
    with _reporting_problems():
        result = preview(file, profiles.find(profile), lines)
    if form != Form.TABLE:
        print_results(form, _preview_rows(result), PREVIEW)
        return
    say(f"columns: {', '.join(map(repr, result.columns))}")
    print_table(_preview_rows(result), PREVIEW_SHOWN)
    say(f"{result.lines} lines, {result.skipped} of them skipped, {len(result.rejects)} rejected; nothing was stored")


@command.command("new", epilog=examples("feeds new usage.csv --output att.toml"))
@click.argument("file", type=PATH)
@click.option("--output", type=PATH, metavar="PROFILE.toml", help="Write it there instead of showing it.")
def new(*, file: Path, output: Path | None) -> None:
    """Draft a profile from a sample of a carrier's files."""
    with _reporting_problems():
        inferred = infer_profile(file)
        if inferred.unread:
            note(f"columns left unread: {listed(inferred.unread)}")
        if not output:
            click.echo(inferred.text)
            return
        try:
            with output.open("x", encoding="utf-8") as written:
                written.write(inferred.text)
        except FileExistsError as error:
            raise CommandError(f"{output} is there already") from error
    say(f"{output}: look over what is marked CHECK, then: wingtel feeds check {output} {file}")


@command.command("watch", epilog=examples("feeds watch incoming/ --feed att.toml --complete marker"))
@click.argument("folder", type=PATH)
@click.option("--feed", required=True, metavar="PROFILE", help="The profile of its files.")
@click.option("--create-subscriptions", is_flag=True, help="Create subscriptions that are unknown.")
@click.option("--every", type=SECONDS, default=2.0, show_default=True, help="How often to look into the folder.")
@click.option(
    "--complete",
    type=Parsed(parse_completion, COMPLETION_RULE, name="rule"),
    default=QUIET,
    help="When a file is complete: rename (at once, by its name), marker (FILE.done or FILE.ok is beside it),"
    " quiet (unchanged at two looks), or quiet:SECONDS (for so long; default: quiet).",
)
@click.option("--once", is_flag=True, help="Import what is there, and end.")
def watch(*, folder: Path, feed: str, create_subscriptions: bool, every: float, complete: Any, once: bool) -> None:
    """Import what arrives in a folder, until interrupted."""
    options = ImportOptions(create_subscriptions=create_subscriptions)
    with _reporting_problems():
        profile = profiles.find(feed)
        check_import(profile, options)
        watch = FolderWatch(folder, partial(import_feed, profile=profile, options=options), complete)
        say(f"Watching {watch.folder}")
        try:
            _scan_repeatedly(watch, every=every, once=once)
        except KeyboardInterrupt:
            sys.exit(130)


def _scan_repeatedly(watch: FolderWatch, *, every: float, once: bool) -> None:
    while True:
        try:
            arrivals = watch.scan()
        except OperationalError as error:
            note(f"the database does not answer, trying again: {error}".strip())
            connections.close_all()
            arrivals = []
        for arrival in arrivals:
            say(_describe(arrival))
        if once and not watch.is_waiting:
            return
        time.sleep(every)


@contextmanager
def _reporting_problems() -> Iterator[None]:
    try:
        yield
    except FeedError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename or ''}: {error.strerror or error}") from error


def _preview_rows(result: Preview) -> list[dict[str, Any]]:
    rows = [
        {
            "line": record.line,
            "type": record.usage_type,
            "reference": record.record_id,
            "usage_date": timestamp(record.timestamp),
            "subscription": record.subscription,
            "quantity": record.quantity,
            "price": record.price if record.price is None else str(record.price),
            "not_recorded_because": record.note,
        }
        for record in result.records
    ]
    for reject in result.rejects:
        reason = f"{reject.field}: {reject.reason}" if reject.field else reject.reason
        rows.append(dict.fromkeys(PREVIEW) | {"line": reject.line, "not_recorded_because": reason})
    return rows


def _describe(arrival: Arrival) -> str:
    if arrival.summary is None:
        return f"{arrival.name}: failed: {arrival.problem}"
    counts = ", ".join(f"{getattr(arrival.summary, name)} {name}" for name in OUTCOMES)
    warnings = "".join(f"; warning: {warning}" for warning in arrival.summary.warnings)
    return f"{arrival.name}: {arrival.summary.lines} lines: {counts}{warnings}"

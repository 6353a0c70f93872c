"""`wingtel status`: show the state of the installation on one screen."""

from collections.abc import Iterator

import click
import msgspec

from wingtel.aggregates.serialization import timestamp
from wingtel.cli.output import Form, print_json, print_lines, print_table, say
from wingtel.cli.parameters import examples, format_option
from wingtel.monitoring.status import Status, Task, read_status

TASKS = ("task", "queue", "last_run", "runs", "failures")


@click.command(epilog=examples("status", "status --format json"))
@format_option()
def command(*, form: str) -> None:
    """Show the version, database, aggregates, days, tasks, keys and disk of this installation."""
    status = read_status()
    if form == Form.JSON:
        print_json(msgspec.to_builtins(status))
        return
    lines = [{"name": name, "value": value} for name, value in _lines(status)]
    if form != Form.TABLE:
        print_lines(form, ("name", "value"), lines)
        return
    width = max(len(line["name"]) for line in lines)
    for line in lines:
        say(f"{line['name']:<{width}}  {line['value']}")
    if status.tasks:
        say("")
        rows = [msgspec.to_builtins(task) | {"last_run": _last_run(task)} for task in status.tasks]
        print_table(rows, TASKS)


def _lines(status: Status) -> Iterator[tuple[str, str]]:
    database, days = status.database, status.days
    waiting = f", the oldest since {timestamp(status.pending_since)}" if status.pending_since else ""
    oldest = f"; the oldest open is {days.oldest_open}" if days.oldest_open else ""
    yield "version", status.version
    yield "database", f"{database.server}, {database.name} at {database.host}, {_size(database.size_bytes)}"
    yield "time zone", status.time_zone
    yield "currency", status.currency
    yield "strategy", status.strategy or "none"
    yield "backlog", f"{status.pending_records} records{waiting}" if status.pending_records else "none"
    yield "days", f"{days.open} open, {days.sealed} sealed, {days.expired} expired{oldest}"
    yield "redis", status.redis
    yield "background", status.background
    yield "API keys", f"{status.active_api_keys} active"
    yield "disk free", "" if status.disk_free_bytes is None else _size(status.disk_free_bytes)


def _last_run(task: Task) -> str:
    """Return when a task ran last, and if it failed."""
    last = max((run for run in (task.succeeded_at, task.failed_at) if run), default=None)
    if last is None:
        return ""
    return f"{timestamp(last.replace(microsecond=0))}{' failed' if last == task.failed_at else ''}"


def _size(size: int) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.1f} MiB"

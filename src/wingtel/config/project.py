"""Wingtel in a Django project: the apps to install, and the defaults of settings that the project does not have."""

from typing import Any

from django.conf import LazySettings

from .environment import PREFIX, Environment, declared

APPS = [
    "wingtel",
    "wingtel.subscriptions",
    "wingtel.access",
    "wingtel.usage",
    "wingtel.aggregates",
    "wingtel.ingest",
    "wingtel.lifecycle",
    "wingtel.imports",
    "wingtel.tasks",
    "wingtel.limits",
    "wingtel.notifications",
    "wingtel.api",
    "wingtel.dashboard",
]
"""The apps of Wingtel, for INSTALLED_APPS."""

_SERVER_ONLY = {
    *("database_url", "database_pool", "home", "env_file", "secret_key", "allowed_hosts", "cors_origins", "log_format"),
    *("smtp_host", "smtp_port", "smtp_user", "smtp_password", "smtp_tls", "email_from"),
}
"""Fields of Environment from which `wingtel.settings` makes Django's own settings, which every project has."""


def defaults() -> dict[str, Any]:
    """Return the default of each Django setting that Wingtel reads, by its name. None stands for another setting."""
    environment = Environment()
    return {
        variable.name: getattr(environment, field)
        for field, variable in declared().items()
        if field not in _SERVER_ONLY
    }


def set_defaults(settings: LazySettings) -> None:
    """Give the settings that are missing their defaults."""
    for name, value in defaults().items():
        if not hasattr(settings, name):
            setattr(settings, name, value)
    if settings.WINGTEL_MAX_LATENESS_DAYS is None:
        settings.WINGTEL_MAX_LATENESS_DAYS = settings.WINGTEL_RETENTION_DAYS


def unknown(settings: LazySettings) -> list[str]:
    """Return the names of settings that begin with WINGTEL_ and that Wingtel does not read."""
    return sorted(name for name in dir(settings) if name.startswith(PREFIX) and name not in defaults())


def beat_schedule(environment: Environment | None = None) -> dict[str, dict[str, Any]]:
    """Return the schedule of the tasks for Celery's beat. A task that waits longer than its interval expires."""
    intervals = environment or Environment()
    seconds = {
        "merge": intervals.merge_interval,
        "make_partitions": intervals.maintenance_interval,
        "seal": intervals.maintenance_interval,
        "expire": intervals.maintenance_interval,
        "reconcile": intervals.maintenance_interval,
        "refresh_current": 60,
        "evaluate_limits": intervals.evaluation_interval,
        "deliver": intervals.evaluation_interval,
    }
    watched = {
        f"watch {watch.name}": _every(intervals.watch_interval, "watch", watch.name)
        for watch in intervals.watch_folders
    }
    return {name.replace("_", " "): _every(interval, name) for name, interval in seconds.items()} | watched


def _every(seconds: float, task: str, *args: str) -> dict[str, Any]:
    """Return the schedule of a task, which expires after `seconds` or a minute, whichever is longer."""
    return {"task": f"wingtel.{task}", "schedule": seconds, "args": args, "options": {"expires": max(seconds, 60)}}

"""Assigning, moving and ending identifiers, and changing plans, each from a timestamp on.

A timestamp of None is unbounded: a period from None has no start, one until None has no end yet.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from django.db import IntegrityError, connection, transaction

from wingtel import sql

from .carriers import country_of
from .identifiers import Kind, normalise
from .models import COLUMNS, Plan, Subscription, SubscriptionIdentifier

_SQL = sql.statements(__package__, "sql/assignments.sql")

IN_USE = "this {} is assigned at that time; end that assignment first, or move it"


class AssignmentError(ValueError):
    """Error for an invalid assignment; `field` names the argument at fault, and `reason` says why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class AssignmentConflictError(AssignmentError):
    """Error for an assignment that contradicts the existing ones."""


class IdentifierInUseError(AssignmentConflictError):
    """Error for a value that another subscription holds at the time. It does not say which one."""


class NotAssignableError(AssignmentError):
    """Error for a subscription, identifier or plan that does not exist, or not any more."""


def assign_identifier(
    subscription_id: int,
    kind: Kind,
    text: str,
    *,
    valid_from: datetime | None,
    valid_to: datetime | None = None,
    replaces: int | None = None,
) -> SubscriptionIdentifier:
    """Let a subscription hold an identifier for a period; return the assignment.

    If it holds the value already, that assignment is extended. `replaces` is the id of another of its identifiers of
    that kind. That one ends when the new one begins, as at a change of number or of SIM card. National numbers are
    those of the carrier's country. Raises AssignmentError.
    """
    with transaction.atomic(), _translate_errors():
        subscription = _lock(subscription_id)
        try:
            value = normalise(kind, text, country_of(subscription.carrier))
        except ValueError as error:
            raise AssignmentError("value", str(error)) from error
        _check_period(valid_from, valid_to)
        if replaces is not None:
            _replace(subscription, kind, replaces, valid_from)
        return _assign(subscription_id, kind, value, valid_from=valid_from, valid_to=valid_to)


def end_identifier(identifier_id: int, *, at: datetime) -> SubscriptionIdentifier | None:
    """End an assignment; return it, or None if it had not begun by then and is deleted.

    Raises AssignmentError.
    """
    with transaction.atomic(), _translate_errors():
        identifier = _find(identifier_id)
        _lock(identifier.subscription_id)
        return _end(_find(identifier_id), at)


def move_identifier(identifier_id: int, *, to: int, at: datetime) -> SubscriptionIdentifier:
    """Let another subscription hold an identifier from a timestamp on; return the new assignment.

    It lasts as long as the old one would have. An assignment that has not begun by then is moved whole. Raises
    AssignmentError.
    """
    with transaction.atomic(), _translate_errors():
        identifier = _find(identifier_id)
        if identifier.subscription_id == to:
            raise AssignmentConflictError("subscription", "it holds this identifier already")
        for subscription_id in sorted(
            (identifier.subscription_id, to)
        ):  # in one order, so that two moves do not deadlock
            _lock(subscription_id)
        identifier = _find(identifier_id)
        begins, ends = max(filter(None, (identifier.valid_from, at))), identifier.valid_to
        _end(identifier, at)
        return _assign(to, Kind(identifier.kind), identifier.value, valid_from=begins, valid_to=ends)


def change_plan(
    subscription_id: int, plan_id: int | None, *, valid_from: datetime | None, valid_to: datetime | None = None
) -> None:
    """Give a subscription another plan, or none, from a timestamp on: for good, or until `valid_to`.

    Other plans are cut off around that period, also planned ones. Raises AssignmentError.
    """
    with transaction.atomic(), _translate_errors():
        _lock(subscription_id)
        if plan_id is not None and not Plan.objects.filter(pk=plan_id).exists():
            raise NotAssignableError("plan", f"there is no plan {plan_id}")
        _check_period(valid_from, valid_to)
        _rows("change_plan", subscription=subscription_id, plan=plan_id, begins=valid_from, ends=valid_to)


def refresh_current(*, since: datetime) -> int:
    """Update the columns of subscriptions after what ended since a timestamp; return how many subscriptions changed.

    Columns follow every write at once. A planned end comes without a write.
    """
    ((changed,),) = _rows("refresh_current", since=since)
    return int(changed)


def find_named(kind: Kind, values: Sequence[str]) -> list[int]:
    """Return the subscriptions that hold one of some identifiers now, and deleted ones that held it to the end."""
    return [subscription for (subscription,) in _rows("find_named", kind=kind.value, values=list(values))]


def not_held(*, limit: int) -> list[tuple[int, Kind, str]]:
    """Return up to `limit` subscriptions that show an identifier they do not hold, with its kind and value."""
    return [(subscription, Kind(kind), value) for subscription, kind, value in _rows("not_held", limit=limit)]


def _assign(
    subscription_id: int, kind: Kind, value: str, *, valid_from: datetime | None, valid_to: datetime | None
) -> SubscriptionIdentifier:
    assignment = {"subscription": subscription_id, "kind": kind.value, "value": value}
    touching = [identifier for (identifier,) in _rows("touching", **assignment, begins=valid_from, ends=valid_to)]
    if not touching:
        assigned = _rows("assign", **assignment, begins=valid_from, ends=valid_to)
        if not assigned:
            raise IdentifierInUseError("value", IN_USE.format(kind.words))
        return SubscriptionIdentifier.objects.get(pk=assigned[0][0])
    kept, *merged = touching
    rows = SubscriptionIdentifier.objects.in_bulk(touching)
    begins = [valid_from, *(row.valid_from for row in rows.values())]
    ends = [valid_to, *(row.valid_to for row in rows.values())]
    SubscriptionIdentifier.objects.filter(pk__in=merged).delete()
    rows[kept].valid_from = None if None in begins else min(filter(None, begins))
    rows[kept].valid_to = None if None in ends else max(filter(None, ends))
    rows[kept].save(update_fields=["valid_from", "valid_to"])
    return rows[kept]


def _replace(subscription: Subscription, kind: Kind, replaced: int, at: datetime | None) -> None:
    former = SubscriptionIdentifier.objects.filter(pk=replaced, subscription=subscription, kind=kind).first()
    if former is None:
        raise AssignmentError("replaces", f"subscription {subscription.pk} has no {kind.words} with the id {replaced}")
    if at is None:
        raise AssignmentError("valid_from", "what replaces another begins at a timestamp")
    _end(former, at)


def _end(identifier: SubscriptionIdentifier, at: datetime) -> SubscriptionIdentifier | None:
    if identifier.valid_to is not None and identifier.valid_to < at:
        ended = identifier.valid_to.isoformat()
        raise AssignmentConflictError("at", f"identifier {identifier.pk} ended before, at {ended}")
    if identifier.valid_from is not None and at <= identifier.valid_from:
        identifier.delete()
        return None
    identifier.valid_to = at
    identifier.save(update_fields=["valid_to"])
    return identifier


def _find(identifier_id: int) -> SubscriptionIdentifier:
    identifier = SubscriptionIdentifier.objects.filter(pk=identifier_id).first()
    if identifier is None:
        raise NotAssignableError("identifier", f"there is no identifier {identifier_id}")
    return identifier


def _lock(subscription_id: int) -> Subscription:
    """Return a subscription, locked against assignments by other transactions until this one ends."""
    subscription = Subscription.objects.select_for_update(no_key=True).filter(pk=subscription_id).first()
    if subscription is None:
        raise NotAssignableError("subscription", f"there is no subscription {subscription_id}")
    return subscription


def _check_period(valid_from: datetime | None, valid_to: datetime | None) -> None:
    if valid_from is not None and valid_to is not None and valid_to <= valid_from:
        raise AssignmentError("valid_to", f"not after valid_from, {valid_from.isoformat()}")


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Raise AssignmentError for what the database rejects."""
    try:
        yield
    except IntegrityError as error:
        raise assignment_error(error) or error from error


def assignment_error(error: IntegrityError) -> AssignmentError | None:
    """Return the error for what the database rejects of identifiers and plans; None for anything else."""
    if not isinstance(error.__cause__, psycopg.Error):
        return None
    diagnostics = error.__cause__.diag
    match diagnostics.constraint_name:
        case "subscription_identifier_once":
            return _in_use(diagnostics.column_name)
        case "subscription_identifier_form":
            return AssignmentError("value", "not in the normal form of its kind")
        case "subscription_identifier_period" | "subscription_plan_period":
            return AssignmentError("valid_to", "not after valid_from")
        case "subscription_not_deleted":
            return AssignmentConflictError(
                "subscription", f"{diagnostics.message_primary}; it holds nothing after that"
            )
    return None


def _in_use(kind: str | None) -> IdentifierInUseError:
    if not kind:
        return IdentifierInUseError("value", IN_USE.format("identifier"))
    return IdentifierInUseError(COLUMNS[Kind(kind)], IN_USE.format(Kind(kind).words))


def _rows(statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_SQL[statement], parameters)
        return list(cursor.fetchall())

"""Idempotent requests: one that is sent again is not executed again.

The header is that of the IETF draft draft-ietf-httpapi-idempotency-key-header.
"""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
from django.db import transaction
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from msgspec import Struct
from rest_framework.request import Request
from rest_framework.response import Response

from wingtel.api.models import KEY_LIFETIME, LONGEST_KEY, IdempotentRequest

from .authentication import access
from .errors import InvalidParameters, KeyReused, ProblemDetail, preview

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Names this request, in 1 to 255 characters of the client's choice.",
)
"""Header in the schema."""


def run_idempotent(
    request: Request, work: Callable[[], Struct], *, requested: Callable[[], str], status: int = 200
) -> Response:
    """Return the response with the reply of `work`, which runs once for each Idempotency-Key.

    `requested` returns a text that differs for requests with different contents. Raises as `run_once` does.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return Response(work(), status=status)
    fingerprint = hashlib.sha256(requested().encode()).hexdigest()
    reply, is_replayed = run_once(key, work, caller=access(request).caller, fingerprint=fingerprint)
    return Response(reply, status=status, headers={"Idempotency-Replayed": "true"} if is_replayed else None)


def run_once(key: str, work: Callable[[], Struct], *, caller: str, fingerprint: str) -> tuple[dict[str, Any], bool]:
    """Run `work` unless `caller` sent `key` within a day. Return the reply, and True if it is the earlier one.

    `work` and its stored reply are one transaction: if `work` raises, nothing is stored.

    Raises KeyReused if the earlier request had another fingerprint, InvalidParameters if the key is empty or too long.
    """
    if not 0 < len(key) <= LONGEST_KEY or "\0" in key:
        rule = f"1 to {LONGEST_KEY} characters"
        raise InvalidParameters([ProblemDetail(parameter="Idempotency-Key", rule=rule, value=preview(key))])
    _delete_expired()
    with transaction.atomic():
        request, is_new = IdempotentRequest.objects.get_or_create(
            caller=caller, key=key, defaults={"fingerprint": fingerprint}
        )
        if not is_new:
            if request.fingerprint != fingerprint:
                raise KeyReused
            return request.reply or {}, True
        request.reply = reply = msgspec.to_builtins(work())
        request.save(update_fields=["reply"])
        return reply, False


def _delete_expired() -> None:
    expired = IdempotentRequest.objects.filter(created_at__lt=timezone.now() - KEY_LIFETIME)
    if expired.exists():
        with transaction.atomic():
            ids = list(expired.select_for_update(skip_locked=True).values_list("pk", flat=True)[:1000])
            IdempotentRequest.objects.filter(pk__in=ids).delete()

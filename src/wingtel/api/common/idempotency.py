"""Doing what a request asks for once, however often it is sent.

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

from wingtel.api.models import KEPT, LONGEST_KEY, IdempotentRequest

from .authentication import access
from .errors import Fault, InvalidParameters, KeyReused, echo

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Names this request, in 1 to 255 characters of the client's choice.",
)
"""The header, as the schema has it."""


def answer_once(
    request: Request, work: Callable[[], Struct], *, asked: Callable[[], str], status: int = 200
) -> Response:
    """The response to `request`, with the reply of `work`: done once where it has an Idempotency-Key.

    `asked` tells what it asks for from what others do. Raises what `once` does.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return Response(work(), status=status)
    fingerprint = hashlib.sha256(asked().encode()).hexdigest()
    reply, replayed = once(key, work, caller=access(request).caller, fingerprint=fingerprint)
    return Response(reply, status=status, headers={"Idempotency-Replayed": "true"} if replayed else None)


def once(key: str, work: Callable[[], Struct], *, caller: str, fingerprint: str) -> tuple[dict[str, Any], bool]:
    """The reply of `work`, and whether it is that of an earlier request of `caller` with `key`, kept for a day.

    `work` and the memory of it are one transaction: when it raises, neither is there. Raises KeyReused when the earlier
    request asked for something else, InvalidParameters for a key that is empty or too long.
    """
    if not 0 < len(key) <= LONGEST_KEY or "\0" in key:
        rule = f"1 to {LONGEST_KEY} characters"
        raise InvalidParameters([Fault(parameter="Idempotency-Key", rule=rule, value=echo(key))])
    _forget()
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


def _forget() -> None:
    old = IdempotentRequest.objects.filter(created_at__lt=timezone.now() - KEPT)
    if old.exists():
        with transaction.atomic():
            some = list(old.select_for_update(skip_locked=True).values_list("pk", flat=True)[:1000])
            IdempotentRequest.objects.filter(pk__in=some).delete()

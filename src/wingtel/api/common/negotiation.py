"""Content negotiation: the format that a request asks for."""

from django.http.request import MediaType
from rest_framework.exceptions import NotAcceptable
from rest_framework.request import Request

from wingtel.exports.formats import MEDIA_TYPES, Format

JSON = "application/json"
JSON_BY_NAME = "json"
NAMES = (JSON_BY_NAME, *Format)
_FORMATS: dict[str, Format | None] = {JSON: None} | {media_type: form for form, media_type in MEDIA_TYPES.items()}


def format_of(request: Request, *, paged: bool = True) -> Format | None:
    """Return the format of the requested file, by the parameter `format` or the header `Accept`; None is JSON.

    Raises NotAcceptable for any other format, and for JSON if the answer is not `paged`.
    """
    names = NAMES if paged else tuple(Format)
    if (name := request.query_params.get("format")) is not None:
        if name not in names:
            raise NotAcceptable(f"There is no format {name!r} here. Request one of: {', '.join(names)}.")
        return None if name == JSON_BY_NAME else Format(name)
    if paged and request.META.get("HTTP_ACCEPT", "*/*") in ("*/*", JSON):  # almost every request
        return None
    formats = {media_type: form for media_type, form in _FORMATS.items() if paged or form}
    for accepted in request._request.accepted_types:  # the preferred one first
        for media_type, form in formats.items():
            if _matches(accepted, media_type):
                return form
    raise NotAcceptable(f"Accept one of: {', '.join(formats)}.")


def _matches(accepted: MediaType, media_type: str) -> bool:
    """Return True if `media_type` is within an accepted range, whose parameters are ignored."""
    main_type, _, sub_type = media_type.partition("/")
    return accepted.main_type in ("*", main_type) and accepted.sub_type in ("*", sub_type)

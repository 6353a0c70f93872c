"""Parsers of request bodies."""

import json
import math
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.utils.json import strict_constant

from .errors import TooLarge

MAX_BYTES = 2**20


class ExactJSONParser(JSONParser):
    """A parser of standard JSON. It also rejects numbers beyond the range of floats, and too deep nesting."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            body = stream.read(MAX_BYTES + 1)
            if len(body) > MAX_BYTES:
                raise TooLarge(f"The body has more than {MAX_BYTES} bytes, which nothing here needs.")
            return json.loads(body.decode(), parse_constant=strict_constant, parse_float=_finite)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"The body is not JSON: {error}.") from error


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is too large")
    return number

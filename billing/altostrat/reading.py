"""What the bytes of a success say: typed, or the reason why they cannot be believed. Of an answer kept, too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeVar, cast

from billing.altostrat import strict_json
from billing.altostrat.fields import WrongShape
from billing.altostrat.operations.operation import Operation
from billing.altostrat.reasons import Reason

T = TypeVar("T")

_JSON: Final = re.compile(r"application/([a-z0-9.!#$&^_-]+\+)?json", re.IGNORECASE)
_CHARSET: Final = re.compile(r"""charset\s*=\s*"?utf-?8"?""", re.IGNORECASE)


def value_of(
    operation: Operation[T], parameters: Mapping[str, str], body: bytes, content_type: str
) -> T | Reason:
    """The value of a 2xx answer with that body, or why there is none. `parameters` are those of the path."""
    if operation.media_types:
        media_type = content_type.partition(";")[0].strip().lower()
        return cast(T, body) if media_type in operation.media_types else Reason.NOT_THE_FILE
    document: object = None
    if body:
        if not _is_json(content_type):
            return Reason.NOT_JSON
        try:
            document = strict_json.parse(body)
        except strict_json.MalformedJson:
            return Reason.JSON_MALFORMED
    if not operation.is_about(document, parameters):
        return Reason.ANOTHER_OBJECT
    try:
        return operation.parse(document)
    except WrongShape:
        return Reason.WRONG_SHAPE if body else Reason.NO_BODY


def _is_json(content_type: str) -> bool:
    media_type, *parameters = (part.strip() for part in content_type.split(";"))
    charsets = [part for part in parameters if part.lower().startswith("charset")]
    return bool(_JSON.fullmatch(media_type)) and all(_CHARSET.fullmatch(charset) for charset in charsets)

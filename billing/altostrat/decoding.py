"""From the body of a successful response, received now or cached earlier, to a typed value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

from billing.altostrat import owner_files, owners, strict_json
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.fields import WrongShape
from billing.altostrat.operations.operation import Operation

T = TypeVar("T")

_JSON: Final = re.compile(r"application/([a-z0-9.!#$&^_-]+\+)?json", re.IGNORECASE)
_CHARSET: Final = re.compile(r"""charset\s*=\s*"?utf-?8"?""", re.IGNORECASE)


def decode(
    operation: Operation[T],
    parameters: Mapping[str, str],
    sent: Mapping[str, object] | None,
    body: bytes,
    content_type: str,
) -> T | FailureReason:
    """Return the value of a 2xx response, or the reason why it cannot be trusted. `sent` is the JSON of the request."""
    ids = operation.owner_ids(parameters, sent)
    if operation.media_types:
        return _file(operation, ids, body, content_type)
    document: object = None
    if body:
        if not _is_json(content_type):
            return FailureReason.NOT_JSON
        try:
            document = strict_json.parse(body)
        except strict_json.MalformedJson:
            return FailureReason.JSON_MALFORMED
    if not operation.is_about(document, parameters) or owners.names_another(body, document, ids):
        return FailureReason.ANOTHER_OBJECT
    try:
        return operation.parse(document)
    except WrongShape:
        return FailureReason.WRONG_SHAPE if body else FailureReason.NO_BODY


def is_file(operation: Operation[Any], content_type: str) -> bool:
    """Return whether a response of this type is the file of the operation."""
    return content_type.partition(";")[0].strip().lower() in operation.media_types


def _file(operation: Operation[T], ids: owners.Ids, body: bytes, content_type: str) -> T | FailureReason:
    if not is_file(operation, content_type):
        return FailureReason.NOT_THE_FILE
    is_csv = "text/csv" in operation.media_types
    if is_csv and owner_files.names_another(body, owners.spelled(ids)):
        return FailureReason.ANOTHER_OBJECT
    return cast(T, body)


# Altostrat sends few types.
@lru_cache(maxsize=64)
def _is_json(content_type: str) -> bool:
    media_type, *parameters = (part.strip() for part in content_type.split(";"))
    charsets = [part for part in parameters if part.lower().startswith("charset")]
    return bool(_JSON.fullmatch(media_type)) and all(_CHARSET.fullmatch(charset) for charset in charsets)

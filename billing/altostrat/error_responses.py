"""From a response with an error status to an exception.

The status decides which one; the body only adds details. Altostrat uses three forms of body: {type, code, message,
doc_url}, {message}, and {message, errors: {field: [text]}}. Any other body is relayed but not interpreted.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from billing.altostrat import errors, owners, strict_json
from billing.altostrat.http import retry_after
from billing.altostrat.http.bodies import Reply

_NO_IDS: Final[owners.Ids] = MappingProxyType({})
_BY_STATUS: Final[Mapping[int, type[errors.Refused]]] = {
    401: errors.TokenRejected,
    403: errors.NotAllowed,
    404: errors.NotFound,
    408: errors.TimedOut,
    409: errors.Conflict,
    422: errors.Invalid,
    429: errors.RateLimited,
    499: errors.TimedOut,
    503: errors.Unavailable,
}


def error_from(
    method: str, path_template: str, reply: Reply, request_id: str | None, ids: owners.Ids = _NO_IDS
) -> errors.Refused:
    """Return the error of a response.

    Its body is omitted if it names another owner than `ids`, those of the request.
    """
    kind = _BY_STATUS.get(reply.status, errors.Broken if reply.status >= 500 else errors.Refused)
    error = kind(method, path_template, reply.status, request_id)
    document = _document(reply.body)
    is_foreign = owners.names_another(reply.body, document, ids)
    error.has_document = document is not None and not is_foreign
    if document is None or is_foreign:
        document = {}
    error.body = b"" if is_foreign else reply.body
    error.content_type = _printable(reply.headers.get("Content-Type", "")) if error.body else ""
    error.message = _text(document, "message")
    error.code = _text(document, "code")
    doc_url = _text(document, "doc_url")
    error.doc_url = doc_url if doc_url is not None and doc_url.startswith("https://") else None
    error.fields = _fields(document.get("errors"))
    if isinstance(error, (errors.RateLimited, errors.Unavailable)):
        error.retry_after_seconds = retry_after.seconds_of(reply.headers.get("Retry-After"))
    return error


def _document(body: bytes) -> Mapping[str, object] | None:
    try:
        document = strict_json.parse(body)
    except strict_json.MalformedJson:
        return None
    return document if isinstance(document, dict) else None


def _text(document: Mapping[str, object], name: str) -> str | None:
    text = document.get(name)
    return text if isinstance(text, str) and text else None


def _fields(raw: object) -> Mapping[str, tuple[str, ...]]:
    items = raw.items() if isinstance(raw, dict) else ()
    texts = {name: _texts(value) for name, value in items}
    return MappingProxyType({name: messages for name, messages in texts.items() if messages})


def _texts(raw: object) -> tuple[str, ...]:
    values = raw if isinstance(raw, list) else [raw]
    return tuple(value for value in values if isinstance(value, str) and value)


def _printable(text: str) -> str:
    return text if text.isascii() and text.isprintable() and len(text) <= 255 else ""

"""The parts of one exchange: its request, the body of an error, and the end of its connection's use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import requests
from urllib3.response import BaseHTTPResponse

from billing.altostrat.http import bodies

# Altostrat's errors are a few hundred bytes; anything larger is some proxy's error page.
_MAX_ERROR_BODY_BYTES: Final = 256 * 1024


def prepared(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None
) -> requests.PreparedRequest:
    """Return a request with exactly these headers. Request.prepare would normalize it and add some."""
    request = requests.PreparedRequest()
    request.method = method
    request.url = url
    request.headers = dict(headers)  # type: ignore[assignment]  # requests and urllib3 copy it several times
    request.body = body
    return request


def error_body(raw: BaseHTTPResponse, limit: int) -> bytes:
    """Return the body of an error, or nothing if it is missing, too large or truncated: the status is enough."""
    try:
        return bodies.read(raw, min(limit, _MAX_ERROR_BODY_BYTES))
    except Exception:  # noqa: BLE001 - the status is enough
        return b""


def release_connection(raw: BaseHTTPResponse) -> None:
    """Release a connection, unless its body was read to the end, which returned it to the pool already."""
    if raw.connection is not None:
        raw.close()
        raw.release_conn()

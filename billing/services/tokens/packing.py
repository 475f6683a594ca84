"""The text of a copy: an answer with its compressed body."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from billing.altostrat.client import Answer
from billing.altostrat.decoding import decode
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.operations.operation import Operation

T = TypeVar("T")

# Larger answers are not needed for any account page, and would fill the database.
_MAX_PACKED_BYTES: Final = 1024 * 1024


def pack(answer: Answer[Any]) -> str | None:
    """Return the text of an answer, or None if it is too large."""
    packed = zlib.compress(answer.body)
    if len(packed) > _MAX_PACKED_BYTES:
        return None
    return json.dumps(
        {
            "body": base64.b64encode(packed).decode("ascii"),
            "content_type": answer.content_type,
            "status": answer.status,
            "request_id": answer.request_id,
            "duration_seconds": answer.duration_seconds,
        }
    )


def unpack(
    text: str,
    operation: Operation[T],
    path: Mapping[str, str],
    sent: Mapping[str, object] | None,
    received_at: datetime,
) -> Answer[T] | None:
    """Return the answer, or None if only an earlier version of the portal accepted it."""
    kept = json.loads(text)
    body = zlib.decompress(base64.b64decode(kept["body"]))
    value = decode(operation, path, sent, body, kept["content_type"])
    if isinstance(value, FailureReason):
        return None
    return Answer(
        value=value,
        body=body,
        content_type=kept["content_type"],
        status=kept["status"],
        request_id=kept["request_id"],
        received_at=received_at,
        duration_seconds=kept["duration_seconds"],
    )

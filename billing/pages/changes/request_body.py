"""The JSON that a change sends, as its review shows it."""

from __future__ import annotations

import json

from billing import masks
from billing.services.changes import Attempt


def request_body(attempt: Attempt) -> str:
    """Return what is sent. An address is sent in full, also those parts that the person sees masked."""
    body = attempt.payload.body
    if body is None:
        return ""
    shown = masks.value("", body) if attempt.actor.is_masked else body
    return json.dumps(shown, indent=2, ensure_ascii=False)

"""The Retry-After header: seconds, or a date."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

# No caller waits longer than a day before it asks again.
MAX_SECONDS: Final = 24 * 60 * 60

_SECONDS: Final = re.compile(r"[0-9]+", re.ASCII)


def seconds_of(header: str | None) -> int | None:
    """Return whole seconds from now, at most a day; None if the header is absent or malformed."""
    text = (header or "").strip()
    if _SECONDS.fullmatch(text):
        return min(int(text), MAX_SECONDS) if len(text) <= 9 else MAX_SECONDS
    try:
        moment = parsedate_to_datetime(text)
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(math.ceil(seconds), 0), MAX_SECONDS)

"""Headers and content types of the API's responses."""

from __future__ import annotations

from typing import Final

JSON: Final = "application/json"
ORIGIN: Final = "Portal-Origin"
CHANGE: Final = "Portal-Change"
REPLAYED: Final = "Idempotency-Replayed"
UPSTREAM_REQUEST_ID: Final = "Altostrat-Request-Id"
# Responses with these statuses have no body, so a Content-Length would be wrong.
BODYLESS: Final = frozenset({204, 304})

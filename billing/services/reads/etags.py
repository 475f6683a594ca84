"""Entity tags of Altostrat's answers: https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3"""

from __future__ import annotations

import hashlib


def etag_of(body: bytes) -> str:
    """Return the strong entity tag of these bytes."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'

"""The digest by which copies and reads in flight find the same read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from uuid import UUID

_Pairs = tuple[tuple[str, str], ...]

_encoder: Final = json.JSONEncoder(sort_keys=True)


def digest_of(
    token_id: UUID, operation: str, path: Mapping[str, str], query: Mapping[str, str], body: object
) -> str:
    """Return a digest of a read with a stored token."""
    text = "null" if body is None else _encoder.encode(body)
    return _digest(token_id, operation, tuple(path.items()), tuple(query.items()), text)


# Programs repeat their reads.
@lru_cache(maxsize=1024)
def _digest(token_id: UUID, operation: str, path: _Pairs, query: _Pairs, body: str) -> str:
    parts = [str(token_id), operation, dict(path), dict(query), json.loads(body)]
    return hashlib.sha256(_encoder.encode(parts).encode()).hexdigest()

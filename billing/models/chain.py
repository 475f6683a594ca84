"""What the hash of an audit entry covers: every column but itself.

Empty columns are left out, so that a column added later leaves the hashes of older entries as they are. Whoever holds a
full export can compute them: SHA-256 of the JSON, keys sorted, no spaces, ASCII only.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_address

from django.db.models import Model


def columns_of(entry: Model) -> dict[str, int | str]:
    """Every column that holds something, `hash` included; times in UTC to the microsecond."""
    values = {field.attname: getattr(entry, field.attname) for field in entry._meta.concrete_fields}
    return {name: _plain(name, value) for name, value in values.items() if value not in (None, "")}


def hash_of(entry: Model) -> str:
    """64 hexadecimal digits over `columns_of`, without `hash` itself."""
    columns = columns_of(entry)
    columns.pop("hash", None)
    text = json.dumps(columns, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _plain(name: str, value: object) -> int | str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if name == "address":
        with suppress(ValueError):  # as each database writes it, and so the same on all
            return str(ip_address(str(value)))
    return value if isinstance(value, int) else str(value)

"""The hash of an audit entry, which covers every other column.

Empty columns are left out, so that new columns do not change the hashes of older entries. The hash is the SHA-256 of
JSON with sorted keys, no spaces and ASCII only, so anyone with a full export can compute it.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_address

from django.db.models import Model


def columns_of(entry: Model) -> dict[str, int | str]:
    """Return all columns that are not empty, including `hash`; times are in UTC with microseconds."""
    values = {field.attname: getattr(entry, field.attname) for field in entry._meta.concrete_fields}
    return {name: _plain(name, value) for name, value in values.items() if value not in (None, "")}


def hash_of(entry: Model) -> str:
    """Return the hash of `columns_of` without `hash`, as 64 hexadecimal digits."""
    columns = columns_of(entry)
    columns.pop("hash", None)
    text = json.dumps(columns, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _plain(name: str, value: object) -> int | str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if name == "address":
        with suppress(ValueError):  # one spelling, whichever database returned it
            return str(ip_address(str(value)))
    return value if isinstance(value, int) else str(value)

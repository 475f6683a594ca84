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
from typing import Final

from django.db.models import Model

_TO_JSON: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode


def columns_of(entry: Model) -> dict[str, int | str]:
    """Return all columns that are not empty, including `hash`; times are in UTC with microseconds."""
    found = {}
    for field in entry._meta.concrete_fields:
        name = field.attname
        value = getattr(entry, name)
        if value is not None and value != "":
            is_plain = (type(value) is str and name != "address") or type(value) is int
            found[name] = value if is_plain else _plain(name, value)
    return found


def hash_of(entry: Model) -> str:
    """Return the hash of `columns_of` without `hash`, as 64 hexadecimal digits."""
    return hash_of_columns(columns_of(entry))


def hash_of_columns(columns: dict[str, int | str]) -> str:
    """Return the hash of these columns without `hash`, as 64 hexadecimal digits."""
    hashed = {name: value for name, value in columns.items() if name != "hash"}
    return hashlib.sha256(_TO_JSON(hashed).encode("ascii")).hexdigest()


def _plain(name: str, value: object) -> int | str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if name == "address":
        with suppress(ValueError):  # one spelling, whichever database returned it
            return str(ip_address(str(value)))
    return value if isinstance(value, int) else str(value)

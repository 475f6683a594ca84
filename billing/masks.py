"""Masks of personal data. They keep enough to recognize a value: "a•••@example.com", "•••• 42".

A masked value stays the same if it is masked again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

HIDDEN: Final = "•••"
_EMAIL: Final = re.compile(r"([^\s@<>()\[\]:;,\"'|/•])[^\s@<>()\[\]:;,\"'|/]*@([^\s@<>()\[\]:;,\"'|/]+)")
# International numbers. Others look like amounts and IDs.
_PHONE: Final = re.compile(r"\+\d[\d ().\u00a0-]{5,}\d")
# Parts of an address, also outside of one.
_PARTS: Final = frozenset(("line1", "line2", "line3", "street", "city", "postal_code", "zip", "postcode"))
_COUNTRY: Final = "country"  # no person lives alone in a country


def email(text: str) -> str:
    """Return "a•••@example.com"."""
    name, at, domain = text.rpartition("@")
    return f"{name[:1]}{HIDDEN}@{domain}" if at and name else HIDDEN


def phone(text: str) -> str:
    """Return "•••• 42"."""
    digits = "".join(filter(str.isdecimal, text))
    return f"{HIDDEN}• {digits[-2:]}" if len(digits) >= 2 else HIDDEN


def free_text(text: str) -> str:
    """Mask the email addresses and international phone numbers in a text that somebody wrote."""
    if "@" in text:
        text = _EMAIL.sub(rf"\1{HIDDEN}@\2", text)
    return _PHONE.sub(lambda found: phone(found[0]), text) if "+" in text else text


def value(name: str, found: Any) -> Any:
    """Mask the value of a field of Altostrat or the portal, such as "address.city", and everything inside it."""
    parent, _, key = name.rpartition(".")
    if parent.endswith("address"):
        return _part(key, found)
    if found is None or isinstance(found, bool) or found == "":
        return found
    if isinstance(found, Mapping):
        is_address = key.endswith("address")
        return {name: _part(name, one) if is_address else value(name, one) for name, one in found.items()}
    if isinstance(found, list | tuple):
        return [value(name, one) for one in found]
    if key.endswith("email"):
        return email(found) if isinstance(found, str) else HIDDEN
    if key.endswith("phone"):
        return phone(str(found))
    if key in _PARTS or key.endswith("address"):
        return HIDDEN
    if not isinstance(found, str) or key == "id" or key.endswith("_id"):
        return found  # IDs are parts of addresses of pages
    return free_text(found)


def is_personal(name: str) -> bool:
    """Return whether the mask of a field does not depend on its text."""
    parent, _, key = name.rpartition(".")
    if parent.endswith("address"):
        return key != _COUNTRY
    return key in _PARTS or key.endswith(("email", "phone", "address"))


def _part(name: str, found: Any) -> Any:
    """Mask a member of an address: everything but the country."""
    return found if name == _COUNTRY or found in (None, "") else HIDDEN

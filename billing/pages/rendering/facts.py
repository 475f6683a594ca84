"""The fields of a response, for pages that list them: set, null, empty and missing fields look different."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from billing.labels import label

# A field of several megabytes must not fill the page.
_MAX_LENGTH: Final = 2000


class Presence(StrEnum):
    SET = "set"
    NOT_SET = "null"
    EMPTY = "empty"
    NOT_SENT = "missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Fact:
    """A documented field."""

    name: str
    value: Any
    presence: Presence

    @property
    def label(self) -> str:
        return label(self.name)

    @property
    def is_set(self) -> bool:
        return self.presence is Presence.SET


@dataclass(frozen=True, slots=True)
class UndocumentedField:
    """A field that is not in Altostrat's documentation, as text."""

    name: str
    text: str
    is_cut: bool


def sent_object(body: bytes, inside: str = "") -> Mapping[str, object]:
    """Return the JSON object of a response that the client has accepted, or the object in its field `inside`.

    Unlike the typed resource, it distinguishes null and missing fields.
    """
    document = json.loads(body) if body else {}
    if inside:
        document = document.get(inside) if isinstance(document, dict) else {}
    return document if isinstance(document, dict) else {}


def facts_of(resource: Any, sent: Mapping[str, object]) -> dict[str, Fact]:
    names = [field.name for field in fields(resource) if field.name != "extra"]
    return {
        name: Fact(name, value := getattr(resource, name), _presence(name, value, sent)) for name in names
    }


def undocumented_fields(extra: Mapping[str, object]) -> tuple[UndocumentedField, ...]:
    return tuple(_extra(name, value) for name, value in extra.items())


def _presence(name: str, value: object, sent: Mapping[str, object]) -> Presence:
    if name not in sent:
        return Presence.NOT_SENT
    if sent[name] is None:
        return Presence.NOT_SET
    if value is None:
        return Presence.UNREADABLE
    return Presence.EMPTY if isinstance(value, Collection) and not value else Presence.SET


def _extra(name: str, value: object) -> UndocumentedField:
    is_text = isinstance(value, str)
    text = str(value) if is_text else json.dumps(value, ensure_ascii=False, indent=2, default=_number)
    return UndocumentedField(name[:_MAX_LENGTH], text[:_MAX_LENGTH], len(text) > _MAX_LENGTH)


def _number(value: object) -> object:
    """Return a Decimal as a float if that is exact, else as text."""
    as_float = float(str(value))
    return as_float if isinstance(value, Decimal) and Decimal(str(as_float)) == value else str(value)

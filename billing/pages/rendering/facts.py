"""What Altostrat sent, field by field. Set, null, empty and missing are four different things."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from billing.labels import label

# One field of a few megabytes must not become the page.
_LONGEST: Final = 2000


class Presence(StrEnum):
    """Whether there is a value."""

    SET = "set"
    NOT_SET = "null"
    EMPTY = "empty"
    NOT_SENT = "missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Fact:
    """One documented field."""

    name: str
    value: Any
    presence: Presence

    @property
    def label(self) -> str:
        return label(self.name)

    @property
    def is_set(self) -> bool:
        """Whether there is something to show."""
        return self.presence is Presence.SET


@dataclass(frozen=True, slots=True)
class Extra:
    """One field that nobody documented, as text."""

    name: str
    text: str
    is_cut: bool


def sent_in(body: bytes, inside: str = "") -> Mapping[str, object]:
    """The JSON object in an answer that the client has accepted already, or the object in its field `inside`.

    The typed value no longer knows what was null and what was not there.
    """
    document = json.loads(body) if body else {}
    if inside:
        document = document.get(inside) if isinstance(document, dict) else {}
    return document if isinstance(document, dict) else {}


def facts_of(resource: Any, sent: Mapping[str, object]) -> dict[str, Fact]:
    """Every documented field of a resource, by name."""
    names = [field.name for field in fields(resource) if field.name != "extra"]
    return {name: _fact(name, getattr(resource, name), sent) for name in names}


def more_of(extra: Mapping[str, object]) -> tuple[Extra, ...]:
    """The fields that Altostrat sent beyond its documentation."""
    return tuple(_extra(name, value) for name, value in extra.items())


def _fact(name: str, value: object, sent: Mapping[str, object]) -> Fact:
    return Fact(name, value, _presence(name, value, sent))


def _presence(name: str, value: object, sent: Mapping[str, object]) -> Presence:
    if name not in sent:
        return Presence.NOT_SENT
    if sent[name] is None:
        return Presence.NOT_SET
    if value is None:
        return Presence.UNREADABLE
    return Presence.EMPTY if isinstance(value, Collection) and not value else Presence.SET


def _extra(name: str, value: object) -> Extra:
    is_text = isinstance(value, str)
    text = str(value) if is_text else json.dumps(value, ensure_ascii=False, indent=2, default=_number)
    return Extra(name[:_LONGEST], text[:_LONGEST], len(text) > _LONGEST)


def _number(value: object) -> object:
    """A Decimal as the number it was, where a float holds all of it."""
    as_float = float(str(value))
    return as_float if isinstance(value, Decimal) and Decimal(str(as_float)) == value else str(value)

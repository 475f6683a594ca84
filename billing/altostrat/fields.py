"""Reading a JSON object that may have anything in it.

One rule for all documented fields: of the documented type, it is read; null or absent, it is None; of any
other type, it is None and its raw value stays in `extra` under its own name, beside the fields that nobody
documented. So nothing that Altostrat sends is lost, and nothing of it can break a page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, TypeVar

T = TypeVar("T")

# Zero to six decimals are documented; more are cut off by `fromisoformat`.
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)", re.ASCII)


class WrongShape(ValueError):
    """Not a JSON object (or not a list in the documented envelope) at all."""


def no_fields() -> Mapping[str, object]:
    """An empty map that cannot be changed."""
    return MappingProxyType({})


class Fields:
    """A JSON object whose fields are taken out one by one; `extra` is what remains."""

    def __init__(self, document: object) -> None:
        """Raises WrongShape unless `document` is an object."""
        if not isinstance(document, dict):
            raise WrongShape
        self._remaining: dict[str, object] = dict(document)

    def text(self, name: str) -> str | None:
        return self._take(name, lambda raw: raw if isinstance(raw, str) else None)

    def integer(self, name: str) -> int | None:
        return self._take(
            name, lambda raw: raw if isinstance(raw, int) and not isinstance(raw, bool) else None
        )

    def flag(self, name: str) -> bool | None:
        return self._take(name, lambda raw: raw if isinstance(raw, bool) else None)

    def moment(self, name: str) -> datetime | None:
        """A point in time, aware and in UTC."""
        return self._take(name, _moment)

    def nested(self, name: str, from_json: Callable[[object], T]) -> T | None:
        """An object inside the object. An empty one may arrive as [], which is how PHP writes it."""

        def read(raw: object) -> T | None:
            try:
                return from_json({} if raw == [] else raw)
            except WrongShape:
                return None

        return self._take(name, read)

    def items(self, name: str, from_json: Callable[[object], T]) -> tuple[T, ...] | None:
        """A list of objects; with one among them that is none, the list stays raw."""

        def read(raw: object) -> tuple[T, ...] | None:
            try:
                return tuple(from_json(item) for item in raw) if isinstance(raw, list) else None
            except WrongShape:
                return None

        return self._take(name, read)

    def texts(self, name: str) -> tuple[str, ...] | None:
        """A list of texts, or the texts of a map: Altostrat has written the same field in both ways."""

        def read(raw: object) -> tuple[str, ...] | None:
            values = list(raw.values()) if isinstance(raw, dict) else raw
            if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
                return None
            return tuple(values)

        return self._take(name, read)

    def mapping(self, name: str, from_json: Callable[[object], T]) -> Mapping[str, T] | None:
        """A map of anything that `from_json` reads. An empty one may arrive as []."""

        def read(raw: object) -> Mapping[str, T] | None:
            values = {} if raw == [] else raw
            try:
                if not isinstance(values, dict):
                    return None
                return MappingProxyType({key: from_json(value) for key, value in values.items()})
            except WrongShape:
                return None

        return self._take(name, read)

    def extra(self) -> Mapping[str, object]:
        """What has not been taken, read-only."""
        return MappingProxyType(dict(self._remaining))

    def _take(self, name: str, read: Callable[[object], T | None]) -> T | None:
        raw = self._remaining.get(name)
        value = None if raw is None else read(raw)
        if raw is None or value is not None:
            self._remaining.pop(name, None)
        return value


def whole_or_none(raw: object) -> int | None:
    """A value of a map of numbers, where null says that there is none. Raises WrongShape for anything else."""
    if raw is not None and (not isinstance(raw, int) or isinstance(raw, bool)):
        raise WrongShape
    return raw


def anything(raw: object) -> object:
    """A value of a free map."""
    return raw


def _moment(raw: object) -> datetime | None:
    if not isinstance(raw, str) or not _MOMENT.fullmatch(raw):
        return None
    try:
        return datetime.fromisoformat(raw).astimezone(UTC)
    except (ValueError, OverflowError):
        return None

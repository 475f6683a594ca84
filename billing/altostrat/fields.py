"""From a JSON object to a `Resource`, whose annotations define its fields and their types.

A value of the annotated type is read. If it is null or absent, the field is None. If it has another type, the field is
None and `extra` keeps the value under its name. `extra` also keeps undocumented fields. So nothing that Altostrat sends
is lost, and no value can break a page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Final, Self, get_args, get_origin, get_type_hints

Reader = Callable[[Any], Any]

_NO_FIELDS: Final[Mapping[str, object]] = MappingProxyType({})
# Zero to six decimals are documented; `fromisoformat` cuts off more.
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)", re.ASCII)

# The same without a zone or a time, which Altostrat does not document.
_DAY: Final = re.compile(r"(\d{4}-\d\d-\d\d)([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?)?", re.ASCII)
# A day begins and ends at different times; at noon it is the same day almost everywhere.
_NOON: Final = " 12:00"
# The year 5138. Larger numbers are milliseconds.
_LAST_SECOND: Final = 10**11
_SWITCHES: Final[Mapping[object, bool]] = MappingProxyType({"true": True, "false": False, 1: True, 0: False})


class WrongShape(ValueError):
    """A value does not have the documented type."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A JSON object of Altostrat's API.

    A field is a str, int, bool, datetime or Resource, or a tuple or Mapping of one of these. Its default is None,
    because Altostrat documents no field as required. `extra` holds everything else that the object contains.
    """

    extra: Mapping[str, object] = field(default_factory=lambda: _NO_FIELDS, kw_only=True)

    @classmethod
    def from_json(cls, document: object) -> Self:
        """Raise WrongShape unless `document` is an object."""
        return cls(**read_fields(cls, document))


@dataclass(frozen=True, slots=True)
class StripeResource(Resource):
    """A resource with fields of Stripe, which may be passed on in other forms.

    Stripe sends dates in seconds since 1970; some send them in milliseconds, as text, as days, or in UTC without saying
    so. A switch may be "true" or 1.
    """


def read_fields(resource: type[Resource], document: object) -> dict[str, Any]:
    """Return the constructor arguments of `resource`. Raise WrongShape unless `document` is an object."""
    if not isinstance(document, dict):
        raise WrongShape
    types, readers = _field_types(resource), _readers(resource)  # type: ignore[arg-type]  # a class is hashable
    values: dict[str, Any] = {}
    extra = {}
    for name, raw in document.items():
        if type(raw) is types.get(name):  # most values, which a call for each would make twice as expensive
            values[name] = raw
        elif (read := readers.get(name)) is None:
            extra[name] = raw
        elif raw is not None:
            try:
                values[name] = read(raw)
            except WrongShape:
                extra[name] = raw
    if extra:
        values["extra"] = MappingProxyType(extra)
    return values


@cache
def _readers(resource: type[Resource]) -> Mapping[str, Reader]:
    readers = {name: _field_reader(kind) for name, kind in _field_types(resource).items()}  # type: ignore[arg-type]
    if not issubclass(resource, StripeResource):
        return readers
    moments = {name: _stripe_moment for name, read in readers.items() if read is _moment}
    switches = {name: _switch for name, kind in _field_types(resource).items() if kind is bool}  # type: ignore[arg-type]
    return {**readers, **moments, **switches}


@cache
def _field_types(resource: type[Resource]) -> Mapping[str, Any]:
    types = get_type_hints(resource)
    return {
        row.name: _without_none(types[row.name]) for row in fields(resource) if row.default is not MISSING
    }


def _field_reader(kind: Any) -> Reader:
    if kind == tuple[str, ...]:
        return _texts
    read: Reader = _reader(kind)
    if get_origin(kind) is Mapping or (isinstance(kind, type) and issubclass(kind, Resource)):
        # PHP encodes an empty object as [].
        return lambda raw: read({} if raw == [] else raw)
    return read


def _reader(kind: Any) -> Any:
    """Return a function that reads a value of this type and raises WrongShape for any other value."""
    if get_origin(kind) is tuple:
        return _tuple_reader(_reader(get_args(kind)[0]))
    if get_origin(kind) is Mapping:
        return _map_reader(_reader(get_args(kind)[1]))
    if get_origin(kind) is UnionType:
        return _or_none(_reader(_without_none(kind)))
    if kind is object:
        return _unchanged
    if kind is datetime:
        return _moment
    return kind.from_json if issubclass(kind, Resource) else _exactly(kind)


def _without_none(kind: Any) -> Any:
    (only,) = (member for member in get_args(kind) if member is not NoneType)
    return only


def _exactly(kind: type) -> Reader:
    def read(raw: object) -> object:
        if type(raw) is not kind:  # not isinstance, because bool is a subclass of int
            raise WrongShape
        return raw

    return read


def _or_none(read: Reader) -> Reader:
    return lambda raw: None if raw is None else read(raw)


def _tuple_reader(read: Reader) -> Reader:
    def read_all(raw: object) -> tuple[Any, ...]:
        if not isinstance(raw, list):
            raise WrongShape
        return tuple([read(item) for item in raw])

    return read_all


def _map_reader(read: Reader) -> Reader:
    def read_all(raw: object) -> Mapping[str, Any]:
        if not isinstance(raw, dict):
            raise WrongShape
        return MappingProxyType({name: read(value) for name, value in raw.items()})

    return read_all


def _unchanged(raw: object) -> object:
    return raw


def _texts(raw: object) -> tuple[str, ...]:
    # Altostrat has sent the same field as a list and as a map.
    values = list(raw.values()) if isinstance(raw, dict) else raw
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise WrongShape
    return tuple(values)


def _moment(raw: object) -> datetime:
    """Return a point in time, aware and in UTC."""
    if not isinstance(raw, str) or not _MOMENT.fullmatch(raw):
        raise WrongShape
    try:
        return datetime.fromisoformat(raw).astimezone(UTC)
    except (ValueError, OverflowError):
        raise WrongShape from None


def _stripe_moment(raw: object) -> datetime:
    """Return the same for the forms of StripeResource."""
    if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) > len("20261231"):
        raw = int(raw)
    if type(raw) is float and raw.is_integer():
        raw = int(raw)
    if type(raw) is int and 0 < raw < 1000 * _LAST_SECOND:
        return datetime.fromtimestamp(raw if raw < _LAST_SECOND else raw / 1000, UTC)
    if isinstance(raw, str) and (day := _DAY.fullmatch(raw)):
        raw = f"{day[1]}{(day[2] or _NOON)}{'' if day[3] else ':00'}Z"
    return _moment(raw)


def _switch(raw: object) -> bool:
    found = _SWITCHES.get(raw) if type(raw) in (bool, int, str) else None
    if found is None:
        raise WrongShape
    return found

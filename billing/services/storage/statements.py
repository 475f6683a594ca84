"""Single SQL statements. To build them with Django's ORM took most of the time of a write.

Conditions are equality, or IN for a tuple. Values are converted as Django converts them. No signals are sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Field, Model

from billing.services.storage import connections

M = TypeVar("M", bound=Model)
T = TypeVar("T")
Converter = Callable[[Any], Any]

_DATABASE: Final = "default"
_SQLITE: Final = "sqlite"
# Databases take and return the values of these types as they are.
_PLAIN: Final = (models.CharField, models.TextField, models.IntegerField, models.BooleanField)
_NATIVE: Final = (models.DateTimeField, models.UUIDField)  # of PostgreSQL; SQLite stores texts


def insert(
    model: type[Model], values: Mapping[str, Any], more: str = "", parameters: Sequence[Any] = ()
) -> bool:
    """Insert a row. Return whether it was written, which `more`, such as ON CONFLICT, may prevent."""
    return bool(execute(_insertion(model, tuple(values), more), [*adapted(model, values), *parameters]))


def insert_row(row: Model) -> None:
    """Insert a row that has its ID."""
    state = vars(row)
    insert(type(row), {name: state[name] for name in _columns_of(type(row))})
    row._state.adding, row._state.db = False, _DATABASE


def update(model: type[Model], where: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Update the rows that fulfill all conditions. Return whether there was one."""
    conditions, parameters = _conditions(model, where)
    sql = f"{_changes(model, tuple(values))} WHERE {conditions}"
    return bool(execute(sql, adapted(model, values) + parameters))


def delete(model: type[Model], where: Mapping[str, Any]) -> bool:
    """Delete the rows that fulfill all conditions, without rows that refer to them. Return whether there was one."""
    conditions, parameters = _conditions(model, where)
    return bool(execute(f"DELETE FROM {model._meta.db_table} WHERE {conditions}", parameters))


def execute(sql: str, parameters: Sequence[Any]) -> int:
    """Execute a statement. Return the number of rows that it wrote."""
    return int(_run(sql, parameters, is_query=False))


def rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    found: list[tuple[Any, ...]] = _run(sql, parameters, is_query=True)
    return found


def rows_of(
    model: type[Model], condition: str, parameters: Sequence[Any], more: str = ""
) -> list[tuple[Any, ...]]:
    """Return all columns of the rows that fulfill a condition in SQL, which follows the name of the model's table.

    `more` are columns, such as those of a joined table, that follow the columns of the model.
    """
    selected = f"{columns(model)}, {more}" if more else columns(model)
    return rows(f"SELECT {selected} FROM {model._meta.db_table} {condition}", parameters)


def columns(model: type[Model]) -> str:
    """Return all columns of a model, with the name of its table."""
    return _selection(model)[0]


def count_columns(model: type[Model]) -> int:
    return len(_selection(model)[1])


def instances(model: type[M], condition: str, parameters: Sequence[Any], **more: str) -> list[M]:
    """Return the rows that fulfill a condition as instances, with `more` columns as attributes."""
    found = []
    for row in rows_of(model, condition, parameters, ", ".join(more.values())):
        one = instance_of(model, row)
        vars(one).update(zip(more, row[-len(more) :], strict=True) if more else ())
        found.append(one)
    return found


def instance_of(model: type[M], row: tuple[Any, ...]) -> M:
    """Return a row of `rows_of` as an instance."""
    _, names, converters = _selection(model)
    values = list(row[: len(names)])
    for index, convert in converters:
        if values[index] is not None:
            values[index] = convert(values[index])
    return model.from_db(_DATABASE, names, values)


def moment(value: datetime) -> Any:
    """Return a moment as a parameter of a statement."""
    return _text_of_moment(value) if _is_sqlite() else value


def moment_in(value: Any) -> datetime:
    """Return the moment in a column, or that a function such as MAX has returned, of which SQLite returns the text."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return _moment_of(found) if _is_sqlite() else found


def adapted(model: type[Model], values: Mapping[str, Any]) -> list[Any]:
    """Return values of columns as parameters of a statement."""
    adapters, found = _adapters_of(model), []
    for name, value in values.items():
        adapt = adapters[name]
        found.append(value if adapt is None or value is None else adapt(value))
    return found


def _run(sql: str, parameters: Sequence[Any], *, is_query: bool) -> Any:
    """Execute a statement as Django's cursors do, without the calls around it that only their features need."""
    connection: Any = connections.current()
    if connection.force_debug_cursor or connection.execute_wrappers:
        with connection.cursor() as wrapped:
            wrapped.execute(sql, parameters)
            return list(wrapped.fetchall()) if is_query else int(wrapped.rowcount)
    connection.close_if_health_check_failed()
    if connection.connection is None:
        connection.ensure_connection()
    connection.validate_no_broken_transaction()
    try:
        if connection.vendor == _SQLITE:
            cursor = connection.connection.execute(_with_question_marks(sql), parameters)
        else:
            cursor = connection.create_cursor()
            cursor.execute(sql, parameters)
        return cursor.fetchall() if is_query else cursor.rowcount
    except connection.Database.Error:
        with connection.wrap_database_errors:
            raise


def _conditions(model: type[Model], where: Mapping[str, Any]) -> tuple[str, list[Any]]:
    adapters, conditions, parameters = _adapters_of(model), [], list[Any]()
    for name, value in where.items():
        options, adapt = value if isinstance(value, tuple) else (value,), adapters[name]
        conditions.append(f"{name} IN ({', '.join(['%s'] * len(options))})")
        parameters += options if adapt is None else map(adapt, options)
    return " AND ".join(conditions), parameters


@lru_cache(maxsize=256)
def _with_question_marks(sql: str) -> str:
    return sql.replace("%s", "?")  # no statement here has another percent sign


@lru_cache(maxsize=256)
def _insertion(model: type[Model], names: tuple[str, ...], more: str) -> str:
    marks = ", ".join(["%s"] * len(names))
    return f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) VALUES ({marks}) {more}"


@lru_cache(maxsize=256)
def _changes(model: type[Model], names: tuple[str, ...]) -> str:
    return f"UPDATE {model._meta.db_table} SET {', '.join(f'{name} = %s' for name in names)}"


@cache
def _selection(model: type[Model]) -> tuple[str, tuple[str, ...], tuple[tuple[int, Converter], ...]]:
    columns, table = _columns_of(model), model._meta.db_table
    sql = ", ".join(f"{table}.{name}" for name in columns)
    converters = ((index, _converter_of(field)) for index, field in enumerate(columns.values()))
    return sql, tuple(columns), tuple((index, one) for index, one in converters if one is not None)


@cache
def _columns_of(model: type[Model]) -> Mapping[str, Field[Any, Any]]:
    return {field.attname: field for field in model._meta.concrete_fields}


@cache
def _adapters_of(model: type[Model]) -> Mapping[str, Converter | None]:
    return {name: _adapter_of(field) for name, field in _columns_of(model).items()}


def _adapter_of(field: Field[Any, Any]) -> Converter | None:
    """Return what converts a value of a column to a parameter, if it needs that."""
    field = _target_of(field)
    if isinstance(field, _PLAIN) or (not _is_sqlite() and isinstance(field, _NATIVE)):
        return None
    if isinstance(field, models.DateTimeField):
        return _text_of_moment
    if isinstance(field, models.UUIDField):
        return _text_of_uuid
    return lambda value: field.get_db_prep_save(value, connections.current())


def _converter_of(field: Field[Any, Any]) -> Converter | None:
    """Return what converts a value from the database to that of a column, if it needs that."""
    field = _target_of(field)
    if isinstance(field, models.DateTimeField):
        return _moment_of if _is_sqlite() else None
    if isinstance(field, models.UUIDField):
        return UUID if _is_sqlite() else None
    if isinstance(field, models.JSONField):
        return json.loads
    assert isinstance(field, (*_PLAIN, models.GenericIPAddressField)), field
    return None


def _target_of(field: Field[Any, Any]) -> Field[Any, Any]:
    """Return the field itself, or the primary key that a foreign key refers to."""
    return field.target_field if isinstance(field, models.ForeignKey) else field


@cache
def _is_sqlite() -> bool:
    return connections.current().vendor == _SQLITE


def _text_of_moment(value: datetime) -> str:
    return str(value.astimezone(UTC).replace(tzinfo=None))


def _moment_of(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC)


def _text_of_uuid(value: UUID) -> str:
    return value.hex

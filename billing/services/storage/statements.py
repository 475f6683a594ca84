"""Single SQL statements. To build them with Django's ORM took most of the time of a write.

Conditions are equality, or IN for a tuple. Values are converted as Django converts them. No signals are sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from django.db import connections
from django.db.models import Field, Model

_DATABASE: Final = "default"


def insert(row: Model, on_conflict: str = "", parameters: Sequence[Any] = ()) -> bool:
    """Insert a row. Return whether it was written, which `on_conflict` may prevent. The row does not get its ID."""
    values = {name: getattr(row, name) for name in _columns_of(type(row))}
    if row.pk is None:
        del values[row._meta.pk.attname]
    marks = ", ".join(["%s"] * len(values))
    sql = f"INSERT INTO {_table_of(type(row))} ({', '.join(values)}) VALUES ({marks})"
    is_written = execute(f"{sql} {on_conflict}", [*_adapted(type(row), values), *parameters])
    row._state.adding, row._state.db = False, _DATABASE
    return bool(is_written)


def update(model: type[Model], where: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Update the rows that fulfill all conditions. Return whether there was one."""
    changes = ", ".join(f"{name} = %s" for name in values)
    conditions, parameters = _conditions(model, where)
    sql = f"UPDATE {_table_of(model)} SET {changes} WHERE {conditions}"
    return bool(execute(sql, [*_adapted(model, values), *parameters]))


def delete(model: type[Model], where: Mapping[str, Any]) -> bool:
    """Delete the rows that fulfill all conditions, without rows that refer to them. Return whether there was one."""
    conditions, parameters = _conditions(model, where)
    return bool(execute(f"DELETE FROM {_table_of(model)} WHERE {conditions}", parameters))


def execute(sql: str, parameters: list[Any]) -> int:
    """Execute a statement. Return the number of rows that it wrote."""
    with connections[_DATABASE].cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def rows(sql: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    with connections[_DATABASE].cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def moment(value: datetime) -> Any:
    """Return a moment as a parameter of a statement."""
    return connections[_DATABASE].ops.adapt_datetimefield_value(value)


def adapted(model: type[Model], name: str, value: Any) -> Any:
    """Return a value of a column as a parameter of a statement."""
    return _adapted(model, {name: value})[0]


def _adapted(model: type[Model], values: Mapping[str, Any]) -> list[Any]:
    columns, connection = _columns_of(model), connections[_DATABASE]
    return [columns[name].get_db_prep_save(value, connection) for name, value in values.items()]


def _conditions(model: type[Model], where: Mapping[str, Any]) -> tuple[str, list[Any]]:
    conditions, parameters = [], list[Any]()
    for name, value in where.items():
        options = value if isinstance(value, tuple) else (value,)
        conditions.append(f"{name} IN ({', '.join(['%s'] * len(options))})")
        parameters += [adapted(model, name, option) for option in options]
    return " AND ".join(conditions), parameters


def _table_of(model: type[Model]) -> str:
    return model._meta.db_table


@cache
def _columns_of(model: type[Model]) -> Mapping[str, Field[Any, Any]]:
    return {field.attname: field for field in model._meta.concrete_fields}

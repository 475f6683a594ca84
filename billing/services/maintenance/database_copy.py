"""Copies all rows of an SQLite database to an empty PostgreSQL database, compares them, and verifies the result."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.core.management.color import no_style
from django.db import Error, connection, connections, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model

from billing.models import AuditEntry, User
from billing.services import audit
from billing.services.actor import Door
from billing.services.audit import verify
from billing.services.maintenance import resealing
from billing.services.storage import statements

_SOURCE: Final = "copied"
_BATCH: Final = 500
_VERB: Final = "database.copy"


class CannotCopy(Exception):
    """The copy was not made, and the new database is unchanged. The message says why."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table and its number of rows, which is the same in both databases."""

    name: str
    rows: int


def copy_from_sqlite(file: Path) -> list[Table]:
    """Copy everything in one transaction, and record it. Return the tables. Raise CannotCopy.

    Every row is compared, the audit log is verified, and every sealed value is opened before the transaction ends.
    """
    _open_source(file)
    try:
        _require_empty_target()
        with transaction.atomic():
            models = apps.get_models(include_auto_created=True)
            _delete_rows_of_migrations(models)
            tables = [Table(model._meta.db_table, _copy(model)) for model in models]
            _reset_sequences(models)
            _verify()
            count = sum(table.rows for table in tables)
            detail = f"{count} rows of {len(tables)} tables, from SQLite"
            audit.record_unattended(_VERB, audit.Outcome.SUCCEEDED, door=Door.COMMAND, detail=detail)
        return tables
    finally:
        connections[_SOURCE].close()


def _open_source(file: Path) -> None:
    if not file.is_file():
        raise CannotCopy(f"There is no file {file}.")
    settings = copy.deepcopy(connections.settings["default"])
    settings |= {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{file.absolute().as_uri()}?mode=ro"}
    connections.settings[_SOURCE] = settings | {"OPTIONS": {"uri": True}, "CONN_MAX_AGE": 0}


def _require_empty_target() -> None:
    if connection.vendor != "postgresql":
        raise CannotCopy("DATABASE_URL must name the new PostgreSQL database.")
    applied, source = (
        set(MigrationRecorder(connections[name]).applied_migrations()) for name in ("default", _SOURCE)
    )
    if applied != source:
        different = ", ".join(f"{app}.{name}" for app, name in sorted(applied ^ source)[:3])
        raise CannotCopy(f"Run migrate with both databases first. They differ in {different}.")
    if User.objects.exists() or AuditEntry.objects.exists():
        raise CannotCopy("The new database has people or audit entries already.")


def _delete_rows_of_migrations(models: list[type[Model]]) -> None:
    for model in models:
        if model is not AuditEntry:  # it is empty, and its triggers refuse deletions
            model._base_manager.all()._raw_delete("default")


def _copy(model: type[Model]) -> int:
    count = 0
    for batch in _batches(model):
        for row in batch:
            try:
                statements.insert(model, row)
            except Error as error:
                # The database's own message may show values.
                key = row[model._meta.pk.attname]
                raise CannotCopy(
                    f"PostgreSQL refuses row {key} of {model._meta.db_table}: {type(error).__name__}."
                ) from None
        _compare(model, batch)
        count += len(batch)
    if model._base_manager.count() != count:
        raise CannotCopy(f"{model._meta.db_table} has another number of rows.")
    return count


def _batches(model: type[Model]) -> Iterator[list[dict[str, Any]]]:
    """Yield the columns of all rows, as Django reads them."""
    rows = model._base_manager.using(_SOURCE).order_by("pk").values(*_columns(model))
    batch: list[dict[str, Any]] = []
    for row in rows.iterator(chunk_size=_BATCH):
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _compare(model: type[Model], batch: list[dict[str, Any]]) -> None:
    key = model._meta.pk.attname
    # Without the order of the model, which may need rows of other tables that are not copied yet.
    rows = model._base_manager.filter(pk__in=[row[key] for row in batch]).order_by()
    written = rows.values(*_columns(model))
    found = {row[key]: row for row in written}
    for row in batch:
        if found.get(row[key]) != row:
            raise CannotCopy(f"Row {row[key]} of {model._meta.db_table} differs after it was copied.")


def _columns(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def _reset_sequences(models: list[type[Model]]) -> None:
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


def _verify() -> None:
    connection.check_constraints()
    try:
        verify.verify()
    except verify.Broken as error:
        raise CannotCopy(f"The audit log is broken. {error}.") from None
    closed: list[str] = []
    resealing.open_all(on_failure=closed.append)
    if closed:
        raise CannotCopy(f"{closed[0]} does not open with VAULT_KEYS and ALTOSTRAT_API_URL.")

"""The previous version of the portal works on the tables of the next one, so that an upgrade can be undone.

While replicas are replaced one by one, both versions use the same tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.db import connection
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import CharField, Field, ManyToManyField

# Later migrations follow the rule.
BASELINE: Final = "0027_reminders"
_HARMLESS: Final = (
    operations.CreateModel,
    operations.AddIndex,
    operations.AlterModelOptions,
    operations.AlterModelManagers,
)

LOADER: Final = MigrationLoader(None)
LATER: Final = sorted(name for app, name in LOADER.disk_migrations if app == "billing" and name > BASELINE)


def problems(migration: Migration, state: ProjectState) -> Iterator[str]:
    """Say what the previous version cannot bear, or what cannot be migrated back."""
    created = {one.name_lower for one in migration.operations if isinstance(one, operations.CreateModel)}
    for operation in migration.operations:
        before = state.clone()
        operation.state_forwards("billing", state)
        problem = "" if getattr(operation, "model_name_lower", "") in created else _problem(operation, before)
        if problem:
            yield f"{operation.describe()}: {problem}"


def _problem(operation: Operation, before: ProjectState) -> str:
    if isinstance(operation, _HARMLESS):
        return ""
    if isinstance(operation, operations.AddField):
        return _problem_of_new(operation.field)
    if isinstance(operation, operations.AlterField):
        model = before.models["billing", operation.model_name_lower]
        return _problem_of_altered(operation.name, model.fields[operation.name], operation.field)
    if isinstance(operation, operations.RunPython | operations.RunSQL):
        return "" if operation.reversible else "Give it a function that reverses it, which may do nothing."
    return "Stop using it in one version, and migrate in the next one, with a new baseline in this test."


def _problem_of_new(field: Field[Any, Any]) -> str:
    if isinstance(field, ManyToManyField) or field.null or field.has_db_default():
        return ""
    return "The previous version inserts rows without this column: give it null=True or a db_default."


def _problem_of_altered(name: str, old: Field[Any, Any], new: Field[Any, Any]) -> str:
    for field in (old, new):
        field.set_attributes_from_name(name)
    editor: Any = connection.schema_editor(collect_sql=True)  # never entered, so it alters nothing
    is_same = not (old.remote_field or new.remote_field or editor._field_should_be_altered(old, new))
    is_wider = (
        isinstance(old, CharField)
        and isinstance(new, CharField)
        and (new.max_length or 0) >= (old.max_length or 0)
        and new.null >= old.null
        and new.unique <= old.unique
    )
    return "" if is_same or is_wider else "Add another column, and write both until the next version."


@pytest.mark.parametrize("name", LATER)
def test_previous_version_works_on_the_new_tables(name: str) -> None:
    migration = LOADER.get_migration("billing", name)
    state = LOADER.project_state(("billing", name), at_end=False)

    assert list(problems(migration, state)) == []


@pytest.mark.parametrize("name", ["0014_one_record_of_sessions", "0025_masked_scan"])
def test_rule_finds_what_the_previous_version_cannot_bear(name: str) -> None:
    migration = LOADER.get_migration("billing", name)
    state = LOADER.project_state(("billing", name), at_end=False)

    assert list(problems(migration, state))

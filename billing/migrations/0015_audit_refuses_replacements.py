"""SQLite deletes the old row of INSERT OR REPLACE without the triggers for deletions, so insertions need one as well."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_TRIGGER = """
CREATE TRIGGER billing_audit_no_replace BEFORE INSERT ON billing_auditentry
WHEN EXISTS (SELECT 1 FROM billing_auditentry WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'audit entries are never changed or deleted'); END
"""


def guard(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(_TRIGGER)


def unguard(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER billing_audit_no_replace")


class Migration(migrations.Migration):
    dependencies = [("billing", "0014_one_record_of_sessions")]

    operations = [migrations.RunPython(guard, unguard)]

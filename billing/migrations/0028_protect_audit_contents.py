"""Only the owner of the tables may delete the sealed contents of audit entries: `prune_audit` does."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_REVOKE = """
DO $$
DECLARE grantee_name text;
BEGIN
    FOR grantee_name IN
        SELECT DISTINCT grantee FROM information_schema.role_table_grants
        WHERE table_schema = current_schema() AND table_name = 'billing_auditcontent'
            AND grantee NOT IN ('PUBLIC', current_user) AND privilege_type IN ('DELETE', 'TRUNCATE')
    LOOP
        EXECUTE format('REVOKE DELETE, TRUNCATE ON billing_auditcontent FROM %I', grantee_name);
    END LOOP;
END $$;
"""


def revoke(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_REVOKE, params=None)


class Migration(migrations.Migration):
    dependencies = [("billing", "0027_reminders")]

    operations = [migrations.RunPython(revoke, migrations.RunPython.noop)]

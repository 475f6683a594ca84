"""The entries there are become a chain, and the database refuses to change or delete them from now on.

On SQLite a later migration that makes the table anew loses the triggers and has to make them again: a test looks.
"""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from billing.models.chain import hash_of

_REFUSAL = "audit entries are never changed or deleted"

_POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION billing_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER billing_audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION billing_audit_refuse();
REVOKE UPDATE, DELETE, TRUNCATE ON billing_auditentry FROM PUBLIC, CURRENT_USER;
"""
# Of roles that were granted the table by name, or by default, too: only the owner can give it back.
_REVOKE_FROM_OTHERS = """
DO $$
DECLARE grantee_name text;
BEGIN
    FOR grantee_name IN
        SELECT DISTINCT grantee FROM information_schema.role_table_grants
        WHERE table_schema = current_schema() AND table_name = 'billing_auditentry'
            AND grantee NOT IN ('PUBLIC', current_user) AND privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE')
    LOOP
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON billing_auditentry FROM %I', grantee_name);
    END LOOP;
END $$;
"""


def chain(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Each entry gets the hash of the one before, in the order of their ids."""
    entries: Any = apps.get_model("billing", "AuditEntry").objects
    last_id, last_hash = 0, ""
    for entry in entries.order_by("pk").iterator(chunk_size=500):
        entry.previous_hash = last_hash
        entry.hash = hash_of(entry)
        entries.filter(pk=entry.pk).update(previous_hash=entry.previous_hash, hash=entry.hash)
        last_id, last_hash = entry.pk, entry.hash
    apps.get_model("billing", "AuditHead").objects.update_or_create(
        pk=1, defaults={"entry_id": last_id, "hash": last_hash}
    )


def guard(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Triggers, and on PostgreSQL the privileges."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_POSTGRESQL, params=None)
        schema_editor.execute(_REVOKE_FROM_OTHERS, params=None)
    else:
        for act in ("UPDATE", "DELETE"):
            schema_editor.execute(
                f"CREATE TRIGGER billing_audit_no_{act.lower()} BEFORE {act} ON billing_auditentry "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )


def unguard(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """As it was before."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER billing_audit_append_only ON billing_auditentry")
        schema_editor.execute("DROP FUNCTION billing_audit_refuse()")
        schema_editor.execute("GRANT UPDATE, DELETE, TRUNCATE ON billing_auditentry TO CURRENT_USER")
    else:
        for act in ("update", "delete"):
            schema_editor.execute(f"DROP TRIGGER billing_audit_no_{act}")


class Migration(migrations.Migration):
    """Going back takes the triggers away and leaves the hashes."""

    dependencies = [("billing", "0006_audit_chain")]
    operations = [
        migrations.RunPython(chain, migrations.RunPython.noop),
        migrations.RunPython(guard, unguard),
    ]

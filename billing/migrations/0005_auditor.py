"""The auditor's group, why somebody has a role, and the mark by which a form makes one key only."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def make_group(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Kept if it exists already."""
    apps.get_model("auth", "Group").objects.get_or_create(name="auditor")


class Migration(migrations.Migration):
    """Going back leaves the group, with the people in it."""

    dependencies = [("billing", "0004_user_session")]
    operations = [
        migrations.RunPython(make_group, migrations.RunPython.noop),
        migrations.AddField(
            model_name="user",
            name="role_sources",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="portalkey",
            name="form_id",
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name="portalkey",
            constraint=models.UniqueConstraint(fields=("owner", "form_id"), name="one_key_per_form"),
        ),
    ]

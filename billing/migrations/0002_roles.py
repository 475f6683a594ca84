"""The groups that are roles."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ROLES = ("viewer", "editor", "admin")


def make_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """One group a role; those that exist already are kept."""
    group = apps.get_model("auth", "Group")
    for name in ROLES:
        group.objects.get_or_create(name=name)


class Migration(migrations.Migration):
    """Makes the groups; going back leaves them, with the people in them."""

    dependencies = [("billing", "0001_initial")]
    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]

"""Delete the results of scans, which have new parts; the next step reads them again."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def _discard(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("billing", "ScanPart").objects.all().delete()
    apps.get_model("billing", "Scan").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = (("billing", "0021_recent_changes"),)
    operations = (migrations.RunPython(_discard, migrations.RunPython.noop),)

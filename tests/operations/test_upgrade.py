"""Upgrade and rollback by one version: the previous version works on the new tables, and migrations run backwards."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from django.db.migrations.loader import MigrationLoader

from tests.api.conftest import EXAMPLE
from tests.operations.portal_data import add_note, counts, fill, patch
from tests.plugins.processes import ROOT, Sandbox, running_portal

pytestmark = pytest.mark.slow

NAMES: Final = sorted(name for app, name in MigrationLoader(None).disk_migrations if app == "billing")
# What tests/rules/test_migrations.py allows.
_NEXT: Final = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("billing", "{newest}")]
    operations = [
        migrations.CreateModel("Newer", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("change", "newer", models.TextField(null=True)),
        migrations.AddField("note", "newer", models.IntegerField(db_default=7)),
        migrations.AddField("altostrattoken", "newer", models.BooleanField(db_default=False)),
        migrations.AddField("usersession", "newer", models.CharField(max_length=9, db_default="x")),
        migrations.AddIndex("note", models.Index(fields=["newer"], name="note_newer")),
    ]
"""


def newer_version(folder: Path) -> Path:
    """Copy the code and give it one more migration."""
    for name in ("portal", "billing", "contract"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", folder)
    (folder / "billing" / "migrations" / "9999_newer.py").write_text(_NEXT.format(newest=NAMES[-1]))
    return folder


def migrate_as(version: Path, environment: dict[str, str], *target: str) -> None:
    command = [sys.executable, "manage.py", "migrate", "-v0", "--skip-checks", *target]
    subprocess.run(command, cwd=version, env=environment, check=True)


def test_previous_version_serves_on_the_new_tables_and_after_migrating_back(
    fresh_sandbox: Sandbox, static_files: None, tmp_path: Path
) -> None:
    (tmp_path / "newer").mkdir()
    version = newer_version(tmp_path / "newer")
    with running_portal(tmp_path, fresh_sandbox.url) as portal:
        alice, program = fill(portal)
        environment = {**portal.environment, "DJANGO_SETTINGS_MODULE": "portal.settings"}

        for step, target in enumerate(([], ["billing", NAMES[-1]], ["billing", NAMES[-2]], [])):
            if step == 2:
                before = counts(portal)
            migrate_as(version if step < 2 else ROOT, environment, *target)
            if step == 2:
                continue  # the present version needs its own newest migration
            add_note(alice, f"After step {step}")
            review = alice.prepare(f"Name {step}")
            assert alice.send(f"{review}send/", alice.signature(review)).status_code == 302
            assert patch(program, f"Description {step}", f"step-{step}").status_code == 200
            assert program.get(EXAMPLE).json()["name"] == f"Name {step}"
            portal.staff(f"person-{step}", "viewer")
            assert portal.manage("verify_audit").startswith("The chain is intact.")

        after = counts(portal)
        assert all(after[name] >= count for name, count in before.items())
        assert portal.manage("reseal_tokens", "--check")

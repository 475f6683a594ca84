"""The next version of the portal: a copy of this one, with a migration more."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.chaos.topology import Topology
from tests.plugins.processes import ROOT

_LINKED: Final = ("node_modules", "staticfiles")
_IGNORED: Final = (*_LINKED, ".git", ".venv", ".venv-next", "var", "tests", "bench", "__pycache__")
_MIGRATION: Final = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "{last}")]
    operations = [migrations.AddField("change", "next_version", models.TextField(null=True))]
"""


def deploy(topology: Topology) -> None:
    """Migrate while the old version serves, then replace the replicas one after the other."""
    tree = topology.folder / "next"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*_IGNORED), symlinks=True)
    for name in _LINKED:
        (tree / name).symlink_to(ROOT / name)
    folder = tree / "billing" / "migrations"
    last = max(path.stem for path in folder.glob("0*.py"))
    (folder / "9999_next_version.py").write_text(_MIGRATION.format(last=last))
    _migrate(topology, tree)
    for replica in topology.replicas:
        replica.stop()
        replica.daemon.folder = tree
        replica.start()


def _migrate(topology: Topology, tree: Path) -> None:
    command = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(command, cwd=tree, env=dict(topology.owner), check=True)

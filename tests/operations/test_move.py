"""A portal moves from SQLite to PostgreSQL by the commands of docs/operations.md."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.api.conftest import EXAMPLE
from tests.operations import documented
from tests.operations.portal_data import add_note, counts, fill, patch
from tests.pages.addresses import DOCUMENTED
from tests.plugins.command_line import Command
from tests.plugins.processes import Sandbox, migrate, migrated_database, running_portal

pytestmark = [pytest.mark.postgresql_only, pytest.mark.slow]


def test_moved_portal_continues(fresh_sandbox: Sandbox, static_files: None, tmp_path: Path) -> None:
    backup, folder = tmp_path / "backup", tmp_path / "portal"
    folder.mkdir()
    old, new = f"sqlite:///{tmp_path / 'portal.sqlite3'}", migrated_database(tmp_path)
    migrate(old)
    with running_portal(folder, fresh_sandbox.url, DATABASE_URL=old) as portal:
        alice, program = fill(portal)
        before = counts(portal)
    environment = {**os.environ, "ALTOSTRAT_API_URL": fresh_sandbox.url, "DATABASE_URL": old}

    printed = documented.run(
        documented.commands("Move from SQLite to PostgreSQL"),
        tmp_path,
        environment,
        BACKUP=str(backup),
        NEW=new,
    )
    copied = {name: int(count) for name, count in re.findall(r"^(\w+): (\d+)$", printed, re.MULTILINE)}
    again = Command(
        "copy_from_sqlite",
        str(backup / "portal.sqlite3"),
        environment={**environment, "DATABASE_URL": new},
    ).finish()

    assert copied == before
    assert copied["billing_altostrattoken"] == 2
    assert printed.count("The chain is intact.") == 2
    assert "The new database has people or audit entries already." in again.stderr
    with running_portal(folder, fresh_sandbox.url, DATABASE_URL=new) as portal:
        alice.portal, program.base = portal, portal.url
        # The session and the key still work, and new rows do not collide with copied ones.
        add_note(alice, "After the move")
        assert "Erika asks for invoices by post." in alice.get(f"{DOCUMENTED}panels/notes/")
        assert program.get(EXAMPLE).status_code == 200
        repeated = patch(program, "Sent by a program", "before-the-backup")
        assert (repeated.status_code, repeated.headers["Idempotency-Replayed"]) == (200, "true")
        portal.staff("erin", "viewer")
        assert portal.manage("verify_audit").startswith("The chain is intact.")

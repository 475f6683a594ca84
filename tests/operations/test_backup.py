"""A portal is backed up while it serves, destroyed, and restored by the commands of docs/operations.md."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import requests

from tests import html
from tests.api.conftest import EXAMPLE
from tests.journeys.changes.visitor import Visitor
from tests.operations import documented
from tests.operations.portal_data import add_note, counts, fill, patch
from tests.plugins.command_line import Command
from tests.plugins.environment import ON_SERVICES
from tests.plugins.processes import ROOT, Sandbox, migrate, migrated_database, running_portal

pytestmark = pytest.mark.slow

DATABASE = "PostgreSQL" if ON_SERVICES else "SQLite"
# Tables whose rows the portal writes or deletes in any request.
CHANGING = {
    "billing_auditentry",
    "billing_auditcontent",
    "billing_note",
    "billing_usedonce",
    "billing_keptcopy",
}
OTHER_KEY = "other:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
_ALL_ACLS = (
    "SELECT relname, relacl::text, pg_get_userbyid(relowner) FROM pg_class WHERE relname ~ '^(billing|auth)_'"
)
_EACH_NOTE_HAS_ITS_ENTRY = """
from billing.models import AuditEntry, Note
print(Note.objects.count() > 2, AuditEntry.objects.filter(verb="note.add").count() - Note.objects.count())
"""


@dataclass(frozen=True)
class Installed:
    """An empty portal's database, and the variables for the commands of an operator."""

    url: str
    environment: dict[str, str]


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installed]:
    settings = {"HTTPS_ONLY": "on", "ALLOWED_HOSTS": "billing.example", "TRUSTED_PROXIES": "127.0.0.1"}
    if not ON_SERVICES:
        url = migrated_database(tmp_path)
        yield Installed(url, {**os.environ, **settings, "DATABASE_URL": url})
        return
    server = os.environ["DATABASE_URL"]
    environment = {**os.environ, **settings, **documented.postgresql_environment(server)}
    with _roles(tmp_path, environment):
        url = server.replace("//portal@", "//billing_portal@").rpartition("/")[0] + "/billing"
        migrate(url.replace("billing_portal@", "billing_owner@"))
        yield Installed(url, {**environment, "DATABASE_URL": url})


@contextmanager
def _roles(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """Create the roles and the database as the containers do. Delete them afterwards."""
    for name in ("owner_password", "portal_password"):
        (folder / name).write_text("not needed here")
    script = (ROOT / "deploy" / "container" / "create-roles.sh").read_text()
    script = script.replace("/run/secrets", str(folder)).replace("--username postgres", "--dbname portal")
    documented.run(script, folder, environment)
    try:
        yield
    finally:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS billing WITH (FORCE)")
            connection.execute("DROP ROLE billing_portal, billing_owner")


def privileges(url: str) -> list[tuple[str, str, str]]:
    with psycopg.connect(url) as connection:
        return sorted(connection.execute(_ALL_ACLS).fetchall())


@contextmanager
def notes_are_written(alice: Visitor) -> Iterator[None]:
    """Let alice write notes meanwhile."""
    has_ended = threading.Event()

    def write() -> None:
        while not has_ended.is_set():
            add_note(alice, "While the backup is made")
            has_ended.wait(0.1)

    thread = threading.Thread(target=write)
    add_note(alice, "Before the backup")
    thread.start()
    yield
    has_ended.set()
    thread.join()


def test_restored_portal_repeats_nothing_and_opens_everything(
    installed: Installed, fresh_sandbox: Sandbox, static_files: None, tmp_path: Path
) -> None:
    backup, folder = str(tmp_path / "backup"), tmp_path / "portal"
    folder.mkdir()
    with running_portal(folder, fresh_sandbox.url, DATABASE_URL=installed.url) as portal:
        alice, program = fill(portal)
        review = alice.prepare("Sent after the backup")
        form = alice.signature(review)
        environment = {**installed.environment, "ALTOSTRAT_API_URL": fresh_sandbox.url}
        with notes_are_written(alice):
            documented.run(documented.commands(f"Back up {DATABASE}"), tmp_path, environment, BACKUP=backup)
        counted, passwords = counts(portal), portal.passwords
        acls = privileges(installed.url) if ON_SERVICES else []

        assert alice.send(f"{review}send/", form).status_code == 302
        assert patch(program, "After the backup", "lost").status_code == 200
        assert program.key is not None
        portal.manage("revoke_key", program.key[:12])
    written = len(fresh_sandbox.writes())
    if not ON_SERVICES:
        for file in tmp_path.glob("portal.sqlite3*"):
            file.unlink()

    documented.run(documented.commands(f"Restore {DATABASE}"), tmp_path, environment, BACKUP=backup)
    printed = documented.run(
        f"BACKUP='{backup}'\n{documented.commands('After a restore')}", tmp_path, environment
    )

    assert "The chain is intact" in printed
    assert "Token: 2 open, 0 do not." in printed
    assert "Changes that may have been sent after the backup: 1." in printed
    assert "1 applied, 0 not applied, 0 still unknown" in printed
    assert f"{program.key[:12]}  alice  test  billing:read billing:write" in printed
    assert not ON_SERVICES or privileges(installed.url) == acls
    closed = Command(
        "reseal_tokens", "--check", environment={**environment, "VAULT_KEYS": OTHER_KEY}
    ).finish()
    assert "Token: 0 open, 2 do not." in closed.stdout
    with running_portal(folder, fresh_sandbox.url, DATABASE_URL=installed.url) as portal:
        portal.passwords = passwords
        assert _unchanging(counts(portal)) == _unchanging(counted)
        assert portal.manage("shell", "-v0", "-c", _EACH_NOTE_HAS_ITS_ENTRY).strip() == "True 0"
        assert "/sign-in/" in _at(portal.url, alice).get(portal.url + review, timeout=20).url
        again = Visitor(portal, "alice").sign_in()
        assert "The change was applied." in again.get(review)
        token = html.fields(again.get("/account/"))["csrfmiddlewaretoken"]
        again.send(f"{review}send/", form | {"csrfmiddlewaretoken": token})
        program.base = portal.url
        assert program.get(EXAMPLE).status_code == 200
        assert patch(program, "After the backup", "lost").status_code == 403
    assert len(fresh_sandbox.writes()) == written


def _unchanging(counted: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counted.items() if name not in CHANGING}


def _at(url: str, visitor: Visitor) -> requests.Session:
    """Return the session of a browser that was signed in before the restore."""
    visitor.portal.url = url
    return visitor.session

"""Several processes write to the audit log; on PostgreSQL with a role that owns no table."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.plugins.command_line import Command, CommandLine
from tests.plugins.environment import ON_SERVICES
from tests.plugins.processes import migrate, own_database

pytestmark = pytest.mark.slow

PROCESSES, THREADS, EACH = 3, 4, 10

# Every other transaction first locks the writer's own row, and one in five is rolled back.
WRITER = f"""
import threading
from django.db import connection, transaction
from billing.models import User
from billing.services import audit
from billing.services.actor import Actor, Door

failures = []

def write(name):
    try:
        user = User.objects.get_or_create(username=name)[0]
        actor = Actor(user, Door.PAGE, frozenset())
        for number in range({EACH}):
            with transaction.atomic():
                if number % 2:
                    User.objects.select_for_update().get(pk=user.pk)
                    User.objects.filter(pk=user.pk).update(last_name=str(number))
                audit.record(actor, "load.write", audit.Outcome.SUCCEEDED, after={{"number": number}})
                if number % 5 == 4:
                    transaction.set_rollback(True)
            audit.record_read(actor, "ws_1", "cus_1")
    except Exception as error:
        failures.append(repr(error))
    finally:
        connection.close()

threads = [threading.Thread(target=write, args=(f"writer-{{i}}",)) for i in range({THREADS})]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(failures or "no failures")
"""


# Roles belong to the server, which several test processes share.
OWNER, PORTAL = (f"billing_{what}_{os.getpid()}" for what in ("owner", "portal"))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return a migrated database; on PostgreSQL its owner is not a superuser."""
    url = own_database(tmp_path_factory.mktemp("writers"))
    if ON_SERVICES:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {OWNER} LOGIN".encode())
            connection.execute(f"ALTER DATABASE {connection.info.dbname} OWNER TO {OWNER}".encode())
        url = url.replace("//portal@", f"//{OWNER}@")
    environment = {**os.environ, "DATABASE_URL": url}
    migrate(url)
    return environment


@pytest.fixture(scope="module")
def as_portal(environment: dict[str, str]) -> dict[str, str]:
    """Return the same database; on PostgreSQL with the portal's role, which owns no table."""
    if not ON_SERVICES:
        return environment
    url = environment["DATABASE_URL"].replace(f"//{OWNER}@", f"//{PORTAL}@")
    with psycopg.connect(environment["DATABASE_URL"].replace(OWNER, "portal"), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {PORTAL} LOGIN".encode())
    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as connection:
        # These are the grants in README.md.
        connection.execute(
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {PORTAL}".encode()
        )
        connection.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {PORTAL}".encode())
        connection.execute(f"REVOKE UPDATE, DELETE ON billing_auditentry FROM {PORTAL}".encode())
        connection.execute(f"REVOKE DELETE ON billing_auditcontent FROM {PORTAL}".encode())
    return {**environment, "DATABASE_URL": url}


def test_concurrent_writers_make_one_chain(as_portal: dict[str, str]) -> None:
    writers = [Command("shell", "-v0", "-c", WRITER, environment=as_portal) for _ in range(PROCESSES)]
    printed = [writer.finish().stdout.strip() for writer in writers]

    assert printed == ["no failures"] * PROCESSES
    with closing(CommandLine(as_portal)) as commands:
        committed = PROCESSES * THREADS * EACH * 4 // 5
        output = commands.run("verify_audit")
        assert output.startswith(
            f"The chain is intact. Entries: {committed + THREADS}; contents: {committed} opened"
        )


@pytest.mark.skipif(not ON_SERVICES, reason="SQLite has no roles")
def test_portal_role_cannot_change_or_prune(as_portal: dict[str, str]) -> None:
    with psycopg.connect(as_portal["DATABASE_URL"], autocommit=True) as connection:
        for statement in (
            "UPDATE billing_auditentry SET verb = 'x'",
            "DELETE FROM billing_auditentry",
            "TRUNCATE billing_auditentry",
            "ALTER TABLE billing_auditentry DISABLE TRIGGER ALL",
            "DELETE FROM billing_auditcontent",
            "TRUNCATE billing_auditcontent",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
    with closing(CommandLine(as_portal)) as commands:
        with pytest.raises(
            RuntimeError, match=f"the audit table belongs to the role {OWNER}, not to {PORTAL}"
        ):
            commands.run("prune_audit", "--older-than-days", "1", "--yes")
        with pytest.raises(RuntimeError, match="the audit table belongs to"):
            commands.run("prune_audit", "--older-than-days", "1", "--contents-only", "--yes")
        commands.run("verify_audit")


RESEAL = """
from billing.models import AuditContent, User
from billing.services import audit
from billing.services.actor import Actor, Door
from billing.services.audit import content
rhea = Actor(User.objects.get_or_create(username="rhea")[0], Door.COMMAND, frozenset())
entry = audit.record(rhea, "reseal.test", audit.Outcome.SUCCEEDED, after={"number": 1})
print([content.reseal(row) for row in AuditContent.objects.filter(entry_id=entry.pk)])
"""


def test_portal_role_can_reseal_contents(
    as_portal: dict[str, str],
) -> None:
    with closing(CommandLine(as_portal)) as commands:
        assert commands.run("shell", "-v0", "-c", RESEAL).strip() == "[True]"


PRIVILEGES = "from billing.services.maintenance import audit_retention; print(len(audit_retention.excess_privileges()))"


@pytest.mark.skipif(not ON_SERVICES, reason="SQLite has no roles")
def test_check_warns_about_owner_and_wide_grants(
    environment: dict[str, str], as_portal: dict[str, str]
) -> None:
    with closing(CommandLine(as_portal)) as commands:
        assert commands.run("shell", "-v0", "-c", PRIVILEGES).strip() == "0"
        with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(f"GRANT DELETE ON billing_auditcontent TO {PORTAL}".encode())
        assert commands.run("shell", "-v0", "-c", PRIVILEGES).strip() == "1"
        with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(f"REVOKE DELETE ON billing_auditcontent FROM {PORTAL}".encode())
    with closing(CommandLine(environment)) as commands:
        assert int(commands.run("shell", "-v0", "-c", PRIVILEGES).strip()) >= 1
        with pytest.raises(RuntimeError, match=r"billing\.W001"):
            commands.run("check", "--deploy", "--database", "default", "--fail-level", "WARNING")


@pytest.mark.skipif(not ON_SERVICES, reason="SQLite has no roles")
def test_owner_is_stopped_by_the_trigger_but_can_prune(environment: dict[str, str]) -> None:
    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as connection:
        for statement in ("UPDATE billing_auditentry SET verb = 'x'", "TRUNCATE billing_auditentry"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
        # An owner can regain the privilege, but the trigger still refuses.
        connection.execute("GRANT ALL ON billing_auditentry TO CURRENT_USER")
        for statement in ("UPDATE billing_auditentry SET verb = 'x'", "TRUNCATE billing_auditentry"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed or deleted"):
                connection.execute(statement)
        connection.execute("REVOKE UPDATE, DELETE, TRUNCATE ON billing_auditentry FROM CURRENT_USER")
    prune = (
        "from datetime import timedelta; from django.utils import timezone; "
        "from billing.services.maintenance import audit_retention; "
        "print(audit_retention.prune(timezone.now() + timedelta(minutes=1)).entries)"
    )
    with closing(CommandLine(environment)) as commands:
        commands.run("create_staff", "ada", "--role", "viewer")
        assert int(commands.run("shell", "-v0", "-c", prune)) > 0
        assert commands.run("verify_audit").startswith("The chain is intact. Entries: 1;")


def test_old_entries_are_chained_by_the_migration(tmp_path: Path) -> None:
    environment = {**os.environ, "DATABASE_URL": own_database(tmp_path)}
    old = (
        'from django.db import connection; connection.cursor().execute("INSERT INTO billing_auditentry '
        "(at, actor_name, door, key_prefix, address, request_id, verb, subject, workspace_id, outcome, detail) "
        "VALUES ('2026-01-02 03:04:05.678+00', 'ada', 'page', '', '127.0.0.1', '', 'a.b', '', '', 'failed', '')\")"
    )
    with closing(CommandLine(environment)) as commands:
        commands.run("migrate", "billing", "0005", "-v0")
        for _ in range(3):
            commands.run("shell", "-v0", "-c", old)
        commands.run("migrate", "-v0")

        assert commands.run("verify_audit").startswith("The chain is intact. Entries: 3;")

        commands.run("create_staff", "ada", "--role", "viewer")
        assert commands.run("verify_audit").startswith("The chain is intact. Entries: 4;")

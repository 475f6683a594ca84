"""A portal with a database of its own, which the tests may break."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import requests

from tests.journeys.changes.visitor import Visitor
from tests.pages.addresses import DOCUMENTED
from tests.plugins.environment import ON_SERVICES
from tests.plugins.processes import Portal, Sandbox, migrate, running_portal
from tests.plugins.services import postgresql
from tests.tokens import FINANCE

KINDS = {"locked", "full", "down"} | ({"read-only", "stalled"} if ON_SERVICES else set())


class SQLite:
    """A database file on a small disk of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "portal.sqlite3"
        self.url = f"sqlite:///{self.file}"

    def run(self, *statements: str) -> None:
        with sqlite3.connect(self.file, timeout=10) as connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()

    def fail_inserts(self, table: str) -> None:
        self.run(
            f"CREATE TRIGGER no_rows BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'private text'); END"
        )

    def allow_inserts(self, table: str) -> None:
        self.run("DROP TRIGGER no_rows")

    @contextmanager
    def locked(self) -> Iterator[None]:
        connection = sqlite3.connect(self.file, timeout=10, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
        connection.close()

    @contextmanager
    def full(self) -> Iterator[None]:
        # A log of its full length is written again from the start, and needs no space.
        self.run("PRAGMA wal_checkpoint(TRUNCATE)")
        filling = self.folder / "filling"
        with filling.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
        yield
        filling.unlink()

    @contextmanager
    def down(self) -> Iterator[None]:
        self.run("PRAGMA wal_checkpoint(TRUNCATE)")
        content = self.file.read_bytes()
        self.file.write_bytes(b"not a database".ljust(len(content)))
        yield
        self.file.write_bytes(content)


class PostgreSQL:
    """A server of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        with self.connect() as connection:
            row = connection.execute("SHOW data_directory").fetchone()
        assert row is not None
        self.postmaster = int((Path(row[0]) / "postmaster.pid").read_text().split()[0])

    def connect(self) -> psycopg.Connection[Any]:
        parts = urlsplit(self.url)
        return psycopg.connect(
            host=parts.hostname, port=parts.port, user=parts.username, dbname="portal", autocommit=True
        )

    def run(self, *statements: str) -> None:
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def _raise(self, table: str, event: str, code: str) -> None:
        self.run(
            f"CREATE FUNCTION broken_{table}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION 'private text' USING ERRCODE = '{code}'; END $$",
            f"CREATE TRIGGER broken BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION broken_{table}()",
        )

    def fail_inserts(self, table: str) -> None:
        self._raise(table, "INSERT", "P0001")

    def allow_inserts(self, table: str) -> None:
        self.run(f"DROP TRIGGER broken ON {table}", f"DROP FUNCTION broken_{table}")

    @contextmanager
    def locked(self) -> Iterator[None]:
        with self.connect() as connection, connection.transaction():
            connection.execute("LOCK TABLE billing_auditentry IN SHARE MODE")
            yield

    @contextmanager
    def full(self) -> Iterator[None]:
        # What PostgreSQL raises when it cannot extend a file.
        for table in ("billing_auditentry", "billing_audithead"):
            self._raise(table, "INSERT OR UPDATE", "53100")
        yield
        for table in ("billing_auditentry", "billing_audithead"):
            self.allow_inserts(table)

    @contextmanager
    def read_only(self) -> Iterator[None]:
        self._all_read_only("on")
        yield
        self._all_read_only("off")

    def _all_read_only(self, state: str) -> None:
        with self.connect() as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(f"ALTER DATABASE portal SET default_transaction_read_only = {state}".encode())
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = 'portal' AND pid <> pg_backend_pid()"
            )

    @contextmanager
    def stalled(self) -> Iterator[None]:
        processes = self._processes()
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in processes:
                os.kill(pid, signal.SIGCONT)

    @contextmanager
    def down(self) -> Iterator[None]:
        with self.connect() as connection:
            connection.execute("ALTER SYSTEM SET max_connections = 100")  # the server is alive
        os.kill(self.postmaster, signal.SIGINT)
        yield

    def _processes(self) -> list[int]:
        children = Path(f"/proc/{self.postmaster}/task/{self.postmaster}/children").read_text()
        return [self.postmaster, *map(int, children.split())]


Database = SQLite | PostgreSQL


@dataclass
class Installation:
    """A portal, its database, and what people and programs do with it."""

    portal: Portal
    database: Database
    alice: Visitor
    key: str
    account: str = DOCUMENTED.strip("/")

    def api(self) -> requests.Response:
        """Read the account, which adds an entry to the audit log, once in five minutes."""
        headers = {"Authorization": f"Bearer {self.key}"}
        return requests.get(f"{self.portal.url}/api/v1/{self.account}", headers=headers, timeout=20)

    def page(self) -> requests.Response:
        """Open the account's page, which adds an entry as well."""
        return self.alice.session.get(f"{self.portal.url}/{self.account}/", timeout=20)

    def ready(self) -> requests.Response:
        return requests.get(f"{self.portal.url}/readyz", timeout=2)


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, which takes seconds, on a busy machine more."""
    end = time.monotonic() + 60
    while not _holds(holds):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)


def _holds(holds: Callable[[], bool]) -> bool:
    with suppress(requests.Timeout):
        return holds()
    return False


@contextmanager
def _database(folder: Path) -> Iterator[Database]:
    if ON_SERVICES:
        with postgresql() as url:
            yield PostgreSQL(url)
        return
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], check=True)
    try:
        yield SQLite(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def _installation(paths: pytest.TempPathFactory, sandbox: Sandbox) -> Iterator[Installation]:
    patient = {"ALTOSTRAT_READ_TIMEOUT": "10", "ALTOSTRAT_DEADLINE": "15"}
    with _database(paths.mktemp("disk")) as database:
        migrate(database.url)
        folder = paths.mktemp("outages")
        with running_portal(folder, sandbox.url, DATABASE_URL=database.url, **patient) as portal:
            portal.staff("alice", "editor", FINANCE)
            key = portal.key("alice", "billing:read")
            yield Installation(portal, database, Visitor(portal, "alice").sign_in(), key)


@pytest.fixture(scope="module")
def shared_installation(
    tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox, static_files: None
) -> Iterator[Installation]:
    with _installation(tmp_path_factory, sandbox) as installation:
        yield installation


@pytest.fixture(scope="module")
def accounts(sandbox: Sandbox) -> Iterator[str]:
    """Return the addresses of accounts, so that each test reads another one."""
    path = "workspaces/ws_z277qzqejckix84e/billing-accounts"
    headers = {"Authorization": f"Bearer {FINANCE}"}
    listed = requests.get(f"{sandbox.url}/{path}", headers=headers, timeout=20).json()
    return iter([f"{path}/{account['id']}" for account in listed["data"]])


@pytest.fixture
def installation(
    shared_installation: Installation, accounts: Iterator[str], fresh_sandbox: Sandbox
) -> Installation:
    """Return the portal with alice signed in and her key. Each test restores its database."""
    until(lambda: shared_installation.ready().status_code == 200)
    return replace(shared_installation, account=next(accounts, shared_installation.account))


@pytest.fixture
def own_installation(
    tmp_path_factory: pytest.TempPathFactory, fresh_sandbox: Sandbox, static_files: None
) -> Iterator[Installation]:
    """Yield such a portal for one test, which need not restore its database."""
    with _installation(tmp_path_factory, fresh_sandbox) as installation:
        yield installation

"""PostgreSQL with a synchronous standby, and the two roles that README.md describes."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg

from bench.chaos.daemon import Daemon
from tests.plugins.services import POSTGRES_FOLDERS, free_port, private_folder, program, unprivileged

_WAIT_SECONDS: Final = 60
_PRIMARY: Final = {"synchronous_standby_names": "*", "synchronous_commit": "on"}
# A standby that has lost its primary tries again after this time, and commits wait for the standby.
_STANDBY: Final = {"wal_retrieve_retry_interval": "1s"}
# The machine does not fail here, only its processes.
_QUICK: Final = {"fsync": "off", "full_page_writes": "off", "listen_addresses": "127.0.0.1"}
_ROLES: Final = (
    "CREATE ROLE billing_owner LOGIN",
    "CREATE ROLE billing_portal LOGIN",
    "CREATE DATABASE billing OWNER billing_owner",
)
_PRIVILEGES: Final = (
    "ALTER DEFAULT PRIVILEGES FOR ROLE billing_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES"
    " TO billing_portal",
    "ALTER DEFAULT PRIVILEGES FOR ROLE billing_owner GRANT USAGE ON SEQUENCES TO billing_portal",
)


class Cluster:
    """The primary and its standby. After `fail_over` the standby is the primary, and there is no standby."""

    def __init__(self, folder: Path, account: dict[str, Any]) -> None:
        self._folder, self._account = folder, account
        self._ports = (free_port(), free_port())
        self.primary = self._server("primary", self._ports[0], _PRIMARY)
        self._standby = self._server("standby", self._ports[1], _STANDBY)

    def url(self, role: str) -> str:
        """Return the DATABASE_URL of a role. It leads to whichever server accepts writes."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._ports)
        return f"postgres://{role}@{hosts}/billing"

    def address(self, database: str) -> str:
        """Return the administrator's address of a database."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._ports)
        return f"postgresql://postgres@{hosts}/{database}?target_session_attrs=read-write"

    def start(self) -> None:
        """Create both servers, the roles and the database."""
        self._run(
            "initdb",
            "-D",
            "primary",
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C",
        )
        self.primary.start()
        self._execute("postgres", *_ROLES, is_synchronous=False)
        self._execute("billing", *_PRIVILEGES, is_synchronous=False)
        connection = ["-h", "127.0.0.1", "-p", str(self._ports[0]), "-U", "postgres"]
        self._run(
            "pg_basebackup", *connection, "-D", "standby", "-R", "-X", "stream", "-c", "fast", "--no-sync"
        )
        self._standby.start()
        self.wait_for_standby()

    def wait_for_standby(self) -> None:
        """Wait until the standby confirms what the primary commits."""
        deadline = time.monotonic() + _WAIT_SECONDS
        query = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
        while self._execute("postgres", query)[0] != 1:
            if time.monotonic() > deadline:
                raise RuntimeError("The standby does not follow the primary.")
            time.sleep(0.1)

    def restart(self) -> None:
        self.primary.stop(signal.SIGINT)  # "fast": ends all connections
        self.primary.start()

    def fail_over(self) -> None:
        """Kill the primary, and promote the standby."""
        self.primary.stop(signal.SIGQUIT)
        self._run("pg_ctl", "promote", "-D", "standby", "-w")
        self.primary, self._standby = self._standby, self.primary

    def close(self) -> None:
        self._standby.close()
        self.primary.close()

    def _server(self, name: str, port: int, options: dict[str, str]) -> Daemon:
        settings = {**_QUICK, "port": str(port), "unix_socket_directories": str(self._folder), **options}
        words = [word for setting, value in settings.items() for word in ("-c", f"{setting}={value}")]
        command = [program("postgres", POSTGRES_FOLDERS), "-D", str(self._folder / name), *words]
        log = self._folder / f"{name}.log"
        return Daemon(command, self._folder, log, lambda: _accepts(port), account=self._account)

    def _run(self, name: str, *words: str) -> None:
        command = [program(name, POSTGRES_FOLDERS), *words]
        subprocess.run(command, check=True, capture_output=True, cwd=self._folder, **self._account)

    def _execute(self, database: str, *statements: str, is_synchronous: bool = True) -> tuple[Any, ...]:
        """Execute the statements, and return the first row of the last one."""
        with psycopg.connect(self.address(database), autocommit=True) as connection:
            if not is_synchronous:
                connection.execute("SET synchronous_commit = local")
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return (cursor.fetchone() or ()) if cursor.description else ()


def _accepts(port: int) -> bool:
    try:
        psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    account = unprivileged()
    with private_folder("portal-chaos-postgres-", account) as folder:
        cluster = Cluster(folder, account)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.close()

"""The system's PostgreSQL and Redis for the tests, on free loopback ports."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

POSTGRES_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)
_START_SECONDS = 30


class MissingProgram(RuntimeError):
    """A program that the tests need is not installed. The message says how to install it."""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a new PostgreSQL server. Yield the DATABASE_URL of its database `portal`."""
    initdb, server = program("initdb", POSTGRES_FOLDERS), program("postgres", POSTGRES_FOLDERS)
    port, drop = free_port(), unprivileged()
    with private_folder("portal-postgres-", drop) as folder:
        data = folder / "data"
        command = [
            initdb,
            "-D",
            str(data),
            "-U",
            "portal",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C",
        ]
        subprocess.run(command, check=True, capture_output=True, cwd=folder, **drop)
        quick = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        local = [
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            f"port={port}",
            "-c",
            f"unix_socket_directories={folder}",
            "-c",
            "max_connections=400",  # of all portals and processes of the tests together
        ]
        command = [server, "-D", str(data), *quick, *local]
        with running(command, folder, lambda: listens(port), drop, stop_signal=3):
            _create_database(port, "portal")
            yield f"postgres://portal@127.0.0.1:{port}/portal"


@contextmanager
def redis() -> Iterator[str]:
    """Run a new Redis server that saves nothing to disk. Yield its CACHE_URL."""
    server, port = program("redis-server", ()), free_port()
    with tempfile.TemporaryDirectory(prefix="portal-redis-") as name:
        options = [
            "--port",
            str(port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            name,
        ]
        with running([server, *options], Path(name), lambda: listens(port), {}):
            yield f"redis://127.0.0.1:{port}/0"


def _create_database(port: int, name: str) -> None:
    import psycopg

    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            with psycopg.connect(
                f"postgresql://portal@127.0.0.1:{port}/postgres", autocommit=True
            ) as connection:
                connection.execute(f"CREATE DATABASE {name}")
                return
        except psycopg.OperationalError:  # it listens before it is ready
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def program(name: str, folders: tuple[str, ...]) -> str:
    found = [
        candidate for folder in folders for candidate in sorted(glob.glob(f"{folder}/{name}"), reverse=True)
    ]
    program = next(iter(found), None) or shutil.which(name)
    if program is None:
        raise MissingProgram(f"{name} is not installed. `make test` installs it or prints how to.")
    return program


def unprivileged() -> dict[str, Any]:
    """Return the account to run PostgreSQL as, which refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            account = pwd.getpwnam(name)
            return {"user": account.pw_uid, "group": account.pw_gid}
    raise MissingProgram(
        "PostgreSQL does not run as root, and this machine has no account postgres or nobody."
    )


@contextmanager
def private_folder(prefix: str, owner: dict[str, Any]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=prefix) as name:
        if owner:
            os.chown(name, owner["user"], owner["group"])
        yield Path(name)


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextmanager
def running(
    command: list[str], folder: Path, ready: Callable[[], bool], drop: dict[str, Any], stop_signal: int = 15
) -> Iterator[None]:
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **drop
    )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{Path(command[0]).name} did not start.")
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(stop_signal)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        process.kill()
        process.wait()

"""The sandbox Altostrat and the portal as real processes, configured as an operator would."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import requests

from tests.plugins.command_line import Command, CommandLine, Program, Server
from tests.plugins.environment import ON_SERVICES
from tests.plugins.services import free_port

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 60

# Django's system checks load all views, which is half the work of a first command. The server runs the checks.
_QUICKLY = "--skip-checks"


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox. Its journal lists the requests that arrived."""

    url: str

    def requests(self) -> list[dict[str, Any]]:
        """Return the requests since the last `clear`, oldest first."""
        return list(requests.get(f"{self.url}/_sandbox/requests", timeout=5).json())

    def clear(self) -> None:
        """Empty the journal."""
        requests.delete(f"{self.url}/_sandbox/requests", timeout=5).raise_for_status()

    def writes(self, path: str = "") -> list[dict[str, Any]]:
        """Return the requests that change something and whose path matches. `status` is the result, delivered or not.

        A preview of an invoice is a POST, but changes nothing.
        """
        rows = [row for row in self.requests() if row["method"] != "GET"]
        changing = [row for row in rows if not row["path"].endswith("/invoices/preview")]
        return [row for row in changing if re.search(path, row["path"])]

    def reset(self) -> None:
        """Restore the initial data, remove all faults and empty the journal."""
        requests.post(f"{self.url}/_sandbox/reset", timeout=5).raise_for_status()

    def fault(
        self,
        does: str,
        path: str = "",
        *,
        method: str = "*",
        times: int | None = 1,
        document: object = None,
        token: str | None = None,
    ) -> None:
        """Add a fault, see docs/sandbox.md; `times=None` means forever."""
        address = f"{self.url}/_sandbox/faults"
        rule: dict[str, object] = {"method": method, "path": path, "times": times, "does": does}
        rule |= {"document": document, "token": token}
        rules = [row for row in requests.get(address, timeout=5).json() if row["times"] != 0]
        requests.put(address, json=[*rules, rule], timeout=5).raise_for_status()

    def says(self, path: str, document: object, *, method: str = "GET") -> None:
        """Make Altostrat answer 200 with this JSON, until `no_faults` or `reset`."""
        self.fault("status:200", path, method=method, times=None, document=document)

    def no_faults(self) -> None:
        """Remove all faults."""
        requests.delete(f"{self.url}/_sandbox/faults", timeout=5).raise_for_status()

    def put(self, table: str, of: str, *rows: Mapping[str, Any]) -> None:
        """Replace the rows of an account (or the accounts of a workspace) until the reset, see docs/sandbox.md."""
        body = {"table": table, "of": of, "rows": rows}
        requests.put(f"{self.url}/_sandbox/rows", json=body, timeout=5).raise_for_status()

    def add_payment_method(self, workspace_id: str, account_id: str, **attributes: Any) -> str:
        """Add a payment method, as a person does with Stripe.js. By default it is a Visa card. Return the new id."""
        body = {"workspace_id": workspace_id, "billing_account_id": account_id, **attributes}
        answer = requests.post(f"{self.url}/_sandbox/payment-methods", json=body, timeout=5)
        answer.raise_for_status()
        return str(answer.json()["id"])


@dataclass
class Portal:
    """A running portal. `log` is its log at level DEBUG."""

    url: str
    log_path: Path
    environment: Mapping[str, str]
    command_line: CommandLine
    pid: int = 0
    passwords: dict[str, str] = field(default_factory=dict)

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    @property
    def log_lines(self) -> list[dict[str, Any]]:
        """Return the fields of all lines; fails if one is not a JSON object."""
        return [dict(json.loads(line)) for line in self.log.splitlines()]

    def workers(self) -> set[int]:
        """Return the server's worker processes."""
        command = ["pgrep", "-P", str(self.pid), "-f", r"portal\.server$|multiprocessing\.forkserver"]
        listed = subprocess.run(command, capture_output=True, text=True, check=False)
        return {int(pid) for pid in listed.stdout.split()}

    def manage(self, *words: str, stdin: str = "") -> str:
        """Run a management command with this portal's database. Return what it prints."""
        return self.command_line.run(*words, stdin=stdin)

    def staff(self, name: str, role: str | None = None, token: str | None = None) -> None:
        """Create a person who can sign in, with a role and a token if given."""
        password = f"pass phrase of {name} 4711"
        exists = ["--update"] if name in self.passwords else []
        options = ["--role", role or "viewer", "--password-stdin", *exists, _QUICKLY]
        self.manage("create_staff", name, *options, stdin=password)
        if role is None:
            self.manage(
                "shell",
                "-c",
                f"from billing.models import *; User.objects.get(username='{name}').groups.clear()",
            )
        if token is not None:
            options = ["--user", name, "--label", f"{name}'s token", "--default", _QUICKLY]
            self.manage("store_token", *options, stdin=token)
        self.passwords[name] = password

    def delete_changes(self) -> None:
        """Delete all changes, and the values that were used to send them."""
        self.manage(
            "shell",
            "-c",
            "from billing.models import *; Change.objects.all().delete(); UsedOnce.objects.all().delete()",
        )

    def key(self, name: str, *scopes: str) -> str:
        """Create a portal key of the person."""
        options = ["--user", name, "--name", "test", _QUICKLY, "--scope", *scopes]
        return self.manage("issue_key", *options).strip()


@contextmanager
def running_sandbox(extra_tokens: str = "", *options: str) -> Iterator[Sandbox]:
    """Run `manage.py sandbox` on a free port, with options such as `--latency-ms`, `300`."""
    environment = {**os.environ, **({"SANDBOX_TOKENS": extra_tokens} if extra_tokens else {})}
    command = Command("sandbox", "--port", "0", *options, environment=environment)
    try:
        while not (found := re.search(r"http://[0-9.]+:[0-9]+\s", command.stdout)):
            if not command.process.is_alive():
                raise RuntimeError(f"The sandbox did not start: {command.finish().stderr}")
            time.sleep(0.05)
        yield Sandbox(found[0].strip())
    finally:
        command.stop()


@contextmanager
def running_portal(
    folder: Path, altostrat_url: str, *, command: Sequence[str] = (), **settings: str
) -> Iterator[Portal]:
    """Run the portal's server, or a command such as `bin/serve`. It has a new database, if DATABASE_URL names none."""
    port, log = free_port(), folder / "portal.log"
    environment = {
        **os.environ,
        "PYTHON": sys.executable,
        "PORT": str(port),
        "WEB_CONCURRENCY": "1",
        "ALTOSTRAT_API_URL": altostrat_url,
        "LOG_LEVEL": "DEBUG",
        "DATABASE_URL": settings.get("DATABASE_URL") or migrated_database(folder),
        **settings,
    }
    log.touch()
    with closing(CommandLine(environment)) as commands:
        portal = Portal(f"http://127.0.0.1:{environment['PORT']}", log, environment, commands)
        with closing(Program(command, environment, log) if command else Server(environment, log)) as server:
            portal.pid = server.pid
            _wait_until_ready(portal, server)
            yield portal


def collect_static_files() -> None:
    """Collect the static files if a source is newer."""
    manifest = ROOT / "staticfiles" / "staticfiles.json"
    code = (ROOT / "portal" / "frontend.py", *(ROOT / "billing" / "pages" / "rendering").glob("*.py"))
    sources = [*(ROOT / "static").rglob("*"), ROOT / "package-lock.json", *code]
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "collecting").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may need them at once
        collected = manifest.stat().st_mtime if manifest.exists() else 0
        if any(source.stat().st_mtime > collected for source in sources):
            command = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
            subprocess.run(command, cwd=ROOT, check=True)


def own_database(folder: Path) -> str:
    """Create an empty database and return its DATABASE_URL."""
    return _create_database(folder, "template1") if ON_SERVICES else f"sqlite:///{folder / 'portal.sqlite3'}"


def migrate(database_url: str, **settings: str) -> None:
    """Create the tables of the portal or, with other settings, those of a peer."""
    environment = {"DJANGO_SETTINGS_MODULE": "portal.settings", **settings, "DATABASE_URL": database_url}
    Command("migrate", "-v0", environment={**os.environ, **environment}).finish().check_returncode()


def migrated_database(folder: Path) -> str:
    """Create a database with all tables and return its DATABASE_URL."""
    if ON_SERVICES:
        return _create_database(folder, template_database())
    shutil.copyfile(template_database(), folder / "portal.sqlite3")
    return own_database(folder)


@cache
def template_database() -> str:
    """Return the name, or the file, of a database with all tables to copy.

    Migrations take seconds, so only the first process of the tests that needs it runs them.
    """
    folder = Path(os.environ["TEST_FOLDER"])
    found = folder / "template"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.exists():
            url = own_database(folder)
            migrate(url)
            found.write_text(url.rpartition("/")[2] if ON_SERVICES else url.removeprefix("sqlite:///"))
    return found.read_text()


def _create_database(folder: Path, template: str) -> str:
    import psycopg

    url = os.environ["DATABASE_URL"]
    name = f"portal_{folder.name.replace('-', '_')}_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
    return f"{url.rpartition('/')[0]}/{name}"


def _wait_until_ready(portal: Portal, server: Server | Program) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        with suppress(requests.ConnectionError, requests.Timeout):
            if requests.get(f"{portal.url}/readyz", timeout=5).status_code == 200:
                return
        if server.has_ended or time.monotonic() > deadline:
            raise RuntimeError(f"The portal did not start:\n{portal.log[-3000:]}")
        time.sleep(0.1)

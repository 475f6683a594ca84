"""The commands of docs/operations.md and README.md, run as they are written."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer
from typing import Final

import psycopg

from tests.plugins.command_line import Command
from tests.plugins.processes import ROOT
from tests.plugins.services import POSTGRES_FOLDERS, program

# What a test cannot do as it is written: to use systemd, other accounts, and Redis on its usual port.
_SUBSTITUTES: Final = {"systemctl": "exit 0", "redis-cli": "exit 0", "runuser": 'shift 3; exec "$@"'}

_MANAGE: Final = """
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({!r})
    server.sendall(json.dumps([sys.argv[1:], dict(os.environ)]).encode() + b"\\n")
    code, stdout, stderr = json.load(server.makefile())
sys.stdout.write(stdout), sys.stderr.write(stderr), sys.exit(code)
"""


def commands(heading: str, document: str = "docs/operations.md") -> str:
    """Return the commands below a heading, up to the next one."""
    text = (ROOT / document).read_text()
    section = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    assert section, f"{document} has no heading {heading!r}."
    lines = re.findall(r"^    (.*)$", section[1], re.MULTILINE)
    assert lines, f"There are no commands below {heading!r} in {document}."
    return "\n".join(lines)


def run(script: str, folder: Path, environment: Mapping[str, str], **replaced: str) -> str:
    """Run commands in the repository and return what they print. `replaced` has the value of each variable."""
    for name, value in replaced.items():
        script, count = re.subn(rf"^{name}=.*$", f"{name}='{value}'", script, flags=re.MULTILINE)
        assert count == 1, f"The commands set {name} {count} times."
    for written, used in {
        "/opt/billing-portal": str(ROOT),
        ".venv/bin/python manage.py": "manage.py",
        ".venv/bin/python": sys.executable,
        "/var/lib/billing-portal": str(folder),
        " -o billing -g billing": "",
    }.items():
        script = script.replace(written, used)
    variables = {**environment, "PATH": f"{_programs(folder)}:{environment['PATH']}"}
    del variables["DJANGO_ALLOW_ASYNC_UNSAFE"]
    with _quick_commands(folder):
        finished = subprocess.run(
            ["sh", "-eu", "-c", script],
            cwd=ROOT,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
    assert finished.returncode == 0, f"{script}\n{finished.stdout}\n{finished.stderr}"
    return finished.stdout


def postgresql_environment(url: str) -> dict[str, str]:
    """Return the variables that lead PostgreSQL's programs to the server of the tests as its superuser."""
    info = psycopg.conninfo.conninfo_to_dict(url)
    return {"PGHOST": str(info["host"]), "PGPORT": str(info["port"]), "PGUSER": str(info["user"])}


@contextmanager
def _quick_commands(folder: Path) -> Iterator[None]:
    """Run `manage.py` in processes that have loaded the libraries: each command would spend a second on that."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            words, environment = json.loads(self.rfile.readline())
            finished = Command(*words, environment=environment).finish()
            self.wfile.write(json.dumps([finished.returncode, finished.stdout, finished.stderr]).encode())

    address = folder / "manage"
    with ThreadingUnixStreamServer(str(address), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            address.unlink()


def _programs(folder: Path) -> str:
    """Return the folders of the substitutes and of the programs of the server's own version."""
    shims = folder / "programs"
    shims.mkdir(exist_ok=True)
    for name, text in _SUBSTITUTES.items():
        (shims / name).write_text(f"#!/bin/sh\n{text}\n")
        (shims / name).chmod(0o755)
    manage = shims / "manage.py"
    manage.write_text(f"#!{sys.executable} -SE\n{_MANAGE.format(str(folder / 'manage'))}")
    manage.chmod(0o755)
    return f"{shims}:{Path(program('initdb', POSTGRES_FOLDERS)).parent}"

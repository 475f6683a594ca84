#!/usr/bin/env python3
"""The demo: a sandbox Altostrat and the portal, started together and stopped together. `make run` calls it."""

from __future__ import annotations

import base64
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
SECRETS = VAR / "demo.env"
LOG = VAR / "demo.log"


def main() -> None:
    """Starts everything, prints where and how to sign in, and waits."""
    signal.signal(signal.SIGTERM, _interrupt)
    os.chdir(ROOT)
    VAR.mkdir(exist_ok=True)
    port = _port("PORT", 8000)
    _refuse_busy(port, "PORT")
    sandbox_port = _port("SANDBOX_PORT", 0) or next(p for p in range(port + 1, port + 100) if _is_free(p))
    kept = _secrets()
    environment = _environment(kept, port, sandbox_port)
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        with LOG.open("ab") as log:
            _step("Preparing the database")
            _manage(environment, "migrate", "-v0")
            if _static_files_are_stale():
                _step("Collecting the static files")
                _manage(environment, "collectstatic", "--noinput", "-v0")
            _step("Starting the sandbox Altostrat")
            children["sandbox"] = _start(
                log, environment, "manage.py", "sandbox", "--port", str(sandbox_port)
            )
            _wait(f"http://127.0.0.1:{sandbox_port}/_sandbox/requests", children)
            _manage(environment, "create_demo_staff", stdin=kept["DEMO_PASSWORD"])
            _step("Starting the portal")
            children["portal"] = _start(log, environment, "-m", "gunicorn", "portal.wsgi")
            _wait(f"http://127.0.0.1:{port}/readyz", children)
            print(
                f"\n    http://127.0.0.1:{port}/\n\n"
                f"    Sign in as  viewer, editor or admin\n    Password    {kept['DEMO_PASSWORD']}\n\n"
                f"    Made-up data from a sandbox Altostrat. Log: {LOG.relative_to(ROOT)}. Ctrl-C stops everything.\n",
                flush=True,
            )
            _wait_for_the_first_to_end(children)
    except KeyboardInterrupt:
        print("\n==> Stopping", flush=True)
    finally:
        _stop(children)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _step(text: str) -> None:
    print(f"==> {text}", flush=True)


def _port(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdigit() or int(text) > 65435:
        sys.exit(f"{name} must be a port number, such as {name}=8080.")
    return int(text)


def _is_free(port: int) -> bool:
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _refuse_busy(port: int, name: str) -> None:
    if not _is_free(port):
        sys.exit(f"Port {port} is taken by another program. Choose another one: {name}={port + 80} make run")


def _secrets() -> dict[str, str]:
    """Made at the first start and kept, so that sessions and stored tokens outlive a restart."""
    if not SECRETS.exists():
        made = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "VAULT_KEYS": f"demo:{base64.b64encode(secrets.token_bytes(32)).decode()}",
            "DEMO_PASSWORD": secrets.token_urlsafe(9),
        }
        descriptor = os.open(SECRETS, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.writelines(f"{name}={value}\n" for name, value in made.items())
    lines = SECRETS.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def _environment(kept: dict[str, str], port: int, sandbox_port: int) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {
        **inherited,
        "SECRET_KEY": kept["SECRET_KEY"],
        "VAULT_KEYS": kept["VAULT_KEYS"],
        "DEMO": "on",
        "DEBUG": "off",
        "HTTPS_ONLY": "off",
        "LOCAL_LOGIN": "on",
        "LOG_LEVEL": "INFO",
        "ALLOWED_HOSTS": "127.0.0.1,localhost,[::1]",
        "CSRF_TRUSTED_ORIGINS": "",
        "DATABASE_URL": f"sqlite:///{VAR / 'demo.sqlite3'}",
        "CACHE_URL": "locmemcache://",
        "ALTOSTRAT_API_URL": f"http://127.0.0.1:{sandbox_port}",
        "PORT": str(port),
        "WEB_CONCURRENCY": "1",
    }


def _manage(environment: dict[str, str], *words: str, stdin: str = "") -> None:
    command = [sys.executable, "manage.py", *words]
    done = subprocess.run(command, env=environment, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"manage.py {words[0]} failed:\n{done.stderr}")


def _static_files_are_stale() -> bool:
    manifest = ROOT / "staticfiles" / "staticfiles.json"
    if not manifest.exists():
        return True
    sources = [*(ROOT / "static").rglob("*"), ROOT / "package-lock.json", ROOT / "requirements.txt"]
    sources.append(ROOT / "portal" / "frontend.py")
    return any(source.stat().st_mtime > manifest.stat().st_mtime for source in sources)


def _start(log: object, environment: dict[str, str], *words: str) -> subprocess.Popen[bytes]:
    # In a session of its own, so that Ctrl-C reaches it through us, once, and in order.
    return subprocess.Popen(
        [sys.executable, *words],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,  # type: ignore[arg-type]
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _wait(url: str, children: dict[str, subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        _complain_about_the_dead(children)
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    sys.exit(f"{url} did not answer within a minute. See {LOG.relative_to(ROOT)}.")


def _wait_for_the_first_to_end(children: dict[str, subprocess.Popen[bytes]]) -> None:
    while True:
        _complain_about_the_dead(children)
        time.sleep(0.5)


def _complain_about_the_dead(children: dict[str, subprocess.Popen[bytes]]) -> None:
    for name, child in children.items():
        if child.poll() is not None:
            sys.exit(f"The {name} has stopped by itself. See the end of {LOG.relative_to(ROOT)}.")


def _stop(children: dict[str, subprocess.Popen[bytes]]) -> None:
    for child in reversed(children.values()):
        child.terminate()
    for child in children.values():
        try:
            child.wait(timeout=30)
        except subprocess.TimeoutExpired:
            child.kill()


if __name__ == "__main__":
    main()

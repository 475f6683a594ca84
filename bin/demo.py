"""The demo: starts and stops the portal, a sandbox Altostrat and an identity provider together.

`make run` runs it as `python -m bin.demo`.
"""

from __future__ import annotations

import base64
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

from billing.roles import Role
from bin.children import Children, is_free

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
SECRETS = VAR / "demo.env"
LOG = VAR / "demo.log"
PEOPLE = ROOT / "identity_provider" / "people.json"
CLIENT_ID = "billing-portal"
BUTTON = "Continue with the demo company account"
GENERATED: Mapping[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(50),
    "VAULT_KEYS": lambda: f"demo:{base64.b64encode(secrets.token_bytes(32)).decode()}",
    "DEMO_PASSWORD": lambda: secrets.token_urlsafe(9),
    "OIDC_CLIENT_SECRET": lambda: secrets.token_urlsafe(32),
}


def main() -> None:
    """Start everything, print how to sign in, and wait."""
    signal.signal(signal.SIGTERM, _interrupt)
    os.chdir(ROOT)
    VAR.mkdir(exist_ok=True)
    ports = _ports()
    stored = _secrets()
    environment = _environment(stored, ports)
    children = Children(LOG.relative_to(ROOT))
    try:
        _start(children, stored, environment, ports)
        print(
            f"\n    http://127.0.0.1:{ports['portal']}/\n\n"
            f'    Select "{BUTTON}" and choose a person. No password is needed.\n'
            f"    For /admin/, sign in as  admin  with the password  {stored['DEMO_PASSWORD']}\n\n"
            f"    All data is made up. Log: {LOG.relative_to(ROOT)}. Press Ctrl-C to stop everything.\n",
            flush=True,
        )
        children.wait_until_one_stops()
    except KeyboardInterrupt:
        print("\n==> Stopping", flush=True)
    finally:
        children.stop()


def _start(
    children: Children, stored: dict[str, str], environment: dict[str, str], ports: dict[str, int]
) -> None:
    _step("Starting the sandbox and the identity provider")
    sandbox = [sys.executable, "manage.py", "sandbox", "--port", str(ports["sandbox"])]
    children.start("sandbox", sandbox, environment)
    node = subprocess.run(["bin/node", sys.prefix], capture_output=True, text=True, check=False)
    if node.returncode:
        sys.exit(node.stderr.strip())
    provider = {**_inherited(), **_provider_environment(stored, ports)}
    children.start("identity provider", [node.stdout.strip(), "identity_provider/server.mjs"], provider)
    _step("Preparing the database")
    _manage(environment, "migrate", "-v0")
    if _static_files_are_stale():
        _step("Collecting static files")
        _manage(environment, "collectstatic", "--noinput", "-v0")
    children.wait_for(f"http://127.0.0.1:{ports['sandbox']}/_sandbox/requests")
    _manage(environment, "create_demo_staff", "--people", str(PEOPLE), stdin=stored["DEMO_PASSWORD"])
    children.wait_for(f"{environment['OIDC_ISSUER']}/.well-known/openid-configuration")
    _step("Starting the portal")
    children.start("portal", ["bin/serve"], {**environment, "PYTHON": sys.executable})
    children.wait_for(f"http://127.0.0.1:{ports['portal']}/readyz")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _step(text: str) -> None:
    print(f"==> {text}", flush=True)


def _ports() -> dict[str, int]:
    """Return the ports. The portal uses the requested port; the others use free ones."""
    portal = _port("PORT", 8000)
    if not is_free(portal):
        sys.exit(f"Port {portal} is in use. Choose another port, for example: PORT={portal + 80} make run")
    free = (port for port in range(portal + 1, portal + 100) if is_free(port))
    return {
        "portal": portal,
        "sandbox": _port("SANDBOX_PORT", 0) or next(free),
        "provider": _port("IDENTITY_PROVIDER_PORT", 0) or next(free),
    }


def _port(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdigit() or int(text) > 65435:
        sys.exit(f"{name} must be a port number, for example {name}=8080.")
    return int(text)


def _secrets() -> dict[str, str]:
    """Create the secrets at the first start and store them, so that sessions and tokens survive a restart."""
    lines = SECRETS.read_text().splitlines() if SECRETS.exists() else []
    stored = dict(line.split("=", 1) for line in lines)
    missing = {name: generate() for name, generate in GENERATED.items() if name not in stored}
    if missing:
        descriptor = os.open(SECRETS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a") as file:
            file.writelines(f"{name}={value}\n" for name, value in missing.items())
    return {**stored, **missing}


def _inherited() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}


def _provider_environment(stored: dict[str, str], ports: dict[str, int]) -> dict[str, str]:
    # People may also use localhost, and the portal returns them to the host that they used.
    origins = [f"http://{host}:{ports['portal']}" for host in ("127.0.0.1", "localhost")]
    return {
        "IDP_PORT": str(ports["provider"]),
        "IDP_CLIENT_ID": CLIENT_ID,
        "IDP_CLIENT_SECRET": stored["OIDC_CLIENT_SECRET"],
        "IDP_REDIRECT_URIS": " ".join(f"{origin}/accounts/sso/callback/" for origin in origins),
        "IDP_POST_LOGOUT_REDIRECT_URIS": " ".join(f"{origin}/accounts/sign-in/" for origin in origins),
        "IDP_BACKCHANNEL_LOGOUT_URI": f"{origins[0]}/accounts/sso/back-channel-logout/",
        "IDP_PEOPLE": str(PEOPLE),
    }


def _environment(stored: dict[str, str], ports: dict[str, int]) -> dict[str, str]:
    return {
        **_inherited(),
        "SECRET_KEY": stored["SECRET_KEY"],
        "VAULT_KEYS": stored["VAULT_KEYS"],
        "DEMO": "on",
        "DEBUG": "off",
        "HTTPS_ONLY": "off",
        "LOCAL_LOGIN": "on",
        "LOG_LEVEL": "INFO",
        "ALLOWED_HOSTS": "127.0.0.1,localhost,[::1]",
        "CSRF_TRUSTED_ORIGINS": "",
        "DATABASE_URL": f"sqlite:///{VAR / 'demo.sqlite3'}",
        "CACHE_URL": "locmemcache://",
        "ALTOSTRAT_API_URL": f"http://127.0.0.1:{ports['sandbox']}",
        "ALTOSTRAT_REQUESTS_PER_MINUTE": "6000",  # the sandbox has no limit, so scans need not pause
        "OIDC_ISSUER": f"http://127.0.0.1:{ports['provider']}",
        "OIDC_CLIENT_ID": CLIENT_ID,
        "OIDC_CLIENT_SECRET": stored["OIDC_CLIENT_SECRET"],
        "OIDC_ROLE_MAP": ",".join(f"billing-{role}s={role}" for role in Role),
        "OIDC_LABEL": BUTTON,
        "PORT": str(ports["portal"]),
        "WEB_CONCURRENCY": "1",
        "DRAIN_SECONDS": "0",
    }


def _manage(environment: dict[str, str], *arguments: str, stdin: str = "") -> None:
    command = [sys.executable, "manage.py", *arguments]
    finished = subprocess.run(
        command, env=environment, input=stdin, capture_output=True, text=True, check=False
    )
    if finished.returncode:
        sys.exit(f"manage.py {arguments[0]} failed:\n{finished.stderr}")


def _static_files_are_stale() -> bool:
    manifest = ROOT / "staticfiles" / "staticfiles.json"
    if not manifest.exists():
        return True
    sources = [*(ROOT / "static").rglob("*"), ROOT / "package-lock.json", ROOT / "requirements.txt"]
    sources.append(ROOT / "portal" / "frontend.py")
    return any(source.stat().st_mtime > manifest.stat().st_mtime for source in sources)


if __name__ == "__main__":
    main()

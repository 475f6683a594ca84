"""The demo: a sandbox Altostrat, a company's sign-in service and the portal, started and stopped together.

`make run` calls it: python -m bin.demo
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
MADE_ONCE: Mapping[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(50),
    "VAULT_KEYS": lambda: f"demo:{base64.b64encode(secrets.token_bytes(32)).decode()}",
    "DEMO_PASSWORD": lambda: secrets.token_urlsafe(9),
    "OIDC_CLIENT_SECRET": lambda: secrets.token_urlsafe(32),
}


def main() -> None:
    """Starts everything, prints where and how to sign in, and waits."""
    signal.signal(signal.SIGTERM, _interrupt)
    os.chdir(ROOT)
    VAR.mkdir(exist_ok=True)
    ports = _ports()
    kept = _secrets()
    environment = _environment(kept, ports)
    children = Children(LOG.relative_to(ROOT))
    try:
        _start(children, kept, environment, ports)
        print(
            f"\n    http://127.0.0.1:{ports['portal']}/\n\n"
            f'    "{BUTTON}", then choose a person. No password.\n'
            f"    For administration at /admin/ sign in as  admin  with the password  {kept['DEMO_PASSWORD']}\n\n"
            f"    Made-up data from a sandbox Altostrat. Log: {LOG.relative_to(ROOT)}. Ctrl-C stops everything.\n",
            flush=True,
        )
        children.wait_for_the_first_to_end()
    except KeyboardInterrupt:
        print("\n==> Stopping", flush=True)
    finally:
        children.stop()


def _start(
    children: Children, kept: dict[str, str], environment: dict[str, str], ports: dict[str, int]
) -> None:
    _step("Starting the sandbox Altostrat and a company's sign-in service")
    sandbox = [sys.executable, "manage.py", "sandbox", "--port", str(ports["sandbox"])]
    children.start("sandbox", sandbox, environment)
    node = subprocess.run(["bin/node", sys.prefix], capture_output=True, text=True, check=False)
    if node.returncode:
        sys.exit(node.stderr.strip())
    provider = {**_inherited(), **_provider_environment(kept, ports)}
    children.start("sign-in service", [node.stdout.strip(), "identity_provider/server.mjs"], provider)
    _step("Preparing the database")
    _manage(environment, "migrate", "-v0")
    if _static_files_are_stale():
        _step("Collecting the static files")
        _manage(environment, "collectstatic", "--noinput", "-v0")
    children.wait_for(f"http://127.0.0.1:{ports['sandbox']}/_sandbox/requests")
    _manage(environment, "create_demo_staff", "--people", str(PEOPLE), stdin=kept["DEMO_PASSWORD"])
    children.wait_for(f"{environment['OIDC_ISSUER']}/.well-known/openid-configuration")
    _step("Starting the portal")
    children.start("portal", [sys.executable, "-m", "gunicorn", "portal.wsgi"], environment)
    children.wait_for(f"http://127.0.0.1:{ports['portal']}/readyz")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _step(text: str) -> None:
    print(f"==> {text}", flush=True)


def _ports() -> dict[str, int]:
    """The portal's is the one people see, and never another than they asked for; the others are what is free."""
    portal = _port("PORT", 8000)
    if not is_free(portal):
        sys.exit(
            f"Port {portal} is taken by another program. Choose another one: PORT={portal + 80} make run"
        )
    free = (port for port in range(portal + 1, portal + 100) if is_free(port))
    return {
        "portal": portal,
        "sandbox": _port("SANDBOX_PORT", 0) or next(free),
        "provider": _port("IDENTITY_PROVIDER_PORT", 0) or next(free),
    }


def _port(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdigit() or int(text) > 65435:
        sys.exit(f"{name} must be a port number, such as {name}=8080.")
    return int(text)


def _secrets() -> dict[str, str]:
    """Made at the first start and kept, so that sessions and stored tokens outlive a restart."""
    lines = SECRETS.read_text().splitlines() if SECRETS.exists() else []
    kept = dict(line.split("=", 1) for line in lines)
    missing = {name: make() for name, make in MADE_ONCE.items() if name not in kept}
    if missing:
        descriptor = os.open(SECRETS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a") as file:
            file.writelines(f"{name}={value}\n" for name, value in missing.items())
    return {**kept, **missing}


def _inherited() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}


def _provider_environment(kept: dict[str, str], ports: dict[str, int]) -> dict[str, str]:
    # People may write localhost as well, and the portal sends them back to where they came from.
    origins = [f"http://{host}:{ports['portal']}" for host in ("127.0.0.1", "localhost")]
    return {
        "IDP_PORT": str(ports["provider"]),
        "IDP_CLIENT_ID": CLIENT_ID,
        "IDP_CLIENT_SECRET": kept["OIDC_CLIENT_SECRET"],
        "IDP_REDIRECT_URIS": " ".join(f"{origin}/accounts/sso/callback/" for origin in origins),
        "IDP_POST_LOGOUT_REDIRECT_URIS": " ".join(f"{origin}/accounts/sign-in/" for origin in origins),
        "IDP_BACKCHANNEL_LOGOUT_URI": f"{origins[0]}/accounts/sso/back-channel-logout/",
        "IDP_PEOPLE": str(PEOPLE),
    }


def _environment(kept: dict[str, str], ports: dict[str, int]) -> dict[str, str]:
    return {
        **_inherited(),
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
        "ALTOSTRAT_API_URL": f"http://127.0.0.1:{ports['sandbox']}",
        "ALTOSTRAT_REQUESTS_PER_MINUTE": "6000",  # the sandbox has no limit, and walks need not pause
        "OIDC_ISSUER": f"http://127.0.0.1:{ports['provider']}",
        "OIDC_CLIENT_ID": CLIENT_ID,
        "OIDC_CLIENT_SECRET": kept["OIDC_CLIENT_SECRET"],
        "OIDC_ROLE_MAP": ",".join(f"billing-{role}s={role}" for role in Role),
        "OIDC_LABEL": BUTTON,
        "PORT": str(ports["portal"]),
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


if __name__ == "__main__":
    main()

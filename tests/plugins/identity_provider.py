"""A company's OpenID Provider as a real process, and the actions of its administrator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from billing.roles import SUPERUSER, Role
from tests.plugins.processes import ROOT

_CLIENT_ID = "billing-portal"
_CLIENT_SECRET = "a-secret-between-portal-and-provider"
_START_SECONDS = 60

# From identity_provider/people.json.
VIEWER, EDITOR, WITHOUT_ROLE = (
    ("p-1001", "Vera Lindqvist"),
    ("p-1002", "Edgar Osei"),
    ("p-1005", "Nora Castellanos"),
)


def settings_for(port: int) -> dict[str, str]:
    """Return the portal's variables for a provider on this port, whose host is another site than the portal's."""
    return {
        "OIDC_ISSUER": f"http://localhost:{port}",
        "OIDC_CLIENT_ID": _CLIENT_ID,
        "OIDC_CLIENT_SECRET": _CLIENT_SECRET,
        "OIDC_ROLE_MAP": ",".join(f"billing-{role}s={role}" for role in [*Role, SUPERUSER]),
        "OIDC_LABEL": "Sign in with Larkfield",
    }


def command() -> list[str]:
    found = subprocess.run(["bin/node", sys.prefix], cwd=ROOT, capture_output=True, text=True, check=True)
    return [found.stdout.strip(), "identity_provider/server.mjs"]


@dataclass
class IdentityProvider:
    """A running provider. After `stop` and `start` it has the same port, new keys and no sessions, as after a crash."""

    port: int
    portal_url: str
    people: Path = ROOT / "identity_provider" / "people.json"
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self, *, control: bool = True) -> None:
        """Return when it responds."""
        arguments = [*command(), *(["--control"] if control else [])]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(
            arguments, cwd=ROOT, env=self.environment(), stdout=quiet, stderr=quiet
        )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(requests.ConnectionError):
                requests.get(f"{self.issuer}/jwks", timeout=5)
                return
            time.sleep(0.05)
        raise RuntimeError("The identity provider did not start.")

    def stop(self) -> None:
        """Kill the process, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def reset(self) -> None:
        """Start it if necessary, restore everybody's groups, end all its sessions, and empty the list of requests."""
        if self._process is None:
            self.start()
        for person in json.loads(self.people.read_text()):
            self.set_groups(person["sub"], *person["groups"])
        self._delete("sessions")
        self.clear()

    def set_groups(self, sub: str, *groups: str) -> None:
        """Set the groups in the person's next id_token."""
        self._control("groups", {"sub": sub, "groups": groups})

    def rotate_keys(self) -> None:
        """Replace the published signing key."""
        self._control("rotate-keys", {})

    def log_out(self, sub: str) -> int:
        """End the person's sessions at the provider. Return how many logout tokens the portal accepted."""
        return int(self._control("logout", {"sub": sub})["accepted"])

    def requests(self) -> list[dict[str, Any]]:
        """Return the method, path and query of each request since `clear`, oldest first."""
        return list(requests.get(f"{self.issuer}/_control/requests", timeout=5).json())

    def clear(self) -> None:
        """Empty the list of requests."""
        self._delete("requests")

    def _delete(self, name: str) -> None:
        json_only = {"Content-Type": "application/json"}
        requests.delete(f"{self.issuer}/_control/{name}", headers=json_only, timeout=5).raise_for_status()

    def _control(self, action: str, body: Mapping[str, Any]) -> Any:
        answer = requests.post(f"{self.issuer}/_control/{action}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "IDP_PORT": str(self.port),
            "IDP_ISSUER": self.issuer,
            "IDP_PEOPLE": str(self.people),
            "IDP_CLIENT_ID": _CLIENT_ID,
            "IDP_CLIENT_SECRET": _CLIENT_SECRET,
            "IDP_REDIRECT_URIS": f"{self.portal_url}/accounts/sso/callback/",
            "IDP_POST_LOGOUT_REDIRECT_URIS": f"{self.portal_url}/accounts/sign-in/",
            "IDP_BACKCHANNEL_LOGOUT_URI": f"{self.portal_url}/accounts/sso/back-channel-logout/",
        }


@contextmanager
def running_identity_provider(
    port: int, portal_url: str, people: Path = IdentityProvider.people
) -> Iterator[IdentityProvider]:
    provider = IdentityProvider(port, portal_url, people)
    provider.start()
    try:
        yield provider
    finally:
        provider.stop()

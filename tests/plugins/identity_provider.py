"""A company's OpenID Provider as a real process, with what a company's administrator would do to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import requests

from billing.roles import Role
from tests.plugins.processes import ROOT

_CLIENT_ID = "billing-portal"
_CLIENT_SECRET = "a-secret-between-portal-and-provider"
_START_SECONDS = 60

# Of identity_provider/people.json.
VIEWER, EDITOR, NOBODY = (
    ("p-1001", "Vera Lindqvist"),
    ("p-1002", "Edgar Osei"),
    ("p-1005", "Nora Castellanos"),
)


def settings_for(port: int) -> dict[str, str]:
    """The portal's variables for a provider on that port. Its name is another site's, as a company's provider is."""
    return {
        "OIDC_ISSUER": f"http://localhost:{port}",
        "OIDC_CLIENT_ID": _CLIENT_ID,
        "OIDC_CLIENT_SECRET": _CLIENT_SECRET,
        "OIDC_ROLE_MAP": ",".join(f"billing-{role}s={role}" for role in Role),
        "OIDC_LABEL": "Sign in with Larkfield",
    }


def command() -> list[str]:
    """What starts the process."""
    found = subprocess.run(["bin/node", sys.prefix], cwd=ROOT, capture_output=True, text=True, check=True)
    return [found.stdout.strip(), "identity_provider/server.mjs"]


@dataclass
class IdentityProvider:
    """On its port again after `stop` and `start`, with new keys and without a session, as after a crash."""

    port: int
    portal_url: str
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self, *, control: bool = True) -> None:
        """Returns when it answers."""
        words = [*command(), *(["--control"] if control else [])]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(words, cwd=ROOT, env=self.environment(), stdout=quiet, stderr=quiet)
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(requests.ConnectionError):
                requests.get(f"{self.issuer}/jwks", timeout=5)
                return
            time.sleep(0.05)
        raise RuntimeError("The identity provider did not start.")

    def stop(self) -> None:
        """At once, and whether it runs or not."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def reset(self) -> None:
        """Running, everybody in their own groups, nobody signed in there, and nothing in the list of requests."""
        if self._process is None:
            self.start()
        for person in json.loads((ROOT / "identity_provider" / "people.json").read_text()):
            self.set_groups(person["sub"], *person["groups"])
        self._delete("sessions")
        self.clear()

    def set_groups(self, sub: str, *groups: str) -> None:
        """What the next id_token of that person says."""
        self._control("groups", {"sub": sub, "groups": groups})

    def rotate_keys(self) -> None:
        """A new signing key; the old one is published no more."""
        self._control("rotate-keys", {})

    def log_out(self, sub: str) -> int:
        """Ends that person's sessions at the provider, and gives how many logout tokens the portal took."""
        return int(self._control("logout", {"sub": sub})["told"])

    def requests(self) -> list[dict[str, Any]]:
        """What came in since `clear`, oldest first: method, path, query."""
        return list(requests.get(f"{self.issuer}/_control/requests", timeout=5).json())

    def clear(self) -> None:
        """Empties that list."""
        self._delete("requests")

    def _delete(self, what: str) -> None:
        json_only = {"Content-Type": "application/json"}
        requests.delete(f"{self.issuer}/_control/{what}", headers=json_only, timeout=5).raise_for_status()

    def _control(self, verb: str, body: Mapping[str, Any]) -> Any:
        answer = requests.post(f"{self.issuer}/_control/{verb}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def environment(self) -> dict[str, str]:
        """What the process is told."""
        return {
            "PATH": os.environ["PATH"],
            "IDP_PORT": str(self.port),
            "IDP_ISSUER": self.issuer,
            "IDP_CLIENT_ID": _CLIENT_ID,
            "IDP_CLIENT_SECRET": _CLIENT_SECRET,
            "IDP_REDIRECT_URIS": f"{self.portal_url}/accounts/sso/callback/",
            "IDP_POST_LOGOUT_REDIRECT_URIS": f"{self.portal_url}/accounts/sign-in/",
            "IDP_BACKCHANNEL_LOGOUT_URI": f"{self.portal_url}/accounts/sso/back-channel-logout/",
        }


@contextmanager
def running_identity_provider(port: int, portal_url: str) -> Iterator[IdentityProvider]:
    """The provider on that port, for that portal."""
    provider = IdentityProvider(port, portal_url)
    provider.start()
    try:
        yield provider
    finally:
        provider.stop()

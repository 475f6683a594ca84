"""Callers of the API: HTTP clients with portal keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from tests import html
from tests.api.in_process import Program, program_of
from tests.plugins.processes import Portal, Sandbox
from tests.tokens import FINANCE, USER

_USER = "from billing.models import User; User.objects.get(username='{name}')"

EXAMPLE = "workspaces/ws_a1b2c3d4e5f6g7h8/billing-accounts/cus_a1b2c3d4e5f6g7h8"


def failing(name: str) -> str:
    """Return the path of an account in the sandbox's failure gallery."""
    return f"workspaces/ws_failures/billing-accounts/cus_{name}"


@dataclass
class Caller:
    """A program with a portal key."""

    base: str
    key: str | None
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, method: str = "GET", **options: Any) -> requests.Response:
        """Send a request to a path below /api/v1 without following redirects."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key is not None else {}
        headers |= options.pop("headers", {})
        url = f"{self.base}/api/v1/{path}"
        return self.session.request(
            method, url, headers=headers, allow_redirects=False, timeout=20, **options
        )


@pytest.fixture(scope="session")
def keys(portal: Portal) -> dict[str, str]:
    """Return a key with billing:read for each person."""
    issued = {name: portal.key(name, "billing:read") for name in ("alice", "bob", "carol")}
    # Issuing the key requires the role, which mallory then loses.
    portal.manage("create_staff", "mallory", "--role", "viewer", "--update")
    issued["mallory"] = portal.key("mallory", "billing:read")
    portal.manage("shell", "-c", _USER.format(name="mallory") + ".groups.clear()")
    return issued


@pytest.fixture
def call(portal: Portal, keys: dict[str, str]) -> Callable[[str], Caller]:
    """Return a function that creates the caller for a person or, with any other text, for a key."""
    return lambda name: Caller(portal.url, keys.get(name, name))


@pytest.fixture
def alice(call: Callable[[str], Caller]) -> Caller:
    return call("alice")


@pytest.fixture(scope="session")
def limited(portal: Portal) -> Caller:
    """Return a caller with a token of its own, because a 429 pauses everyone with a token."""
    portal.staff("lena", "viewer", USER)
    return Caller(portal.url, portal.key("lena", "billing:read"))


@pytest.fixture
def anonymous(portal: Portal) -> Caller:
    return Caller(portal.url, None)


@pytest.fixture
def direct(sandbox: Sandbox) -> Callable[[str], requests.Response]:
    """Return a function that sends a request directly to the sandbox."""
    return lambda path: requests.get(
        f"{sandbox.url}/{path}", headers={"Authorization": f"Bearer {FINANCE}"}, timeout=10
    )


@pytest.fixture
def journal(sandbox: Sandbox) -> Sandbox:
    """Return the sandbox with an empty journal."""
    sandbox.clear()
    return sandbox


def signed_in(portal: Portal, name: str) -> requests.Session:
    """Return a session with the cookies of a signed-in browser."""
    browser = requests.Session()
    token = html.fields(browser.get(f"{portal.url}/accounts/sign-in/", timeout=10))["csrfmiddlewaretoken"]
    form = {"username": name, "password": portal.passwords[name], "csrfmiddlewaretoken": token}
    answer = browser.post(f"{portal.url}/accounts/sign-in/", data=form, timeout=10)
    assert answer.url == f"{portal.url}/"
    return browser


@pytest.fixture(scope="session")
def editor_keys(portal: Portal) -> dict[str, str]:
    """Return a key of alice, and one of another editor, who has no token."""
    portal.staff("erin", "editor")
    return {name: portal.key(name, "billing:read", "billing:write") for name in ("alice", "erin")}


@pytest.fixture
def editor(portal: Portal, editor_keys: dict[str, str], fresh_sandbox: Sandbox) -> Caller:
    """Return a program of alice that may write."""
    return Caller(portal.url, editor_keys["alice"])


@pytest.fixture
def program(db: None, altostrat_url: str, fresh_sandbox: Sandbox) -> Program:
    """Return a program of an editor, in this process."""
    return program_of("erin")


@pytest.fixture
def other_editor(portal: Portal, editor_keys: dict[str, str]) -> Caller:
    """Return a program of erin that may write."""
    return Caller(portal.url, editor_keys["erin"])

"""A person who is deactivated at one replica is refused by another one within a second."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import requests

from tests.api.conftest import EXAMPLE, Caller, signed_in
from tests.plugins.processes import Portal, Sandbox, running_portal
from tests.tokens import FINANCE

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def replica(portal: Portal, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Yield a second portal, in a process of its own, on the same database."""
    folder = tmp_path_factory.mktemp("replica")
    with running_portal(folder, sandbox.url, DATABASE_URL=portal.environment["DATABASE_URL"]) as running:
        running.passwords = portal.passwords
        yield running


def _statuses(replica: Portal, browser: requests.Session, key: str) -> dict[str, int]:
    """Request a page, the API with the browser's session, and the API with a key."""
    url = f"{replica.url}/api/v1/{EXAMPLE}"
    return {
        "page": browser.get(f"{replica.url}/workspaces/", allow_redirects=False, timeout=10).status_code,
        "session": browser.get(url, timeout=10).status_code,
        "key": Caller(replica.url, key).get(EXAMPLE).status_code,
    }


@pytest.mark.parametrize("by", ["command", "page"])
def test_deactivation_takes_effect_on_every_replica(portal: Portal, replica: Portal, by: str) -> None:
    name = f"dora-{by}"
    portal.staff(name, "viewer", FINANCE)
    portal.staff(f"ada-{by}", "admin")
    key = portal.key(name, "billing:read")
    browser = signed_in(replica, name)
    admin = signed_in(portal, f"ada-{by}")
    person = portal.manage(
        "shell",
        "-v0",
        "-c",
        f"from billing.models import User; print(User.objects.get(username='{name}').pk)",
    ).split()[-1]
    assert _statuses(replica, browser, key) == {"page": 200, "session": 200, "key": 200}

    if by == "command":
        portal.manage("deactivate", name)
    else:
        data = {"csrfmiddlewaretoken": admin.cookies["csrftoken"], "person": person, "reason": "left"}
        answer = admin.post(f"{portal.url}/people/actions/deactivate/", data=data, timeout=10)
        assert "is deactivated" in answer.text
    # Sessions end at once. A key that the other process recognized a moment ago may work for the rest of its second.
    found = _statuses(replica, browser, key)
    assert (found["page"], found["session"]) == (302, 401)
    time.sleep(1)
    assert _statuses(replica, browser, key) == {"page": 302, "session": 401, "key": 401}
    portal.manage("activate", name)  # refusals are not kept
    assert Caller(replica.url, key).get(EXAMPLE).status_code == 200

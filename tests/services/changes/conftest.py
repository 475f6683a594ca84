"""An editor with a token, and a fresh sandbox whose journal records the requests that arrive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from billing.models import Change
from billing.services import changes
from billing.services.actor import Actor
from tests.pages.addresses import ACCOUNT, WORKSPACE
from tests.plugins.processes import Sandbox
from tests.services.cast import actor_called
from tests.tokens import FINANCE

IDS = {"workspace_id": WORKSPACE, "billing_account_id": ACCOUNT}
UPDATE = "billing_account.update"

Prepare = Callable[..., Change]


@pytest.fixture
def upstream(fresh_sandbox: Sandbox) -> Sandbox:
    return fresh_sandbox


@pytest.fixture
def erin(db: None, altostrat_url: str, upstream: Sandbox) -> Actor:
    """Return an editor whose token sees everything."""
    return actor_called("erin", token=FINANCE)


@pytest.fixture
def rename(erin: Actor) -> Prepare:
    """Prepare another name for the documented account."""

    def to(name: str = "Renamed", **more: Any) -> Change:
        draft = changes.Draft(UPDATE, IDS, {"name": name, **more})
        return changes.prepare(erin, draft)

    return to


def change_upstream_account(sandbox: Sandbox, body: dict[str, Any]) -> None:
    """Change the documented account as another person would. The journal is empty afterwards."""
    address = f"{sandbox.url}/workspaces/{WORKSPACE}/billing-accounts/{ACCOUNT}"
    headers = {"Authorization": f"Bearer {FINANCE}"}
    requests.patch(address, json=body, headers=headers, timeout=5).raise_for_status()
    sandbox.clear()


def upstream_account(sandbox: Sandbox) -> dict[str, Any]:
    """Return the documented account as the sandbox has it."""
    address = f"{sandbox.url}/workspaces/{WORKSPACE}/billing-accounts/{ACCOUNT}"
    headers = {"Authorization": f"Bearer {FINANCE}"}
    return dict(requests.get(address, headers=headers, timeout=5).json())

"""Steps of these tests: sending a change, and reading or changing the sandbox directly."""

from __future__ import annotations

from typing import Any

import requests

from billing.models import Change
from billing.services import changes
from billing.services.actor import Actor
from billing.services.changes import Draft, Signature
from tests.plugins.processes import Sandbox
from tests.tokens import FINANCE

SINGLE, ASSIGNED, POOLED = "ws_ivtfhggaz5creums", "ws_ex6v0f7oxkpivd8q", "ws_a1b2c3d4e5f6g7h8"
HEADERS = {"Authorization": f"Bearer {FINANCE}"}


def sign_and_send(actor: Actor, change: Change) -> Change:
    """Send a change with everything that its kind requires."""
    payload, kind = changes.payload_of(actor, change), changes.kind_of(change.verb)
    typed = next(iter(kind.confirmation(payload)), "")
    return changes.send(actor, change.pk, Signature(reason="Asked for", ticket="FIN-1", confirmation=typed))


def prepare_and_send(
    actor: Actor, verb: str, ids: dict[str, str], wanted: dict[str, Any] | None = None
) -> Change:
    """Prepare a change and send it."""
    return sign_and_send(actor, changes.prepare(actor, Draft(verb, ids, wanted or {})))


def refusal_of(actor: Actor, change: Change) -> tuple[str | None, str | None]:
    """Return the code and the link of a refusal."""
    refusal = changes.payload_of(actor, change).refusal
    return refusal.get("code"), refusal.get("doc_url")


def list_upstream(sandbox: Sandbox, path: str) -> list[dict[str, Any]]:
    """Return the objects that the sandbox lists under a path."""
    rows = requests.get(f"{sandbox.url}/{path}", headers=HEADERS, timeout=5).json()["data"]
    return list(rows)


def change_upstream(sandbox: Sandbox, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Make a request as another person would. The journal is empty afterwards."""
    answer = requests.request(method, f"{sandbox.url}/{path}", json=body, headers=HEADERS, timeout=5)
    answer.raise_for_status()
    sandbox.clear()
    return answer.json() if answer.content else None

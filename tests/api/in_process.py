"""Programs that call the API in this process, for tests that change settings or count what happens inside."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from billing.models import User
from billing.roles import KEY_SCOPES, Permission, Role
from billing.services.actor import Actor, Door, granted_to
from billing.services.people import keys
from tests.services.cast import person
from tests.tokens import FINANCE


class Program:
    """A portal key of an editor with a token, and the client that sends it."""

    def __init__(self, owner: User, *scopes: Permission) -> None:
        actor = Actor(owner, Door.COMMAND, granted_to(owner))
        self.owner = owner
        self.row, key = keys.issue(actor, name="test", scopes=scopes or KEY_SCOPES)
        self._client = Client(headers={"Authorization": f"Bearer {key}"})

    def send(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> Any:
        """Send a request to a path below /api/v1; `if_match` becomes the header If-Match."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = b"" if body is None else json.dumps(body).encode()
        return self._client.generic(method, f"/api/v1/{path}", data, "application/json", headers=named)


def program_of(name: str = "erin", token: str | None = FINANCE) -> Program:
    """Return a program of a fresh editor."""
    return Program(person(name, Role.EDITOR, token))

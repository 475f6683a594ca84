"""A portal with something in its tables, written through its pages, its API and its commands."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from tests.api.conftest import EXAMPLE, Caller
from tests.journeys.changes.visitor import Visitor
from tests.pages.addresses import DOCUMENTED
from tests.plugins.processes import Portal
from tests.tokens import FINANCE, SUPPORT

_COUNTS = """
import json
from django.apps import apps
models = apps.get_models(include_auto_created=True)
print(json.dumps({model._meta.db_table: model._base_manager.count() for model in models}))
"""


def fill(portal: Portal) -> tuple[Visitor, Caller]:
    """Create people, tokens, a key, notes, a change by a person and one by a program. Return alice and the program."""
    portal.staff("alice", "editor", FINANCE)
    portal.staff("carol", "viewer", SUPPORT)
    portal.staff("dave", "viewer")
    alice = Visitor(portal, "alice").sign_in()
    add_note(alice, "Erika asks for invoices by post.")
    review = alice.prepare("First name")
    assert alice.send(f"{review}send/", alice.signature(review)).status_code == 302
    program = Caller(portal.url, portal.key("alice", "billing:read", "billing:write"))
    assert patch(program, "Sent by a program", "before-the-backup").status_code == 200
    return alice, program


def add_note(visitor: Visitor, text: str) -> None:
    answer = visitor.post(f"{DOCUMENTED}notes/", {"text": text, "note_id": str(uuid4())})
    assert answer.status_code == 302, answer.text


def patch(program: Caller, description: str, key: str) -> Any:
    """Let a program change the description of the documented account."""
    headers = {"Idempotency-Key": key}
    return program.get(EXAMPLE, method="PATCH", json={"description": description}, headers=headers)


def counts(portal: Portal) -> dict[str, int]:
    """Return the number of rows of each table."""
    return dict(json.loads(portal.manage("shell", "-v0", "-c", _COUNTS)))

"""Measure search suggestions among 2,000 accounts in 200 workspaces.

The time includes session, permissions, database rows, decryption, search and template, in this process, on SQLite.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.report import Row

if TYPE_CHECKING:  # Django loads models only after `django.setup()`
    from django.test import Client

    from billing.models import User

_WORKSPACES, _ACCOUNTS = 200, 10
_TEXTS = ("acme", "cus_00123", "billing@company-77.example", "gmbh 12", "nothing like it")


def rows(answers: int) -> Iterator[Row]:
    """Measure, and return a row for each text."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", "-v0")
    client = Client()
    client.force_login(_person(), backend="django.contrib.auth.backends.ModelBackend")
    client.post("/search/suggestions/", {"q": "warm up"})
    for text in _TEXTS:
        times = [_time(client, text) for _ in range(answers)]
        title = f"search for {text!r} in {_WORKSPACES * _ACCOUNTS} accounts: p50 in ms"
        yield Row(title, median(times), at_most=50)


def _time(client: Client, text: str) -> float:
    started = time.perf_counter()
    answer = client.post("/search/suggestions/", {"q": text})
    assert answer.status_code == 200
    return (time.perf_counter() - started) * 1000


def _person() -> User:
    from collections import deque

    from django.contrib.auth.models import Group

    from billing.models import Scan, User
    from billing.roles import Role
    from billing.services.actor import Actor, Door, granted_to
    from billing.services.scans import store
    from billing.services.tokens import manage as token_changes
    from tests.tokens import FINANCE

    user = User.objects.create_user("bench")
    user.groups.add(Group.objects.get(name=Role.VIEWER.value))
    actor = Actor(user, Door.COMMAND, granted_to(user))
    token = token_changes.save(actor, text=FINANCE, label="bench", verify=False)[0]
    store.start(actor, token, store.ACCOUNT_LIST, [{"do": "workspaces", "without": []}])
    # The parts of a scan: one per step, each with twenty workspaces.
    for first in range(0, _WORKSPACES, 20):
        claim = store.claim(Scan.objects.get())
        assert claim is not None
        claim.found = [item for number in range(first, first + 20) for item in _workspace(number)]
        claim.queue = deque([{"do": "none"}] if first + 20 < _WORKSPACES else [])
        store.save(claim)
    return user


def _workspace(number: int) -> list[dict[str, Any]]:
    workspace = {"id": f"ws_{number:05}", "name": f"Workspace {number}", "billing_mode": "pooled"}
    accounts = [
        {
            "id": f"cus_{number * _ACCOUNTS + one:05}",
            "name": f"{('Acme', 'Bay', 'Ångström', 'Kloof')[one % 4]} GmbH {number * _ACCOUNTS + one}",
            "email": f"billing@company-{number * _ACCOUNTS + one}.example",
            "currency": "eur",
            "country": "DE",
            "workspace_id": workspace["id"],
            "workspace_name": workspace["name"],
            "billing_mode": "pooled",
        }
        for one in range(_ACCOUNTS)
    ]
    return [{"workspace": workspace}, *({"account": account} for account in accounts)]

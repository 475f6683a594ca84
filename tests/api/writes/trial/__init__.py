"""A trial of writes: faults at Altostrat, retries with the same Idempotency-Key, and killed workers.

`plan` makes the writes and the faults, `clients` sends them, and `verdict` compares the answers, the sandbox's journal
and the portal's changes. tests/api/writes/test_trial.py runs 60 writes, and `make trial` 500.
"""

from __future__ import annotations

import random
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from tests.api.writes.trial.clients import Clients, kill
from tests.api.writes.trial.plan import ACCOUNTS_PER_KILL, Plan, Write
from tests.api.writes.trial.verdict import Manage, Verdict, compare
from tests.plugins.nginx import Nginx
from tests.plugins.processes import (
    Portal,
    Sandbox,
    migrated_database,
    running_portal,
    running_sandbox,
)
from tests.tokens import FINANCE

_CLIENTS: Final = 6

# As if two minutes had passed, after which an outcome that is still unknown can be settled. No request is running.
_AGE: Final = """
from datetime import timedelta
from django.db.models import F
from billing.models import Change, IdempotencyKey, UsedOnce
Change.objects.exclude(sent_at=None).update(sent_at=F('sent_at') - timedelta(minutes=2))
IdempotencyKey.objects.update(claimed_at=F('claimed_at') - timedelta(minutes=2))
UsedOnce.objects.update(expires_at=F('expires_at') - timedelta(minutes=2))
"""


@contextmanager
def setting() -> Iterator[tuple[Sequence[Portal], str, Sandbox]]:
    """Run two replicas on one database, and a sandbox. Yield them, with the portal key of an editor."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        sandbox = stack.enter_context(running_sandbox())
        shared = {"DATABASE_URL": migrated_database(Path(name)), "LOG_LEVEL": "ERROR"}
        portals = []
        for number in range(2):
            folder = Path(name) / str(number)
            folder.mkdir()
            portals.append(stack.enter_context(running_portal(folder, sandbox.url, **shared)))
        portals[0].staff("alice", "editor", FINANCE)
        yield portals, portals[0].key("alice", "billing:write"), sandbox


def run(
    portals: Sequence[Portal],
    key: str,
    sandbox: Sandbox,
    writes: int,
    seed: int,
    *,
    kills: int = 0,
    first: int = 0,
    proxy: Nginx | None = None,
) -> Verdict:
    """Send the writes through several replicas until each has its final answer, and compare the results."""
    chance = random.Random(seed)
    plan = Plan.of(writes, chance, first=first)
    plan.prepare(sandbox)
    urls = [proxy.url] if proxy else [portal.url for portal in portals]
    clients = Clients(urls, key, chance, authority=proxy.authority if proxy else "")
    kills = kills or max(len(plan.accounts) // ACCOUNTS_PER_KILL, 1)
    killer = threading.Thread(target=kill, args=(portals, clients, kills, len(plan.writes), chance))
    killer.start()
    clients.send(plan.writes_of_clients(chance), _CLIENTS, patience=6)
    killer.join()
    sandbox.no_faults()
    settle(plan.writes, clients, portals[0].manage)
    return compare(plan, clients, sandbox, portals[0].manage, kills)


def settle(writes: Sequence[Write], clients: Clients, manage: Manage) -> None:
    """Repeat the writes until each has its final answer, and once more, because that must stay."""
    for _ in range(3):
        if not (waiting := [write for write in writes if not clients.is_final(write)]):
            break
        manage("shell", "-c", _AGE)
        clients.send(waiting, _CLIENTS, patience=10)
    clients.send(writes, _CLIENTS, patience=3)

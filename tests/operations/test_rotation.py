"""The vault key is rotated as docs/operations.md describes, while people and a program use two replicas."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from billing.vault import generate_key
from tests.api.conftest import EXAMPLE, Caller
from tests.journeys.changes.visitor import Visitor
from tests.operations.portal_data import add_note, fill, patch
from tests.pages.addresses import DOCUMENTED
from tests.plugins.command_line import Command
from tests.plugins.environment import VAULT_KEYS
from tests.plugins.processes import Portal, Sandbox, migrated_database, running_portal
from tests.tokens import FINANCE

pytestmark = [pytest.mark.timeout(600), pytest.mark.postgresql_only, pytest.mark.slow]

NEW = generate_key("new")
_ENVELOPES = """
from billing.services.maintenance.resealing import SEALED
from billing.services.storage import key_ring
key_ring.verify()
rows = [row for one in SEALED for row in one.model.objects.exclude(envelope="").values_list("envelope", flat=True)]
print(len(rows) > 10, {row.split(":")[1] for row in rows})
"""


class Load:
    """Threads that repeat their actions until the end, and collect what fails."""

    def __init__(self) -> None:
        self.done, self.failures = 0, list[str]()
        self._has_ended = threading.Event()

    @contextmanager
    def running(self, *actions: Callable[[], object]) -> Iterator[None]:
        threads = [threading.Thread(target=self._repeat, args=(action,)) for action in actions]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._has_ended.set()
            for thread in threads:
                thread.join()

    def _repeat(self, action: Callable[[], object]) -> None:
        while not self._has_ended.wait(0.5):
            try:
                action()
            except Exception as error:  # any failure counts
                self.failures.append(repr(error)[:500])
            self.done += 1


def actions(portals: list[Portal], program: Caller) -> list[Callable[[], object]]:
    """Return what people and a program do, each time on the other replica."""
    for name in ("alice", "dora"):
        portals[0].staff(name, "editor", FINANCE)
    visitors = [Visitor(portals[0], name).sign_in() for name in ("alice", "dora")]
    number = 0

    def note(visitor: Visitor) -> None:
        _switch(visitor, portals)
        add_note(visitor, "While the key is rotated")
        assert "While the key is rotated" in visitor.get(f"{DOCUMENTED}panels/notes/")

    def write() -> None:
        nonlocal number
        number += 1
        program.base = portals[number % 2].url
        answer = patch(program, f"Number {number}", f"key-{number}")
        assert answer.status_code == 200, answer.text
        again = patch(program, f"Number {number}", f"key-{number}")
        assert again.headers["Idempotency-Replayed"] == "true", again.text
        assert program.get(EXAMPLE).json()["description"] == f"Number {number}"

    return [write, *[lambda one=one: note(one) for one in visitors]]


def _switch(visitor: Visitor, portals: list[Portal]) -> None:
    visitor.portal = portals[1] if visitor.portal is portals[0] else portals[0]


def reload(portal: Portal) -> None:
    """Let a replica load the settings, and wait until its old worker has ended."""
    ended = portal.log.count("Stopped old worker")
    os.kill(portal.pid, signal.SIGHUP)
    end = time.monotonic() + 200
    while portal.log.count("Stopped old worker") == ended:
        assert time.monotonic() < end, "The replica was not reloaded."
        time.sleep(0.5)


def test_rotation_is_not_noticed(fresh_sandbox: Sandbox, static_files: None, tmp_path: Path) -> None:
    ring = tmp_path / "vault_keys"
    ring.write_text(f"{VAULT_KEYS},{NEW}")  # after the first step
    settings = {
        "DATABASE_URL": migrated_database(tmp_path),
        "VAULT_KEYS_FILE": str(ring),
        "ALTOSTRAT_CONNECT_TIMEOUT": "30",
        "ALTOSTRAT_READ_TIMEOUT": "30",
        "ALTOSTRAT_DEADLINE": "60",
    }
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    load = Load()
    with (
        running_portal(tmp_path / "one", fresh_sandbox.url, **settings) as one,
        running_portal(tmp_path / "two", fresh_sandbox.url, **settings) as two,
    ):
        _, program = fill(one)
        with load.running(*actions([one, two], program)):
            ring.write_text(f"{NEW},{VAULT_KEYS}")
            reload(one)
            reload(two)
            resealed = Command("reseal_tokens", environment=one.environment).finish()
            ring.write_text(NEW)
            checked = Command("reseal_tokens", "--check", environment=one.environment).finish()
        done = load.done
        envelopes = Command("shell", "-v0", "-c", _ENVELOPES, environment=one.environment).finish()

    assert load.failures == []
    assert done > 10
    assert "Failed: 0." in resealed.stdout, resealed.stderr
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert envelopes.stdout.strip() == "True {'new'}", envelopes.stderr

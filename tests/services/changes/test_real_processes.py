"""Concurrent requests, and a server that is killed during a call: the journal of the sandbox counts the writes."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.journeys.changes.visitor import Visitor
from tests.pages.addresses import DOCUMENTED
from tests.plugins.processes import Portal, Sandbox, running_portal
from tests.tokens import FINANCE

pytestmark = [pytest.mark.postgresql_only, pytest.mark.slow]


@pytest.fixture(scope="module")
def portal(
    sandbox: Sandbox, static_files: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """Yield a portal with two workers, as in production."""
    folder = tmp_path_factory.mktemp("portal")
    with running_portal(folder, sandbox.url, WEB_CONCURRENCY="2", ALTOSTRAT_DEADLINE="4") as running:
        running.staff("alice", "editor", FINANCE)
        running.staff("dora", "editor", FINANCE)
        yield running


@pytest.fixture
def alice(portal: Portal, sandbox: Sandbox) -> Iterator[Visitor]:
    """Yield an editor, with a fresh sandbox."""
    sandbox.reset()
    portal.delete_changes()
    yield Visitor(portal, "alice").sign_in()
    sandbox.reset()


def at_once(*sends: Any) -> list[requests.Response]:
    """Make requests at the same moment, and return their answers."""
    ready, answers = threading.Barrier(len(sends)), []

    def one(send: Any) -> None:
        ready.wait()
        answers.append(send())

    threads = [threading.Thread(target=one, args=(send,)) for send in sends]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def patches(sandbox: Sandbox) -> int:
    return len(sandbox.writes())


def test_double_click_is_one_write(alice: Visitor, sandbox: Sandbox) -> None:
    review = alice.prepare("Twice")
    form = alice.signature(review)
    sandbox.fault("delay:0.5", method="PATCH", times=None)
    answers = at_once(*[lambda: alice.send(f"{review}send/", form)] * 6)

    assert {answer.status_code for answer in answers} == {302}
    assert {answer.headers["Location"] for answer in answers} == {review}
    assert patches(sandbox) == 1
    assert "Billing account updated" in alice.get(review)


def test_two_tabs_with_the_same_change_are_one_write(alice: Visitor, sandbox: Sandbox) -> None:
    one, other = alice.prepare("Two tabs"), alice.prepare("Two tabs")
    forms = [(review, alice.signature(review)) for review in (one, other)]
    sandbox.fault("delay:0.5", method="PATCH", times=None)
    at_once(*[lambda sent=sent: alice.send(f"{sent[0]}send/", sent[1]) for sent in forms])

    assert patches(sandbox) == 1
    pages = [alice.get(review) for review in (one, other)]
    assert sum("Billing account updated" in page for page in pages) == 1


def test_two_tabs_with_different_changes_do_not_revert_each_other(alice: Visitor, sandbox: Sandbox) -> None:
    one, other = alice.prepare("Mine", city="Oakland"), alice.prepare("Mine", line2="Suite 9")
    forms = [alice.signature(review) for review in (one, other)]
    sandbox.fault("delay:1", method="PATCH", times=None)
    first = threading.Thread(target=alice.send, args=(f"{one}send/", forms[0]))
    first.start()
    _until(lambda: patches(sandbox) == 1)
    second = alice.send(f"{other}send/", forms[1])
    first.join()

    assert patches(sandbox) == 1
    # It waited and is compared now, or the first took longer than it waits.
    assert second.status_code in (302, 409)
    if second.status_code == 409:
        assert "Another change of the same object is being sent" in second.text
        second = alice.send(f"{other}send/", forms[1])
    compared = alice.get(second.headers["Location"])
    assert "Altostrat has different values now" in compared
    assert "Oakland" in compared
    assert patches(sandbox) == 1


def test_reload_back_and_resubmit_are_one_write(alice: Visitor, sandbox: Sandbox) -> None:
    review = alice.prepare("Again")
    form = alice.signature(review)
    for _ in range(3):
        assert alice.send(f"{review}send/", form).headers["Location"] == review
        alice.get(review)

    assert patches(sandbox) == 1


@pytest.mark.parametrize(("fault", "found"), [("hang_after", True), ("hang_before", False)])
def test_killed_worker_leaves_at_most_one_write(
    fault: str, found: bool, alice: Visitor, sandbox: Sandbox, portal: Portal
) -> None:
    review = alice.prepare("Killed")
    form = alice.signature(review)
    sandbox.fault(fault, method="PATCH")
    sender = threading.Thread(target=_in_vain, args=(alice, f"{review}send/", form))
    sender.start()
    _until(lambda: patches(sandbox) == 1)
    for worker in portal.workers():
        os.kill(worker, signal.SIGKILL)
    sender.join()
    _until(lambda: requests.get(f"{portal.url}/readyz", timeout=5).status_code == 200)

    assert "<h1>Sending…</h1>" in alice.get(review)
    alice.send(f"{review}send/", form)
    portal.manage(
        "shell",
        "-c",
        "from billing.models import Change; from datetime import timedelta; from django.db.models import F;"
        "Change.objects.filter(state='sending').update(sent_at=F('sent_at') - timedelta(minutes=2))",
    )
    page = alice.get(review)
    assert "Outcome unknown" in page
    assert ("The change was applied." in page) is found
    assert ("The change was probably not applied." in page) is not found
    alice.send(f"{review}send/", form)
    assert patches(sandbox) == 1
    assert ("Killed" in alice.get(DOCUMENTED)) is found


def test_change_is_not_found_for_another_person(alice: Visitor, portal: Portal) -> None:
    review = alice.prepare("Private matter")
    dora = Visitor(portal, "dora").sign_in()

    assert dora.session.get(portal.url + review, timeout=10).status_code == 404
    for verb in ("send", "check-status", "resolve", "undo", "repeat", "abandon"):
        assert dora.post(f"{review}{verb}/", {"attempt": "0"}).status_code == 404
    assert "Private matter" not in dora.get("/changes/")


def test_log_does_not_contain_the_values(alice: Visitor, portal: Portal) -> None:
    review = alice.prepare("Secret customer")
    alice.send(f"{review}send/", alice.signature(review))

    assert "Secret customer" not in portal.log
    assert "billing@acme.com" not in portal.log


def _in_vain(visitor: Visitor, path: str, form: dict[str, str]) -> None:
    try:
        visitor.send(path, form)
    except requests.RequestException:
        return


def _until(holds: Any, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if holds():
                return
        except requests.RequestException:
            pass
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")

"""Altostrat hangs for one person, or is slow for everyone: with a real portal and the log of the sandbox."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import urljoin

import pytest
import requests

from billing.altostrat.http.slots import SLOTS_PER_TOKEN
from tests.html import attributes
from tests.journeys.changes.visitor import Visitor
from tests.pages.addresses import ACCOUNT, DOCUMENTED, panel
from tests.plugins.processes import Portal, Sandbox, running_portal
from tests.tokens import FINANCE

pytestmark = pytest.mark.slow

HANGING = "/workspaces/ws_supportdesk0002/billing-accounts/"
HTMX = {"HX-Request": "true"}
LATE = "[hx-trigger=load]"
OWN_PAGES = "Your other pages are still waiting for Altostrat"


@pytest.fixture(scope="module")
def portal(
    sandbox: Sandbox, static_files: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """Yield a portal with one process and few threads, which waits for Altostrat as long as a test may take."""
    patient = {
        "ALTOSTRAT_DEADLINE": "58",
        "ALTOSTRAT_READ_TIMEOUT": "58",
        "WEB_THREADS": "24",
    }
    with running_portal(tmp_path_factory.mktemp("portal"), sandbox.url, **patient) as running:
        for name in ("alice", "dora", "erin", "finn", "gina", "hugo", "iris"):
            running.staff(name, "editor", FINANCE)
        yield running


@pytest.fixture
def visit(portal: Portal, fresh_sandbox: Sandbox) -> Callable[[str], Visitor]:
    """Return a function that signs a person in."""
    return lambda name: Visitor(portal, name).sign_in()


def get_together(visitor: Visitor, paths: list[str]) -> list[requests.Response]:
    """Return the responses of these addresses, requested at the same time as htmx does."""

    def get(path: str) -> requests.Response:
        address, cookies = visitor.portal.url + path, visitor.session.cookies.get_dict()
        return requests.get(address, cookies=cookies, headers=HTMX, timeout=90)

    with ThreadPoolExecutor(len(paths)) as pool:
        return list(pool.map(get, paths))


def asked(sandbox: Sandbox, path: str = "") -> Counter[tuple[str, str, str]]:
    """Return how often each read arrived."""
    rows = [row for row in sandbox.requests() if path in row["path"]]
    return Counter((row["method"], row["path"], str(row.get("body"))) for row in rows)


def get_until_the_end(visitor: Visitor, paths: list[str]) -> None:
    """Do as `get_together`, for requests that may end with the portal."""
    with suppress(requests.RequestException):
        get_together(visitor, paths)


def until(holds: Callable[[], Any], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "the condition never held"
        time.sleep(0.2)


def test_hanging_calls_of_one_person_do_not_block_others(
    visit: Callable[[str], Visitor], fresh_sandbox: Sandbox
) -> None:
    alice, dora = visit("alice"), visit("dora")
    review = alice.prepare("While the rest hangs")
    form = alice.signature(review)
    fresh_sandbox.clear()
    fresh_sandbox.fault("hang_before", HANGING, times=None)
    alice.get(f"{HANGING}cus_0/")
    get_together(alice, [f"{HANGING}cus_{number}/" for number in range(1, 8)])
    waiting = threading.Thread(
        target=get_until_the_end, args=(alice, [panel(f"{HANGING}cus_0/", "details")] * 30)
    )
    waiting.daemon = True
    waiting.start()
    time.sleep(2)  # by then, each of them either waits in a slot or has been refused one

    page = dora.get(DOCUMENTED)
    part = get_together(dora, [panel(DOCUMENTED, "subscriptions")])[0]
    alice.send(f"{review}send/", form)
    another = dora.prepare("Next to what hangs")
    dora.send(f"{another}send/", dora.signature(another))

    assert "ACME Corp Billing" in page
    assert (part.status_code, "panel-live" in part.text) == (200, True)
    assert sum(asked(fresh_sandbox, HANGING).values()) <= SLOTS_PER_TOKEN
    assert [row["status"] for row in fresh_sandbox.writes()] == [200, 200]
    assert OWN_PAGES in get_together(alice, [panel(f"{HANGING}cus_9/", "details")])[0].text
    fresh_sandbox.no_faults()


def test_slow_page_and_its_panels_send_each_read_once(
    visit: Callable[[str], Visitor], fresh_sandbox: Sandbox
) -> None:
    people = iter([visit(name) for name in ("erin", "hugo", "iris")])
    fresh_sandbox.fault("delay:3", "", times=None)
    views = [_reads_of_a_view(next(people), fresh_sandbox)]
    # On a busy machine the panels may load after the ten seconds in which answers can be reused.
    while set(views[-1].values()) != {1} and (another := next(people, None)):
        views.append(_reads_of_a_view(another, fresh_sandbox))

    assert all(len(view) >= 7 for view in views)  # six, and the next bill
    assert set(views[-1].values()) == {1}


def _reads_of_a_view(visitor: Visitor, sandbox: Sandbox) -> Counter[tuple[str, str, str]]:
    """Return the reads that a page and all its late panels send."""
    sandbox.clear()
    waiting = [urljoin(DOCUMENTED, path) for path in attributes(visitor.get(DOCUMENTED), LATE, "hx-get")]
    assert len(waiting) > 6
    answers = []
    while waiting:  # a loaded headline loads the next bill
        answers += get_together(visitor, waiting)
        waiting = [path for answer in answers[-len(waiting) :] for path in attributes(answer, LATE, "hx-get")]
    assert {answer.status_code for answer in answers} == {200}
    assert all("panel-late" not in answer.text for answer in answers)
    return asked(sandbox)


def test_page_after_a_write_does_not_join_earlier_reads(
    visit: Callable[[str], Visitor], fresh_sandbox: Sandbox
) -> None:
    finn = visit("finn")
    review = finn.prepare("Changed meanwhile")
    form = finn.signature(review)
    fresh_sandbox.fault("hang_before", f"{ACCOUNT}$", method="GET")
    assert "Still loading" in finn.get(DOCUMENTED)
    finn.send(f"{review}send/", form)

    assert "Changed meanwhile" in get_together(finn, [panel(DOCUMENTED, "details")])[0].text


def test_late_answers_become_copies(visit: Callable[[str], Visitor], fresh_sandbox: Sandbox) -> None:
    gina = visit("gina")
    fresh_sandbox.fault("delay:3", "", times=None)
    assert "ACME Corp Billing" not in gina.get(DOCUMENTED)
    fresh_sandbox.no_faults()
    fresh_sandbox.fault("status:503", "", times=None)

    def shown() -> str:
        return gina.session.get(gina.portal.url + DOCUMENTED, timeout=60).text

    until(lambda: shown().count("panel-kept") >= 6)
    assert "ACME Corp Billing" in shown()


def test_late_401_marks_the_token(
    visit: Callable[[str], Visitor], portal: Portal, fresh_sandbox: Sandbox
) -> None:
    portal.staff("jane", "viewer", FINANCE)
    jane = visit("jane")
    fresh_sandbox.clear()
    fresh_sandbox.fault("delay:3", "/payment-methods", times=None)
    fresh_sandbox.fault("status:401", "/payment-methods", times=None)
    assert "Refused" not in jane.get("/tokens/")
    jane.get(DOCUMENTED)

    until(lambda: "Refused" in jane.get("/tokens/"))
    assert list(asked(fresh_sandbox, "/payment-methods").values()) == [2]

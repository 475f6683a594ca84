"""A page that was refused because too many wait is refused again for a second, without its session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from billing.failures import describe
from billing.pages.frame.busy_pages import BusyPages, busy_pages
from billing.services.reads import copy_slots
from tests import html
from tests.pages.addresses import DOCUMENTED
from tests.plugins.processes import Sandbox

PANEL = f"{DOCUMENTED}panels/payment-methods/"
FAILURE = describe(Exception())


@pytest.fixture
def no_slots() -> Iterator[None]:
    """Take the slot of pages that show copies, and forget refusals at the end."""
    assert copy_slots.slot.acquire(60)
    yield
    copy_slots.slot.release()
    busy_pages._refused.clear()


def test_refused_page_is_refused_again_without_a_query(
    alice: Client, fresh_sandbox: Sandbox, no_slots: None, django_assert_num_queries: object
) -> None:
    copy_slots_free = alice.get(PANEL)
    assert copy_slots_free.status_code == 200
    fresh_sandbox.fault("status:503", "/payment-methods$", times=None)
    refused = alice.get(PANEL)
    sent = len(fresh_sandbox.requests())
    busy_pages._clock = lambda: 0.0  # no time passes, however busy the machine is
    busy_pages._refused = {key: (1.0, row[1]) for key, row in busy_pages._refused.items()}

    with django_assert_num_queries(0):  # type: ignore[operator]
        again = alice.get(PANEL)

    assert (refused.status_code, again.status_code) == (503, 503)
    assert again.headers["Retry-After"] == refused.headers["Retry-After"] == "1"
    assert html.text(again).replace(again.headers["X-Request-ID"], "") == html.text(refused).replace(
        refused.headers["X-Request-ID"], ""
    )
    assert set(again.headers) >= {"X-Frame-Options", "Content-Security-Policy", "Cache-Control"}
    assert len(fresh_sandbox.requests()) == sent
    assert alice.get("/account/").status_code == 200
    busy_pages._clock = lambda: 2.0
    fresh_sandbox.no_faults()
    assert alice.get(PANEL).status_code == 200


def request_of(session: str = "a", path: str = "/x/?page=2", method: str = "GET", **headers: str) -> object:
    request = RequestFactory().generic(method, path, headers=headers)
    if session:
        request.COOKIES[settings.SESSION_COOKIE_NAME] = session
    return request


@pytest.mark.parametrize(
    "other",
    [
        request_of("b"),
        request_of(""),
        request_of(path="/x/?page=3"),
        request_of(method="POST"),
        request_of(method="HEAD"),
        request_of(**{"HX-Request": "true"}),
    ],
)
def test_other_requests_are_not_refused(other: object) -> None:
    now = [0.0]
    pages = BusyPages(lambda: now[0])
    pages.add(request_of(), FAILURE)  # type: ignore[arg-type]
    pages.add(request_of(method="POST"), FAILURE)  # type: ignore[arg-type]

    assert pages.find(request_of()) is FAILURE  # type: ignore[arg-type]
    assert pages.find(other) is None  # type: ignore[arg-type]
    now[0] = 1.0
    assert pages.find(request_of()) is None  # type: ignore[arg-type]
    assert not pages._refused


def test_number_of_refusals_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.pages.frame.busy_pages._MOST", 3)
    now = [0.0]
    pages = BusyPages(lambda: now[0])
    for number in range(5):
        pages.add(request_of(str(number)), FAILURE)  # type: ignore[arg-type]
    assert len(pages._refused) == 3
    now[0] = 2.0
    pages.add(request_of("new"), FAILURE)  # type: ignore[arg-type]
    assert len(pages._refused) == 1

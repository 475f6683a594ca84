"""The portal when all connections of its pool are in use."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from billing.roles import KEY_SCOPES, Role
from billing.services.people import keys
from billing.services.storage.outages import RETRY_AFTER_SECONDS
from tests import html
from tests.api.conftest import EXAMPLE
from tests.pages.addresses import DOCUMENTED
from tests.plugins.environment import ON_SERVICES
from tests.services.cast import actor_called

pytestmark = pytest.mark.skipif(not ON_SERVICES, reason="SQLite has no pool")


@pytest.fixture
def full_pool(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Yield the pool of this process with one connection, which is in use: this test's own."""
    own: Any = connection  # Django's types do not know the pool
    pool = own.pool
    sizes = pool.min_size, pool.max_size
    monkeypatch.setattr(pool, "timeout", 0.1)
    pool.resize(1, 1)
    idle = [pool.getconn() for _ in range(pool.get_stats()["pool_available"])]
    yield pool
    pool.resize(*sizes)
    for one in idle:
        pool.putconn(one)


@pytest.fixture
def elsewhere() -> Iterator[Callable[..., Any]]:
    """Yield a function that makes requests in a thread without a connection."""

    def call(*requests: Callable[[], Any]) -> list[Any]:
        try:
            return [request() for request in requests]
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as executor:
        yield lambda *requests: executor.submit(call, *requests).result()


def test_an_exhausted_pool_is_a_503_that_says_when_to_try_again(
    full_pool: Any, elsewhere: Callable[..., Any], static_files: None, caplog: pytest.LogCaptureFixture
) -> None:
    actor = actor_called("erin", Role.EDITOR)
    _, key = keys.issue(actor, name="test", scopes=KEY_SCOPES)
    program = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {key}"})
    browser = Client(raise_request_exception=False)
    browser.force_login(actor.user, backend="django.contrib.auth.backends.ModelBackend")
    caplog.set_level(logging.ERROR)

    def page() -> Any:
        return browser.get(DOCUMENTED)

    answers = elsewhere(lambda: program.get(f"/api/v1/{EXAMPLE}"), page, lambda: browser.get("/readyz"))
    full_pool.resize(1, full_pool.get_stats()["pool_size"] + 1)
    full_pool.timeout = 30
    # Its thread does not see the session, which this test has not committed.
    (afterward,) = elsewhere(page)

    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert {answer.headers["Retry-After"] for answer in answers[:2]} == {str(RETRY_AFTER_SECONDS)}
    assert answers[0].json()["code"] == "portal_unavailable"
    assert "temporarily unavailable" in html.text(answers[1])
    assert answers[2].json()["checks"]["database"]["state"] == "failed"
    assert "the database is out of connections (PoolTimeout)" in caplog.text
    assert afterward.status_code == 302

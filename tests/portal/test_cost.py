"""The cost of a request in Python calls and queries, which do not depend on the speed of the machine."""

from __future__ import annotations

import gc
import logging
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Final

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from billing.models import User
from billing.roles import Permission, Role
from billing.services.actor import Actor, Door, granted_to
from billing.services.people import keys
from billing.services.storage import recent
from portal.handlers import PortalHandler
from tests.journeys.test_every_page import PAGES
from tests.pages.addresses import DOCUMENTED
from tests.pages.conftest import client_of
from tests.plugins.processes import ROOT
from tests.tokens import FINANCE

_PATH: Final = f"/api/v1{DOCUMENTED.rstrip('/')}"
# The pages with the most calls, after that of a billing account.
_EXPENSIVE: Final = (
    "new subscription",
    "accounts, many",
    "change: metadata",
    "spend",
    "my account",
    "invoices",
)

# Prints the statuses of two requests, how many objects full garbage collections omit and visit, and the modules that
# are loaded then.
_SERVE: Final = """
import gc, io, sys
from portal.server.loading import load

application = load()
for path in ("/accounts/sign-in/", "/api/v1/workspaces"):
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "localhost",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost",
        "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http",
    }
    statuses = []
    list(application(environ, lambda status, headers: statuses.append(status)))
    print(statuses[0].split()[0])
print(gc.get_freeze_count())
print(len(gc.get_objects()))
print(*sys.modules)
"""
_FOR_FEW: Final = {
    *("authlib", "drf_spectacular.openapi", "joserfc", "markdown_it", "ua_parser", "xlsxwriter"),
    *("opentelemetry.exporter", "opentelemetry.sdk.trace", "sentry_sdk"),
}

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]


def calls_of(request: Callable[[], object]) -> int:
    """Count the Python calls of a request, in all its threads."""
    calls = 0

    def count_call(_: object, event: str, __: object) -> None:
        nonlocal calls
        calls += event == "call"

    threading.setprofile(count_call)
    sys.setprofile(count_call)
    try:
        request()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return calls


def garbage_of(request: Callable[[], object]) -> int:
    """Count the objects that stay in memory after a request until the garbage collector finds them."""
    gc.collect()
    gc.disable()
    try:
        request()
        return gc.collect()
    finally:
        gc.enable()


def without_handlers_of_pytest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the log handlers whose calls would count."""
    root = logging.getLogger()
    own = [handler for handler in root.handlers if not type(handler).__module__.startswith("_pytest.")]
    monkeypatch.setattr(root, "handlers", own)


def headers_of_key(scope: Permission) -> dict[str, str]:
    """Return the headers of a program with a new key of a new person."""
    client_of("alice", Role.EDITOR, FINANCE)
    user = User.objects.get()
    _, key = keys.issue(Actor(user, Door.COMMAND, granted_to(user)), name="test", scopes=[scope])
    return {"Authorization": f"Bearer {key}", "Host": "testserver"}


# Up to a tenth of the calls are Django's search for the connection, which takes longer beside Playwright's event loop.
@pytest.mark.parametrize(
    ("headers", "status", "queries", "limit"),
    [
        ({}, "200 OK", 0, 430),
        ({"Cache-Control": "max-age=60"}, "200 OK", 1, 222),
        ({"Cache-Control": "max-age=60", "If-None-Match": "*"}, "304 Not Modified", 1, 224),
    ],
    ids=["read", "short copy", "304"],
)
def test_api_read(
    headers: dict[str, str],
    status: str,
    queries: int,
    limit: int,
    altostrat_url: str,
    django_assert_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_handlers_of_pytest(monkeypatch)
    headers |= headers_of_key(Permission.BILLING_READ)
    environ = RequestFactory().get(_PATH, headers=headers).environ
    application, statuses = PortalHandler(), list[str]()

    def read() -> None:
        list(application(dict(environ), lambda status, _: statuses.append(status)))  # type: ignore[arg-type]

    read()
    read()
    with django_assert_num_queries(queries):
        read()
    calls = calls_of(read)

    assert set(statuses) == {status}
    assert garbage_of(read) == 0
    assert calls < limit, "Each read does more than before: profile it, or change docs/performance.md."


@pytest.mark.parametrize(
    ("headers", "path", "status"),
    [
        ({}, f"{_PATH}?limit=x", "400 Bad Request"),
        ({"Authorization": "Bearer abp_unknown"}, _PATH, "401 Unauthorized"),
        ({}, f"{_PATH}x", "404 Not Found"),
    ],
)
def test_api_error_leaves_nothing_in_memory(
    headers: dict[str, str], path: str, status: str, altostrat_url: str
) -> None:
    headers = headers_of_key(Permission.BILLING_READ) | headers
    environ = RequestFactory().get(path, headers=headers).environ
    application, statuses = PortalHandler(), list[str]()

    def read() -> None:
        list(application(dict(environ), lambda status, _: statuses.append(status)))  # type: ignore[arg-type]

    read()

    assert garbage_of(read) == 0
    assert set(statuses) == {status}


def test_key_and_token_are_loaded(altostrat_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    without_handlers_of_pytest(monkeypatch)
    environ = RequestFactory().get(_PATH, headers=headers_of_key(Permission.BILLING_READ)).environ
    application, statuses = PortalHandler(), list[str]()

    def read() -> None:
        list(application(dict(environ), lambda status, _: statuses.append(status)))  # type: ignore[arg-type]

    read()
    recent.clear_all()
    read()
    recent.clear_all()
    with CaptureQueriesContext(connection) as captured:
        read()
    recent.clear_all()
    calls = calls_of(read)

    assert set(statuses) == {"200 OK"}
    assert len(captured) <= 3, [query["sql"] for query in captured]
    assert calls < 1_720, "A key that was not used for a second loads more than before."


@pytest.mark.django_db(transaction=True)
def test_api_write(altostrat_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    without_handlers_of_pytest(monkeypatch)
    headers = headers_of_key(Permission.BILLING_WRITE)
    application, statuses, numbers = PortalHandler(), list[str](), count(1)

    def write() -> None:
        number = next(numbers)
        environ = (
            RequestFactory()
            .patch(
                _PATH,
                f'{{"description": "Number {number}"}}',
                "application/json",
                headers={**headers, "Idempotency-Key": f"key-{number}"},
            )
            .environ
        )
        list(application(dict(environ), lambda status, _: statuses.append(status)))  # type: ignore[arg-type]

    write()
    write()
    with CaptureQueriesContext(connection) as captured:
        write()
    calls = calls_of(write)

    assert set(statuses) == {"200 OK"}
    assert garbage_of(write) == 0
    assert captured[-1]["sql"] == "COMMIT", "The lock ends with the transaction of the outcome."
    verbs = Counter(query["sql"].split()[0] for query in captured)
    transactions = verbs.pop("BEGIN")
    assert verbs.pop("COMMIT") == transactions == 2, "One is for the intent, and one for the outcome."
    assert verbs.total() <= 21, "Each write has more statements than before, or savepoints."
    assert calls < 2_060, "Each write does more than before: profile it, or change docs/performance.md."


def test_pages(static_files: None, altostrat_url: str) -> None:
    alice = client_of("alice", Role.EDITOR, FINANCE)
    addresses = {name: PAGES[name][1] for name in ("account", *_EXPENSIVE)}
    for address in addresses.values():
        alice.get(address)
    calls = {name: calls_of(partial(alice.get, address)) for name, address in addresses.items()}
    account = calls.pop("account")

    assert account < 23_000, "The page does more than before: profile it, or change docs/performance.md."
    assert {name: made for name, made in calls.items() if made > 1.5 * account} == {}


def test_worker_has_little_to_collect_and_loads_packages_for_few_requests_only_for_these(
    static_files: None,
) -> None:
    served = subprocess.run(
        [sys.executable, "-c", _SERVE],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings", "DATABASE_URL": "sqlite://:memory:"},
        capture_output=True,
        text=True,
        check=True,
    )
    *statuses, frozen, visited, loaded = served.stdout.splitlines()

    assert statuses == ["200", "401"]
    assert int(visited) < int(frozen) / 5, (
        "A full garbage collection stops all requests until it has visited these."
    )
    assert not _FOR_FEW & set(loaded.split()), "Import it in the function that needs it."

"""Several reads at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from billing.altostrat.errors import Broken, NotAllowed, RateLimited, TokenRejected
from billing.altostrat.identifiers import InvalidIdentifier
from billing.altostrat.operations.billing_accounts import DELETE_BILLING_ACCOUNT
from billing.altostrat.operations.organizations import LIST_ORGANIZATIONS
from billing.altostrat.operations.payment_methods import LIST_PAYMENT_METHODS
from billing.models import AltostratToken, AuditEntry, KeptCopy
from billing.roles import Role
from billing.services.actor import Actor, NotPermitted
from billing.services.reads import Failed, Late, Live, Read, read
from billing.services.tokens import NoToken
from tests.altostrat.upstream import answer
from tests.services.cast import actor_called
from tests.services.reads.upstream import ACCOUNT, INVOICES, PATH, SUBSCRIPTIONS, Changing, changing
from tests.tokens import FINANCE

pytestmark = pytest.mark.django_db

METHODS = Read(LIST_PAYMENT_METHODS, PATH)
ORGANIZATIONS = Read(LIST_ORGANIZATIONS, {"workspace_id": "ws_1"})
FIVE: Final[dict[str, Read[Any]]] = {
    "a": ACCOUNT,
    "s": SUBSCRIPTIONS,
    "i": INVOICES,
    "m": METHODS,
    "o": ORGANIZATIONS,
}


@pytest.fixture
def altostrat(settings: Settings) -> Iterator[Changing]:
    with changing(settings) as running:
        yield running


@pytest.fixture
def alice(altostrat: Changing) -> Actor:
    return actor_called("alice", token=FINANCE)


def test_calls_are_concurrent(alice: Actor, altostrat: Changing) -> None:
    all_there = threading.Barrier(len(FIVE), timeout=20)  # no call is answered before all have arrived
    altostrat.before = all_there.wait

    results = read(alice, "ws_1", FIVE)

    assert {name: type(result) for name, result in results.items()} == dict.fromkeys(FIVE, Live)


def test_threads_do_not_query_the_database(alice: Actor) -> None:
    with CaptureQueriesContext(connection) as one:
        read(alice, "ws_1", {"a": ACCOUNT})
    with CaptureQueriesContext(connection) as five:
        read(alice, "ws_1", FIVE)

    assert len(five) <= len(one)


def test_reads_fail_independently(alice: Actor, altostrat: Changing) -> None:
    altostrat.fails_with("500 Oh", "subscriptions")
    altostrat.fails_with("403 Forbidden", "invoices")

    results = read(alice, "ws_1", {name: FIVE[name] for name in "asi"})

    broken, forbidden = results["s"], results["i"]
    assert isinstance(results["a"], Live)
    assert isinstance(broken, Failed)
    assert isinstance(broken.error, Broken)
    assert isinstance(forbidden, Failed)
    assert isinstance(forbidden.error, NotAllowed)
    assert AltostratToken.objects.get().status == AltostratToken.Status.ACCEPTED


def test_slow_read_is_late(alice: Actor, altostrat: Changing) -> None:
    release = threading.Event()
    altostrat.says["subscriptions"] = lambda _: release.wait(20)

    results = read(alice, "ws_1", {"a": ACCOUNT, "s": SUBSCRIPTIONS}, wait_seconds=1)
    release.set()

    assert isinstance(results["a"], Live)
    assert results["s"] == Late(None)


def test_401_marks_the_token_and_deletes_its_copies(alice: Actor, altostrat: Changing) -> None:
    read(alice, "ws_1", {"a": ACCOUNT})
    altostrat.fails_with("401 Unauthorized", "subscriptions")

    results = read(alice, "ws_1", {"a": ACCOUNT, "s": SUBSCRIPTIONS})

    failed = results["s"]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, TokenRejected)
    assert AltostratToken.objects.get().status == AltostratToken.Status.REFUSED
    assert not KeptCopy.objects.exists()
    assert AuditEntry.objects.filter(verb="token.refused").count() == 1


def test_401_next_to_answers_is_confirmed_by_a_repeated_call(alice: Actor, altostrat: Changing) -> None:
    once = iter([answer(b'{"message": "no"}', status="401 Unauthorized")])
    altostrat.says["subscriptions"] = lambda connection: connection.sendall(
        next(once, answer(b'{"data": []}'))
    )

    results = read(alice, "ws_1", FIVE)

    assert all(isinstance(result, Live) for result in results.values())
    assert AltostratToken.objects.get().status == AltostratToken.Status.ACCEPTED
    assert KeptCopy.objects.count() == len(FIVE)
    assert altostrat.asked() == len(FIVE) + 1


def test_401_without_answers_is_accepted_at_once(alice: Actor, altostrat: Changing) -> None:
    altostrat.fails_with("401 Unauthorized", "cus_1", "subscriptions")

    read(alice, "ws_1", {"a": ACCOUNT, "s": SUBSCRIPTIONS})

    assert AltostratToken.objects.get().status == AltostratToken.Status.REFUSED
    assert altostrat.asked() == 2


def test_each_call_counts_towards_the_limit(alice: Actor, altostrat: Changing, settings: Settings) -> None:
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 2

    results = read(alice, "ws_1", FIVE)

    limited = [result for result in results.values() if isinstance(result, Failed)]
    assert altostrat.asked() == 2
    assert len(limited) == 3
    assert all(isinstance(result.error, RateLimited) for result in limited)


def test_nothing_is_sent_if_one_id_is_malformed(alice: Actor, altostrat: Changing) -> None:
    wrong = Read(LIST_ORGANIZATIONS, {"workspace_id": "../x"})

    with pytest.raises(InvalidIdentifier):
        read(alice, "ws_1", {"a": ACCOUNT, "wrong": wrong})

    assert altostrat.asked() == 0


def test_writes_are_rejected(alice: Actor, altostrat: Changing) -> None:
    with pytest.raises(TypeError, match="not a read"):
        read(alice, "ws_1", {"d": Read(DELETE_BILLING_ACCOUNT, PATH)})

    assert altostrat.asked() == 0


def test_reads_need_a_token_and_the_permission(altostrat: Changing) -> None:
    with pytest.raises(NoToken):
        read(actor_called("bob", Role.VIEWER), "ws_1", {"a": ACCOUNT})
    with pytest.raises(NotPermitted):
        read(actor_called("otto", Role.AUDITOR), "ws_1", {"a": ACCOUNT})

"""Copies for when Altostrat is unavailable: who sees them, when they expire, and what deletes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from billing.altostrat.errors import Broken, NotFound, Unavailable, UnexpectedAnswer
from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.models import AltostratToken, KeptCopy
from billing.services.actor import Actor
from billing.services.maintenance import resealing
from billing.services.people import staff
from billing.services.reads import Failed, Kept, Late, Live, Result, read
from billing.services.tokens import kept_copies
from billing.services.tokens import manage as token_changes
from billing.vault import generate_key
from tests.altostrat.upstream import answer
from tests.services.cast import actor_called
from tests.services.reads.upstream import ACCOUNT, Changing, changing
from tests.tokens import FINANCE, SUPPORT

pytestmark = pytest.mark.django_db


@pytest.fixture
def altostrat(settings: Settings) -> Iterator[Changing]:
    with changing(settings) as running:
        yield running


def reader(name: str, text: str = FINANCE) -> Actor:
    return actor_called(name, token=text)


@pytest.fixture
def alice(altostrat: Changing) -> Actor:
    """Return alice, who has just read the account."""
    actor = reader("alice")
    assert isinstance(read_account(actor), Live)
    return actor


def read_account(actor: Actor) -> Result:
    return read(actor, "ws_1", {"account": ACCOUNT})["account"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [("503 Unavailable", Unavailable), ("500 Oh", Broken), ("200 OK", UnexpectedAnswer)],
    ids=["overloaded", "broken", "nonsense"],
)
def test_copy_is_used_with_the_reason(
    status: str, kind: type[Exception], alice: Actor, altostrat: Changing
) -> None:
    altostrat.fails_with(status, "cus_1")
    altostrat.says["cus_1"] = answer(b"<html>", status=status, content_type="text/html")

    result = read_account(alice)

    assert isinstance(result, Kept)
    assert isinstance(result.why, kind)
    assert isinstance(result.answer.value, BillingAccount)
    assert result.answer.value.name == "Erika Musterfrau"
    assert json.loads(result.answer.body)["name"] == "Erika Musterfrau"
    assert result.answer.received_at < timezone.now()


def test_copy_is_used_when_altostrat_is_unreachable(alice: Actor, altostrat: Changing) -> None:
    altostrat.server.close()

    assert isinstance(read_account(alice), Kept)


def test_copy_is_available_while_altostrat_is_slow(alice: Actor, altostrat: Changing) -> None:
    altostrat.says["cus_1"] = lambda connection: connection.recv(1)

    result = read(alice, "ws_1", {"account": ACCOUNT}, wait_seconds=0.1)["account"]

    assert isinstance(result, Late)
    assert result.answer is not None


def test_copy_is_not_written_again_while_the_answer_stays_the_same(alice: Actor, altostrat: Changing) -> None:
    row = KeptCopy.objects.get()
    with CaptureQueriesContext(connection) as queries:
        second = read_account(alice)
    altostrat.fails_with("503 Unavailable", "cus_1")
    copy = read_account(alice)

    assert not [query["sql"] for query in queries if not query["sql"].startswith("SELECT")]
    assert KeptCopy.objects.get().envelope == row.envelope
    assert second.answer is not None
    assert copy.answer is not None
    assert copy.answer.received_at == second.answer.received_at  # the copy has been confirmed


def test_copy_is_replaced_when_the_answer_changes(alice: Actor, altostrat: Changing) -> None:
    altostrat.says["cus_1"] = answer(b'{"id": "cus_1", "workspace_id": "ws_1", "name": "New"}')
    read_account(alice)
    altostrat.fails_with("503 Unavailable", "cus_1")
    result = read_account(alice)

    assert result.answer is not None
    assert result.answer.value.name == "New"


def test_copy_is_written_again_after_a_minute(alice: Actor) -> None:
    result, token = read_account(alice), AltostratToken.objects.get()
    assert isinstance(result, Live)
    for seconds, is_written in ((50, False), (61, True)):
        later = KeptCopy.objects.get().received_at + timedelta(seconds=seconds)
        kept_copies.save(token, [(ACCOUNT, replace(result.answer, received_at=later))])
        assert (KeptCopy.objects.get().received_at == later) is is_written


def test_copy_that_was_deleted_is_written_again(alice: Actor, altostrat: Changing) -> None:
    altostrat.fails_with("404 Not Found", "cus_1")
    read_account(alice)
    altostrat.is_well()
    read_account(alice)

    assert KeptCopy.objects.exists()


def test_copy_is_not_used_for_files(alice: Actor, altostrat: Changing) -> None:
    altostrat.fails_with("503 Unavailable", "cus_1")

    result = read(alice, "ws_1", {"account": ACCOUNT}, allow_copies=False)["account"]

    assert isinstance(result, Failed)
    assert isinstance(result.error, Unavailable)


def test_stored_copy_shows_no_customer_data(alice: Actor) -> None:
    row = str(KeptCopy.objects.values().get())

    assert "Musterfrau" not in row
    assert "cus_1" not in row


def test_copy_is_not_shown_to_other_people(alice: Actor, altostrat: Changing) -> None:
    bob = reader("bob")
    altostrat.fails_with("503 Unavailable", "cus_1")

    assert isinstance(read_account(bob), Failed)


def test_copy_does_not_open_in_the_row_of_another_person(alice: Actor, altostrat: Changing) -> None:
    bob = reader("bob")
    read_account(bob)
    hers = KeptCopy.objects.get(token__owner=alice.user)
    KeptCopy.objects.filter(token__owner=bob.user).update(envelope=hers.envelope)
    altostrat.fails_with("503 Unavailable", "cus_1")

    assert isinstance(read_account(bob), Failed)
    assert isinstance(read_account(alice), Kept)


def test_copy_is_deleted_when_altostrat_returns_404(alice: Actor, altostrat: Changing) -> None:
    altostrat.fails_with("404 Not Found", "cus_1")
    result = read_account(alice)

    assert isinstance(result, Failed)
    assert isinstance(result.error, NotFound)
    assert not KeptCopy.objects.exists()


def test_copy_expires_after_the_configured_hours(
    alice: Actor, altostrat: Changing, settings: Settings
) -> None:
    settings.KEEP_COPY_HOURS = 2
    altostrat.fails_with("503 Unavailable", "cus_1")
    KeptCopy.objects.update(received_at=timezone.now() - timedelta(minutes=119))
    young = read_account(alice)
    KeptCopy.objects.update(received_at=timezone.now() - timedelta(minutes=121))

    assert isinstance(young, Kept)
    assert isinstance(read_account(alice), Failed)
    call_command("clear_sessions")
    assert not KeptCopy.objects.exists()


def test_zero_hours_delete_copies(alice: Actor, altostrat: Changing, settings: Settings) -> None:
    settings.KEEP_COPY_HOURS = 0

    assert isinstance(read_account(alice), Live)
    assert not KeptCopy.objects.exists()


def test_zero_hours_use_no_copies(alice: Actor, altostrat: Changing, settings: Settings) -> None:
    settings.KEEP_COPY_HOURS = 0
    altostrat.fails_with("503 Unavailable", "cus_1")

    assert isinstance(read_account(alice), Failed)
    assert kept_copies.delete_expired() == 1


def _delete_token(actor: Actor, token: AltostratToken) -> None:
    token_changes.delete(actor, token.pk)


def _renew_token(actor: Actor, token: AltostratToken) -> None:
    token_changes.renew(actor, token.pk, text=SUPPORT)


def _deactivate(actor: Actor, token: AltostratToken) -> None:
    staff.deactivate_as_operator(actor.user.username)


@pytest.mark.parametrize("event", [_delete_token, _renew_token, _deactivate])
def test_copy_is_deleted_with_the_token(event: Callable[[Actor, AltostratToken], None], alice: Actor) -> None:
    event(alice, AltostratToken.objects.get())

    assert not KeptCopy.objects.exists()


@pytest.mark.parametrize("event", [_delete_token, _renew_token, _deactivate])
def test_late_answer_of_a_deleted_token_is_not_stored(
    event: Callable[[Actor, AltostratToken], None], alice: Actor
) -> None:
    token = AltostratToken.objects.get()
    result = read_account(alice)
    assert isinstance(result, Live)
    event(alice, token)

    kept_copies.save(token, [(ACCOUNT, result.answer)])

    assert not KeptCopy.objects.exists()


def test_refused_check_deletes_copies(alice: Actor, altostrat: Changing) -> None:
    altostrat.fails_with("401 Unauthorized", "workspaces")

    token_changes.check(alice, AltostratToken.objects.get().pk)

    assert not KeptCopy.objects.exists()


def test_copy_is_resealed_with_a_new_key(alice: Actor, altostrat: Changing, settings: Settings) -> None:
    settings.VAULT_KEYS = f"{generate_key('fresh')},{settings.VAULT_KEYS}"
    resealing.reseal_all(on_failure=print)
    settings.VAULT_KEYS = settings.VAULT_KEYS.split(",")[0]
    altostrat.fails_with("503 Unavailable", "cus_1")

    assert isinstance(read_account(alice), Kept)


def test_copy_that_does_not_open_is_deleted(alice: Actor, settings: Settings) -> None:
    KeptCopy.objects.update(envelope="v1:gone:AAAA")
    counts = resealing.reseal_all(on_failure=print)

    assert counts.failed == 0
    assert not KeptCopy.objects.exists()

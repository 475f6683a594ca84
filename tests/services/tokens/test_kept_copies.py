"""Copies for when Altostrat is away: whose they are, how long they last, and what ends them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core.management import call_command
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
    actor = actor_called(name)
    token_changes.save(actor, text=text, label=f"{name}'s", verify=False)
    return actor


@pytest.fixture
def alice(altostrat: Changing) -> Actor:
    """She has read the account a moment ago."""
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
def test_a_copy_stands_in_and_says_why(
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


def test_a_copy_stands_in_when_nobody_listens(alice: Actor, altostrat: Changing) -> None:
    altostrat.server.close()

    assert isinstance(read_account(alice), Kept)


def test_it_is_at_hand_while_altostrat_is_late(alice: Actor, altostrat: Changing) -> None:
    altostrat.says["cus_1"] = lambda connection: connection.recv(1)

    result = read(alice, "ws_1", {"account": ACCOUNT}, wait_seconds=0.1)["account"]

    assert isinstance(result, Late)
    assert result.answer is not None


def test_the_table_shows_nothing_of_it(alice: Actor) -> None:
    row = str(KeptCopy.objects.values().get())

    assert "Musterfrau" not in row
    assert "cus_1" not in row


def test_it_is_shown_to_nobody_else(alice: Actor, altostrat: Changing) -> None:
    bob = reader("bob")
    altostrat.fails_with("503 Unavailable", "cus_1")

    assert isinstance(read_account(bob), Failed)


def test_it_does_not_open_in_the_row_of_somebody_else(alice: Actor, altostrat: Changing) -> None:
    bob = reader("bob")
    read_account(bob)
    hers = KeptCopy.objects.get(token__owner=alice.user)
    KeptCopy.objects.filter(token__owner=bob.user).update(envelope=hers.envelope)
    altostrat.fails_with("503 Unavailable", "cus_1")

    assert isinstance(read_account(bob), Failed)
    assert isinstance(read_account(alice), Kept)


def test_what_altostrat_no_longer_shows_is_not_shown_and_not_kept(alice: Actor, altostrat: Changing) -> None:
    altostrat.fails_with("404 Not Found", "cus_1")
    result = read_account(alice)

    assert isinstance(result, Failed)
    assert isinstance(result.error, NotFound)
    assert not KeptCopy.objects.exists()


def test_it_is_too_old_after_so_many_hours(alice: Actor, altostrat: Changing, settings: Settings) -> None:
    settings.KEEP_COPY_HOURS = 2
    altostrat.fails_with("503 Unavailable", "cus_1")
    KeptCopy.objects.update(received_at=timezone.now() - timedelta(minutes=119))
    young = read_account(alice)
    KeptCopy.objects.update(received_at=timezone.now() - timedelta(minutes=121))

    assert isinstance(young, Kept)
    assert isinstance(read_account(alice), Failed)
    call_command("clear_sessions")
    assert not KeptCopy.objects.exists()


def test_zero_hours_keep_nothing_and_delete_what_there_is(
    alice: Actor, altostrat: Changing, settings: Settings
) -> None:
    settings.KEEP_COPY_HOURS = 0

    assert isinstance(read_account(alice), Live)
    assert not KeptCopy.objects.exists()


def test_zero_hours_show_nothing_either(alice: Actor, altostrat: Changing, settings: Settings) -> None:
    settings.KEEP_COPY_HOURS = 0
    altostrat.fails_with("503 Unavailable", "cus_1")

    assert isinstance(read_account(alice), Failed)
    assert kept_copies.delete_expired() == 1


def _forgotten(actor: Actor, token: AltostratToken) -> None:
    token_changes.forget(actor, token.pk)


def _renewed(actor: Actor, token: AltostratToken) -> None:
    token_changes.renew(actor, token.pk, text=SUPPORT)


def _switched_off(actor: Actor, token: AltostratToken) -> None:
    staff.deactivate_as_operator(actor.user.username)


@pytest.mark.parametrize("happens", [_forgotten, _renewed, _switched_off])
def test_it_is_gone_when_the_token_is(happens: Callable[[Actor, AltostratToken], None], alice: Actor) -> None:
    happens(alice, AltostratToken.objects.get())

    assert not KeptCopy.objects.exists()


@pytest.mark.parametrize("happens", [_forgotten, _renewed, _switched_off])
def test_an_answer_that_arrives_afterwards_is_not_kept(
    happens: Callable[[Actor, AltostratToken], None], alice: Actor
) -> None:
    token = AltostratToken.objects.get()
    result = read_account(alice)
    assert isinstance(result, Live)
    happens(alice, token)

    kept_copies.save(token, [(ACCOUNT, result.answer)])

    assert not KeptCopy.objects.exists()


def test_a_check_that_is_refused_leaves_no_copy(alice: Actor, altostrat: Changing) -> None:
    altostrat.fails_with("401 Unauthorized", "workspaces")

    token_changes.check(alice, AltostratToken.objects.get().pk)

    assert not KeptCopy.objects.exists()


def test_it_moves_to_a_new_vault_key(alice: Actor, altostrat: Changing, settings: Settings) -> None:
    settings.VAULT_KEYS = f"{generate_key('fresh')},{settings.VAULT_KEYS}"
    resealing.reseal_all(on_failure=print)
    settings.VAULT_KEYS = settings.VAULT_KEYS.split(",")[0]
    altostrat.fails_with("503 Unavailable", "cus_1")

    assert isinstance(read_account(alice), Kept)


def test_one_that_does_not_open_is_given_up(alice: Actor, settings: Settings) -> None:
    KeptCopy.objects.update(envelope="v1:gone:AAAA")
    counts = resealing.reseal_all(on_failure=print)

    assert counts.failed == 0
    assert not KeptCopy.objects.exists()

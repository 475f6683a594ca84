"""Tokens are saved, chosen, renewed and deleted, with the sandbox as Altostrat."""

from __future__ import annotations

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from billing.altostrat.credentials import BearerToken, MalformedToken
from billing.altostrat.errors import NotFound, TokenRejected
from billing.altostrat.identifiers import InvalidIdentifier
from billing.altostrat.operations.billing_accounts import LIST_BILLING_ACCOUNTS, RETRIEVE_BILLING_ACCOUNT
from billing.models import AltostratToken, AuditEntry, User
from billing.roles import Permission
from billing.services import tokens
from billing.services.actor import Actor, Door
from billing.services.reads import Read, read_live
from billing.services.storage import key_ring
from billing.services.tokens import manage as token_changes
from billing.services.tokens import tokens as token_rows
from billing.vault import CannotUnseal
from tests.services.cast import actor_called
from tests.tokens import FINANCE, SUPPORT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("altostrat_url")]

Status = AltostratToken.Status

WORKSPACE = "ws_a1b2c3d4e5f6g7h8"
ACCOUNTS = Read(LIST_BILLING_ACCOUNTS, {"workspace_id": WORKSPACE})
MISSING = Read(RETRIEVE_BILLING_ACCOUNT, {"workspace_id": "ws_failures", "billing_account_id": "cus_missing"})


@pytest.fixture
def alice() -> Actor:
    return actor_called("alice")


@pytest.fixture
def bob() -> Actor:
    return actor_called("bob")


def verbs() -> list[tuple[str, str]]:
    return list(AuditEntry.objects.order_by("pk").values_list("verb", "outcome"))


def test_save_stores_the_token_and_returns_its_workspaces(alice: Actor) -> None:
    row, check = token_changes.save(alice, text=f"Bearer {FINANCE}\n", label="Finance")

    assert row.status == Status.ACCEPTED
    assert row.is_default
    assert "ACME Corporation" in check.workspaces
    assert verbs() == [("token.save", "succeeded")]


def test_stored_token_is_sealed(alice: Actor) -> None:
    row, _ = token_changes.save(alice, text=FINANCE, label="Finance")
    stored = AltostratToken.objects.values().get(pk=row.pk)

    assert FINANCE not in str(stored)
    assert stored["envelope"].startswith(key_ring.key_ring().first_prefix)
    assert tokens.unseal(AltostratToken.objects.get(pk=row.pk)).reveal() == FINANCE


def test_refused_token_is_not_stored(alice: Actor) -> None:
    with pytest.raises(TokenRejected):
        token_changes.save(alice, text="alto_sk_nobody_knows_this_one", label="Wrong")

    assert not AltostratToken.objects.exists()
    assert verbs() == [("token.save", "refused")]


def test_token_without_access_to_the_workspace_is_not_stored(alice: Actor) -> None:
    with pytest.raises(NotFound):
        token_changes.save(alice, text=SUPPORT, label="Support", workspace_id="ws_a1b2c3d4e5f6g7h8")

    assert not AltostratToken.objects.exists()


@pytest.mark.parametrize("text", ["", "  ", "Bearer ", "alto_sk_a\nb", "alto sk", "alto_sk_ä"])
def test_malformed_token_is_refused(alice: Actor, text: str) -> None:
    with pytest.raises(MalformedToken):
        token_changes.save(alice, text=text, label="Wrong")


def test_malformed_workspace_is_refused(alice: Actor) -> None:
    with pytest.raises(InvalidIdentifier):
        token_changes.save(alice, text=FINANCE, label="Wrong", workspace_id="ws_a/../b")


def test_token_is_unverified_when_altostrat_is_unavailable(alice: Actor, altostrat_unreachable: None) -> None:
    row, check = token_changes.save(alice, text=FINANCE, label="Finance")

    assert row.status == Status.UNVERIFIED
    assert check.error is not None
    assert row.last_result == "Unreachable"


def test_workspace_can_have_one_token(alice: Actor) -> None:
    token_changes.save(alice, text=FINANCE, label="One", workspace_id="ws_a1b2c3d4e5f6g7h8")

    with pytest.raises(token_changes.WorkspaceTaken):
        token_changes.save(alice, text=FINANCE, label="Two", workspace_id="ws_a1b2c3d4e5f6g7h8")


def test_workspace_token_overrides_the_default(alice: Actor) -> None:
    general, _ = token_changes.save(alice, text=FINANCE, label="General")
    bound, _ = token_changes.save(alice, text=FINANCE, label="Bound", workspace_id="ws_a1b2c3d4e5f6g7h8")

    assert tokens.choose(alice.user, "ws_a1b2c3d4e5f6g7h8") == bound
    assert tokens.choose(alice.user, "ws_elsewhere") == general
    assert tokens.choose(alice.user) == general


def test_workspace_token_is_not_used_for_other_workspaces(alice: Actor) -> None:
    token_changes.save(alice, text=FINANCE, label="Bound", workspace_id="ws_a1b2c3d4e5f6g7h8")

    with pytest.raises(tokens.NoToken):
        tokens.choose(alice.user, "ws_elsewhere")


def test_new_default_replaces_the_old_one(alice: Actor) -> None:
    old, _ = token_changes.save(alice, text=FINANCE, label="Old")
    new, _ = token_changes.save(alice, text=FINANCE, label="New", default=True)

    assert tokens.choose(alice.user) == new
    assert AltostratToken.objects.filter(pk=old.pk, is_default=False).exists()


def test_person_cannot_use_the_token_of_another(alice: Actor, bob: Actor) -> None:
    row, _ = token_changes.save(alice, text=FINANCE, label="Finance")

    with pytest.raises(tokens.NoToken):
        read_live(bob, WORKSPACE, ACCOUNTS)
    for action in (token_changes.check, token_changes.make_default, token_changes.delete):
        with pytest.raises(tokens.UnknownToken):
            action(bob, row.pk)
    with pytest.raises(tokens.UnknownToken):
        token_changes.renew(bob, row.pk, text=FINANCE)


def test_token_moved_to_another_person_does_not_open(alice: Actor, bob: Actor) -> None:
    row, _ = token_changes.save(alice, text=FINANCE, label="Finance")
    AltostratToken.objects.filter(pk=row.pk).update(owner=bob.user)

    with pytest.raises(CannotUnseal):
        read_live(bob, WORKSPACE, ACCOUNTS)


def test_envelope_copied_to_another_row_does_not_open(alice: Actor) -> None:
    one, _ = token_changes.save(alice, text=FINANCE, label="One")
    two, _ = token_changes.save(alice, text=FINANCE, label="Two", workspace_id="ws_a1b2c3d4e5f6g7h8")
    AltostratToken.objects.filter(pk=two.pk).update(envelope=one.envelope)

    with pytest.raises(CannotUnseal):
        tokens.unseal(AltostratToken.objects.get(pk=two.pk))


def test_token_does_not_open_for_another_api(alice: Actor, request: pytest.FixtureRequest) -> None:
    row, _ = token_changes.save(alice, text=FINANCE, label="Finance")
    request.getfixturevalue("altostrat_unreachable")

    with pytest.raises(CannotUnseal):
        tokens.unseal(row)


def test_refused_token_is_recorded_once(alice: Actor) -> None:
    row, _ = token_changes.save(alice, text="alto_sk_nobody_knows_this_one", label="Wrong", verify=False)

    for _ in range(2):
        with pytest.raises(TokenRejected):
            read_live(alice, WORKSPACE, ACCOUNTS)

    row.refresh_from_db()
    assert row.status == Status.REFUSED
    assert verbs() == [("token.save", "succeeded"), ("token.refused", "refused")]


def test_renewal_repairs_a_refused_token(alice: Actor) -> None:
    row, _ = token_changes.save(alice, text="alto_sk_nobody_knows_this_one", label="Wrong", verify=False)
    token_changes.check(alice, row.pk)

    renewed, _ = token_changes.renew(alice, row.pk, text=FINANCE)

    assert renewed.pk == row.pk
    assert renewed.status == Status.ACCEPTED
    assert read_live(alice, WORKSPACE, ACCOUNTS).status == 200


def test_refused_renewal_keeps_the_stored_token(alice: Actor) -> None:
    row, _ = token_changes.save(alice, text=FINANCE, label="Finance")

    with pytest.raises(TokenRejected):
        token_changes.renew(alice, row.pk, text="alto_sk_nobody_knows_this_one")

    assert tokens.unseal(AltostratToken.objects.get(pk=row.pk)).reveal() == FINANCE


def test_forget_deletes_the_token(alice: Actor) -> None:
    row, _ = token_changes.save(alice, text=FINANCE, label="Finance")

    token_changes.delete(alice, row.pk)

    assert not AltostratToken.objects.exists()
    assert verbs()[-1] == ("token.forget", "succeeded")


def test_read_updates_the_time_of_last_use(alice: Actor) -> None:
    row, _ = token_changes.save(alice, text=FINANCE, label="Finance", verify=False)

    read_live(alice, WORKSPACE, ACCOUNTS)

    row.refresh_from_db()
    assert row.status == Status.ACCEPTED
    assert row.last_used_at is not None


def test_missing_account_does_not_mark_the_token_as_refused(alice: Actor) -> None:
    row, _ = token_changes.save(alice, text=FINANCE, label="Finance", verify=False)

    with pytest.raises(NotFound):
        read_live(alice, "ws_failures", MISSING)

    row.refresh_from_db()
    assert row.status == Status.ACCEPTED


def test_person_without_a_role_cannot_read(alice: Actor) -> None:
    token_changes.save(alice, text=FINANCE, label="Finance")
    nobody = Actor(User.objects.get(username="alice"), Door.PAGE, frozenset())

    with pytest.raises(Exception, match=Permission.BILLING_READ.value):
        read_live(nobody, WORKSPACE, ACCOUNTS)


@pytest.mark.parametrize("workspace_id", ["ws_\x00", "ws_a/b", "elsewhere"])
def test_invalid_workspace_id_is_refused(alice: Actor, workspace_id: str) -> None:
    token_changes.save(alice, text=FINANCE, label="Finance", verify=False)

    with pytest.raises(InvalidIdentifier):
        tokens.choose(alice.user, workspace_id)


def test_second_call_of_a_write_uses_the_renewed_token(
    alice: Actor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    token_changes.save(alice, text=FINANCE, label="t", verify=False)
    AltostratToken.objects.update(status="accepted", last_used_at=timezone.now())
    used = []
    for text in (FINANCE, FINANCE, SUPPORT):
        if text == SUPPORT:
            fresh = AltostratToken.objects.get()
            token_rows.seal(BearerToken(text), fresh)
            AltostratToken.objects.update(envelope=fresh.envelope)  # by another process
        with django_assert_num_queries(1), tokens.client_for(alice, is_for_write=True) as client:
            used.append(client._token.reveal())

    assert used == [FINANCE, FINANCE, SUPPORT]

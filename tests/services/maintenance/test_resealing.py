"""Stored values are resealed while the portal runs."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from pytest_django import Settings

from billing.models import AltostratToken, PendingForm, Scan, VaultKeyCheck
from billing.services import tokens
from billing.services.actor import Actor, Door, granted_to
from billing.services.maintenance import resealing
from billing.services.scans import results, run, store
from billing.services.storage import key_ring
from billing.services.tokens import manage as token_changes
from billing.vault import CannotUnseal, generate_key
from tests.services.cast import actor_called
from tests.services.scans.pauses import skip_pauses
from tests.tokens import FINANCE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("altostrat_url")]


@pytest.fixture
def three_tokens() -> list[AltostratToken]:
    alice = actor_called("alice")
    return [token_changes.save(alice, text=FINANCE, label=str(n), verify=False)[0] for n in range(3)]


def owner_of(rows: list[AltostratToken]) -> Actor:
    user = rows[0].owner
    return Actor(user, Door.PAGE, granted_to(user))


@pytest.fixture
def rotated(settings: Settings, three_tokens: list[AltostratToken]) -> str:
    settings.VAULT_KEYS = f"{generate_key('fresh')},{settings.VAULT_KEYS}"
    return "v1:fresh:"


def test_every_token_is_resealed_with_the_first_key(rotated: str, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("reseal_tokens")

    assert "Resealed: 3. Already sealed with the first key: 0." in capsys.readouterr().out
    for row in AltostratToken.objects.all():
        assert row.envelope.startswith(rotated)
        assert tokens.unseal(row).reveal() == FINANCE


def test_second_run_continues(rotated: str) -> None:
    tokens.reseal(AltostratToken.objects.earliest("created_at"))

    counts = resealing.reseal_all(on_failure=print)

    assert (counts.resealed, counts.current, counts.failed) == (2, 1, 0)


def test_token_renewed_meanwhile_is_not_overwritten(rotated: str) -> None:
    stale = AltostratToken.objects.earliest("created_at")
    renewed = AltostratToken.objects.get(pk=stale.pk)
    tokens.seal(tokens.unseal(renewed), renewed)
    renewed.save()

    assert tokens.reseal(stale) is False
    assert AltostratToken.objects.get(pk=stale.pk).envelope == renewed.envelope


def test_token_that_does_not_open_is_reported_and_the_rest_resealed(rotated: str) -> None:
    broken = AltostratToken.objects.earliest("created_at")
    AltostratToken.objects.filter(pk=broken.pk).update(envelope="v1:gone:AAAA")

    with pytest.raises(CommandError, match="do not open"):
        call_command("reseal_tokens")

    assert AltostratToken.objects.filter(envelope__startswith=rotated).count() == 2


def test_scan_opens_after_the_old_key_is_removed(
    three_tokens: list[AltostratToken], settings: Settings
) -> None:
    alice = owner_of(three_tokens)
    while not run.advance(alice, store.ACCOUNT_LIST).is_finished:
        skip_pauses()
    before = list(results.items(alice, results.progress(alice, store.ACCOUNT_LIST)))
    settings.VAULT_KEYS = f"{generate_key('fresh')},{settings.VAULT_KEYS}"
    call_command("reseal_tokens")
    settings.VAULT_KEYS = settings.VAULT_KEYS.split(",")[0]

    assert len(before) > 10
    assert list(results.items(alice, results.progress(alice, store.ACCOUNT_LIST))) == before


def test_scan_that_does_not_open_is_deleted(three_tokens: list[AltostratToken], settings: Settings) -> None:
    run.advance(owner_of(three_tokens), store.ACCOUNT_LIST)
    Scan.objects.update(envelope="v1:gone:AAAA")

    assert resealing.reseal_all(on_failure=print).failed == 0
    assert not Scan.objects.exists()


def test_old_key_can_be_removed_afterwards(rotated: str, settings: Settings) -> None:
    call_command("reseal_tokens")
    settings.VAULT_KEYS = settings.VAULT_KEYS.split(",")[0]

    key_ring.verify()


def test_missing_key_is_detected(three_tokens: list[AltostratToken], settings: Settings) -> None:
    settings.VAULT_KEYS = generate_key("other")

    with pytest.raises(CannotUnseal):
        key_ring.verify()


def test_other_key_under_the_same_id_is_detected(
    three_tokens: list[AltostratToken], settings: Settings
) -> None:
    settings.VAULT_KEYS = generate_key(settings.VAULT_KEYS.partition(":")[0])

    with pytest.raises(CannotUnseal):
        key_ring.verify()


def test_damaged_row_is_not_a_wrong_key(three_tokens: list[AltostratToken]) -> None:
    row = three_tokens[0]
    AltostratToken.objects.filter(pk=row.pk).update(envelope=row.envelope[:-8] + "AAAAAAA=")

    key_ring.verify()


def test_check_opens_everything_and_changes_nothing(
    three_tokens: list[AltostratToken], settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    run.advance(owner_of(three_tokens), store.ACCOUNT_LIST)
    envelopes = set(AltostratToken.objects.values_list("envelope", flat=True))
    call_command("reseal_tokens", "--check")
    assert "Token: 3 open, 0 do not." in capsys.readouterr().out

    settings.VAULT_KEYS = generate_key("other")
    with pytest.raises(CommandError, match="do not open"):
        call_command("reseal_tokens", "--check")
    assert "Token: 0 open, 3 do not." in capsys.readouterr().out
    assert set(AltostratToken.objects.values_list("envelope", flat=True)) == envelopes
    assert Scan.objects.exists()


def test_every_sealed_table_is_resealed() -> None:
    sealed = {model for model in apps.get_models() if any(f.name == "envelope" for f in model._meta.fields)}
    # The first expire within a day of sign-in, and the others belong to one key each.
    exceptions = {PendingForm, VaultKeyCheck}

    assert {one.model for one in resealing.SEALED} == sealed - exceptions, "Add it to SEALED."

"""The demo has people with tokens, and activity."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pytest_django import Settings

from billing.models import AuditEntry, Change, Identity, Note, User
from billing.services import tokens
from billing.services.demo import data, people
from tests.plugins.processes import ROOT, Sandbox

PEOPLE: list[dict[str, Any]] = json.loads((ROOT / "identity_provider" / "people.json").read_text())


@pytest.fixture(autouse=True)
def _company(db: None, altostrat_url: str, settings: Settings) -> None:
    settings.OIDC_ISSUER = "http://127.0.0.1:8002"
    settings.OIDC_ROLE_MAP = "billing-viewers=viewer,billing-editors=editor,billing-admins=admin"


def test_company_has_people_with_every_role_and_without() -> None:
    groups = [person["groups"] for person in PEOPLE]

    assert {"billing-viewers", "billing-editors", "billing-auditors", "billing-admins"} == {
        name for names in groups for name in names
    }
    assert [] in groups


def test_people_have_an_identity_and_a_token() -> None:
    created = people.set_up_people(PEOPLE)
    vera = User.objects.get(username="vera.lindqvist")

    assert vera in created
    assert not vera.has_usable_password()
    assert list(vera.groups.values_list("name", flat=True)) == ["viewer"]
    identity = Identity.objects.get(user=vera)
    assert (identity.issuer, identity.subject) == ("http://127.0.0.1:8002", "p-1001")
    assert tokens.choose(vera).label == "Sandbox"


def test_people_without_a_role_are_not_created() -> None:
    people.set_up_people(PEOPLE)

    assert not User.objects.filter(username="nora.castellanos").exists()


def test_second_start_updates_only_the_issuer(settings: Settings) -> None:
    people.set_up_people(PEOPLE)
    settings.OIDC_ISSUER = "http://127.0.0.1:9002"
    people.set_up_people(PEOPLE)

    assert Identity.objects.count() == User.objects.count() == len({p["sub"] for p in PEOPLE}) - 2
    assert {row.issuer for row in Identity.objects.all()} == {"http://127.0.0.1:9002"}


def test_administrator_signs_in_with_a_password() -> None:
    admin = people.set_up_administrator(password="a pass phrase of the demo")

    assert admin.check_password("a pass phrase of the demo")
    assert admin.is_superuser


@pytest.mark.django_db(transaction=True)
def test_demo_has_activity(fresh_sandbox: Sandbox) -> None:
    people.set_up_people(PEOPLE)
    data.create_activity()
    data.create_activity()

    assert Note.objects.count() == 3
    assert [row["method"] for row in fresh_sandbox.writes()] == ["PATCH"]
    change = Change.objects.get()
    assert (change.state, change.ticket) == (Change.State.SUCCEEDED, "SUP-2041")
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert {"note.add", "billing_account.read", "billing_account.update"} <= verbs

"""Every URL with every role and every method: exactly what the table of roles allows, and nothing else."""

from __future__ import annotations

from typing import Final

import pytest
from django.test import Client

from billing.models import AltostratToken, PortalKey, User
from billing.roles import Permission, Role, permissions_of
from tests.access.matrix import Caller, create_person, patterns_by_key, unexpected
from tests.access.routes import METHODS, ROUTES, served

pytestmark = pytest.mark.slow(pieces=2)

PEOPLE: Final = ("anonymous", *(role.value for role in Role), "roleless", "deactivated", "superuser")
_ROLES: Final = {
    **{role.value: [role] for role in Role},
    "roleless": [],
    "deactivated": [Role.ADMIN],
    "superuser": [Role.ADMIN],
}


@pytest.fixture
def caller(
    request: pytest.FixtureRequest,
    db: None,
    static_files: None,
    altostrat_url: str,
    short_failure_pages: None,
) -> Caller:
    """Return the person that the test names, signed in."""
    name = request.param
    if name == "anonymous":
        return Caller(Client())
    user, values = create_person(name, *_ROLES[name])
    target, ids = create_person("target", Role.EDITOR)
    values |= {"person_id": target.pk, "target_key": ids["key_id"]}
    client = signed_in(user)
    User.objects.filter(pk=user.pk).update(
        is_active=name != "deactivated", is_superuser=name == "superuser", is_staff=name == "superuser"
    )
    if name in {"deactivated", "roleless"}:
        return Caller(client, values=values)
    permissions = permissions_of(role.value for role in _ROLES[name])
    return Caller(client, permissions, is_known=True, is_superuser=name == "superuser", values=values)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_every_url_has_a_row() -> None:
    missing = [pattern for key, pattern in served() if key not in ROUTES]
    unused = [key for key, patterns in patterns_by_key().items() if not patterns]

    assert not missing, "add to tests/access/routes.py what these need"
    assert not unused, "these URLs do not exist: delete their rows if that is intended"


@pytest.mark.parametrize("caller", PEOPLE, indirect=True)
def test_people_may_do_what_their_role_allows_and_nothing_else(caller: Caller) -> None:
    assert unexpected(caller, patterns_by_key()) == []


@pytest.mark.parametrize("caller", [role.value for role in Role] + ["superuser"], indirect=True)
def test_nobody_can_use_the_token_or_key_of_another_person_as_their_own(caller: Caller) -> None:
    other = User.objects.get(username="target")
    caller.values["token_id"] = AltostratToken.objects.get(owner=other).pk
    caller.values["key_id"] = PortalKey.objects.get(owner=other).pk
    status = 404 if Permission.BILLING_READ in caller.permissions else 403

    for key in ("token-renew", "token-check", "token-make-default", "token-delete", "key-edit", "key-revoke"):
        pattern = patterns_by_key()[key][0]
        assert caller.request("POST", pattern).status_code == status, key

    assert AltostratToken.objects.filter(owner=other).exists()
    assert not PortalKey.objects.filter(owner=other).exclude(revoked_at=None).exists()


@pytest.mark.parametrize("url", ["/healthz", "/readyz"])
@pytest.mark.parametrize("method", METHODS)
def test_everyone_may_read_the_probes(url: str, method: str, db: None, client: Client) -> None:
    answer = client.generic(method, url)

    assert answer.status_code == (200 if method in {"GET", "HEAD"} else 404)


def test_superuser_may_open_the_admin(db: None, static_files: None) -> None:
    client = signed_in(User.objects.create_superuser("root"))

    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/login/").status_code == 302


def test_staff_who_are_not_superusers_may_not_open_the_admin(db: None, static_files: None) -> None:
    clerk, _ = create_person("clerk", Role.ADMIN)
    User.objects.filter(pk=clerk.pk).update(is_staff=True)
    client = signed_in(clerk)

    assert client.get("/admin/").status_code == 302
    assert client.get("/admin/login/").status_code == 403

"""Every address, times every caller, times every method: exactly what the table of roles says, and nothing else.

What is expected is made from `billing.roles` and the table of addresses in tests/access/routes.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client

from billing.models import AltostratToken, PortalKey, User
from billing.roles import Permission, Role, permissions_of
from billing.services.actor import Actor, Door, granted_to
from billing.services.people import keys
from billing.services.tokens import manage as token_changes
from tests.access.routes import METHODS, ROUTES, Administration, Call, Need, NoRoute, Page, served
from tests.pages.addresses import ACCOUNT, WORKSPACE
from tests.tokens import FINANCE

pytestmark = pytest.mark.slow(pieces=2)

PEOPLE: Final = ("anonymous", *(role.value for role in Role), "roleless", "deactivated", "superuser")
# Who has other roles than the one that they are named after.
_ROLES: Final = {"deactivated": [Role.ADMIN], "superuser": [Role.ADMIN]}
SIGN_IN: Final = "/accounts/sign-in/"


@dataclass
class Caller:
    """Somebody who asks, and what they may expect."""

    client: Client
    permissions: frozenset[Permission] = frozenset()
    is_known: bool = False
    is_superuser: bool = False
    has_token: bool = True
    values: dict[str, object] = field(default_factory=dict)

    def ask(self, method: str, pattern: str) -> HttpResponse:
        """One request, redirects not followed."""
        return self.client.generic(method, self.address(pattern))  # type: ignore[return-value]

    def address(self, pattern: str) -> str:
        """The pattern with this caller's own ids in it."""
        if pattern.startswith("api/^"):
            return "/api/v1/no/such/thing"
        known = {"workspaceId": WORKSPACE, "billingAccountId": ACCOUNT, "token_id": uuid4(), **self.values}
        known |= {
            "workspace_id": WORKSPACE,
            "billing_account_id": ACCOUNT,
            "subscriptionId": "sub_a1b2c3d4e5f6g7h8",
            "organizationId": "org_aBcDeFg123456789",
            "member_id": "auth0|64f5a6b7c8d9e0f1a2b3c4d5",
            "payment_method_id": "pm_a1b2c3d4e5f6g7h8",
            "form_id": uuid4(),
            "change_id": uuid4(),
            "note_id": uuid4(),
            "panel": "details",
            "session_id": 0,
            "kind": "look",
            "key": "past-due",
            "app_label": "billing",
            "url": "x",
        }
        if "person_id" in pattern:
            known["key_id"] = known.get("target_key", 1)
        plain = re.sub(r"\^?\(\?P(<\w+>)[^)]*\)(/?)\$", r"\1\2", pattern)
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(known.get(found[1], 1)), plain)


def expected(caller: Caller, key: str, method: str) -> set[int]:
    """The statuses that are right."""
    row = ROUTES[key]
    if isinstance(row, Administration):
        # It looks at who asks before it looks at the method, in one place: two methods tell of all.
        if method not in {"GET", "POST"}:
            return set()
        # What the admin answers to a superuser is Django's business, and told by the tests of the admin.
        return set() if caller.is_superuser else {row.refusal if caller.is_known else 302}
    if isinstance(row, NoRoute):
        return {404 if caller.is_known else 401}
    if key == "sign-in" and caller.is_known:
        return {302} if method in row.answers else {405}
    if isinstance(row, Call):
        return {_of_the_api(caller, row, method)}
    return {_of_a_page(caller, row, method)}


def _of_the_api(caller: Caller, row: Page, method: str) -> int:
    if row.needs is not Need.NOTHING and not caller.is_known:
        return 401
    if method not in row.answers:
        return 405
    if isinstance(row.needs, Permission) and row.needs not in caller.permissions:
        return 403
    return row.answers[method] if caller.has_token or row.needs is Need.NOTHING else 424


def _of_a_page(caller: Caller, row: Page, method: str) -> int:
    if row.needs is not Need.NOTHING and not caller.is_known:
        # What was sent is lost, and is told so; whoever only looks is led to the sign-in page, and back.
        return 302 if method in {"GET", "HEAD"} else 403
    if method not in row.answers:
        return 405
    if isinstance(row.needs, Permission) and row.needs not in caller.permissions:
        return 403
    return row.answers[method]


def made(name: str, *roles: Role) -> tuple[User, dict[str, object]]:
    """A person with those roles, and the ids of a token and a key of theirs if their roles have a use for them."""
    user = User.objects.create_user(name)
    user.groups.add(*Group.objects.filter(name__in=[role.value for role in roles]))
    actor = Actor(user, Door.COMMAND, granted_to(user))
    values: dict[str, object] = {"token_id": uuid4(), "key_id": 1}
    if Permission.BILLING_READ in actor.permissions:
        row, _ = token_changes.save(actor, text=FINANCE, label="t", verify=False)
        values["token_id"] = row.pk
        values["key_id"] = keys.issue(actor, name="k", scopes=[Permission.BILLING_READ])[0].pk
    return user, values


@pytest.fixture
def caller(request: pytest.FixtureRequest, db: None, static_files: None, altostrat_url: str) -> Caller:
    """The person whom the test names, signed in."""
    name = request.param
    if name == "anonymous":
        return Caller(Client())
    roles = _ROLES.get(name) or [Role(name)] if name != "roleless" else []
    user, values = made(name, *roles)
    target, of_target = made("target", Role.EDITOR)
    values |= {"person_id": target.pk, "target_key": of_target["key_id"]}
    client = signed_in(user)
    User.objects.filter(pk=user.pk).update(
        is_active=name != "deactivated", is_superuser=name == "superuser", is_staff=name == "superuser"
    )
    if name in {"deactivated", "roleless"}:
        return Caller(client, values=values)
    permissions = permissions_of(role.value for role in roles)
    return Caller(client, permissions, is_known=True, is_superuser=name == "superuser", values=values)


def signed_in(user: User) -> Client:
    """A browser in which that person has signed in."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def walk(caller: Caller, rows: dict[str, list[str]]) -> list[str]:
    """Asks for everything, and tells each answer that is not as expected."""
    wrong = []
    for key, patterns in rows.items():
        for pattern in patterns:
            for method in METHODS:
                wanted = expected(caller, key, method)
                if wanted:
                    answer = caller.ask(method, pattern)
                    if answer.status_code not in wanted or not _leads_where_it_should(caller, key, answer):
                        wrong.append(
                            f"{method} {caller.address(pattern)}: {answer.status_code}, not {wanted}"
                        )
    return wrong


def _leads_where_it_should(caller: Caller, key: str, answer: HttpResponse) -> bool:
    """A refusal leads to the sign-in and nothing else does; a 405 names the methods; no cache keeps any of it."""
    row = ROUTES[key]
    if answer.status_code == 405 and isinstance(row, Page):
        return set(answer.headers["Allow"].split(", ")) == set(row.answers)
    if answer.status_code == 302 and isinstance(row, Page) and row.needs is not Need.NOTHING:
        return answer.headers["Location"].startswith(SIGN_IN) is not caller.is_known
    return True


def by_key() -> dict[str, list[str]]:
    """The patterns of each row, in the order of the table."""
    found: dict[str, list[str]] = {key: [] for key in ROUTES}
    for key, pattern in served():
        found.setdefault(key, []).append(pattern)
    return found


def test_every_address_has_a_row() -> None:
    without = [pattern for key, pattern in served() if key not in ROUTES]
    gone = [key for key, patterns in by_key().items() if not patterns]

    assert not without, "say in tests/access/routes.py what these need"
    assert not gone, "these addresses exist no more: take out their rows, if that is meant"


@pytest.mark.parametrize("caller", PEOPLE, indirect=True)
def test_people_get_what_their_role_says_and_nothing_else(caller: Caller) -> None:
    assert walk(caller, by_key()) == []


@pytest.mark.parametrize("caller", [role.value for role in Role] + ["superuser"], indirect=True)
def test_nobody_reaches_anothers_token_or_key_as_their_own(caller: Caller) -> None:
    other = User.objects.get(username="target")
    caller.values["token_id"] = AltostratToken.objects.get(owner=other).pk
    caller.values["key_id"] = PortalKey.objects.get(owner=other).pk
    allowed = Permission.BILLING_READ in caller.permissions

    for key in ("token-renew", "token-check", "token-make-default", "token-forget", "key-revoke"):
        pattern = by_key()[key][0]
        assert caller.ask("POST", pattern).status_code == (404 if allowed else 403), key

    assert AltostratToken.objects.filter(owner=other).exists()
    assert not PortalKey.objects.filter(owner=other).exclude(revoked_at=None).exists()


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
@pytest.mark.parametrize("method", METHODS)
def test_the_probes_are_for_everybody_and_only_tell(
    address: str, method: str, db: None, client: Client
) -> None:
    answer = client.generic(method, address)

    assert answer.status_code == (200 if method in {"GET", "HEAD"} else 404)


def test_the_administration_is_a_superusers(db: None, static_files: None) -> None:
    client = signed_in(User.objects.create_superuser("root"))

    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/login/").status_code == 302


def test_staff_who_are_no_superusers_are_led_away_from_the_administration(
    db: None, static_files: None
) -> None:
    clerk, _ = made("clerk", Role.ADMIN)
    User.objects.filter(pk=clerk.pk).update(is_staff=True)
    client = signed_in(clerk)

    assert client.get("/admin/").status_code == 302
    assert client.get("/admin/login/").status_code == 403

"""Requests to every URL as a caller, and the statuses that `billing.roles` and tests/access/routes.py expect."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client

from billing.models import User
from billing.roles import Permission, Role
from billing.services.actor import Actor, Door, granted_to
from billing.services.people import keys
from billing.services.tokens import manage as token_changes
from tests.access.routes import METHODS, ROUTES, Administration, Call, Need, NoRoute, Page, Relay, served
from tests.pages.addresses import ACCOUNT, WORKSPACE
from tests.tokens import FINANCE

SIGN_IN: Final = "/accounts/sign-in/"


@dataclass
class Caller:
    """A client with the permissions of its person or key."""

    client: Client
    permissions: frozenset[Permission] = frozenset()
    is_known: bool = False
    is_superuser: bool = False
    has_token: bool = True
    has_key: bool = False
    values: dict[str, object] = field(default_factory=dict)

    def request(self, method: str, pattern: str) -> HttpResponse:
        """Make one request, and do not follow redirects."""
        return self.client.generic(method, self.url(pattern))  # type: ignore[return-value]

    def url(self, pattern: str) -> str:
        """Return the URL with this caller's own ids."""
        if pattern.startswith("api/^"):
            return "/api/v1/no/such/thing"
        values = {"token_id": uuid4(), **self.values, **_ids()}
        if "person_id" in pattern:
            values["key_id"] = values.get("target_key", 1)
        plain = re.sub(r"\^?\(\?P(<\w+>)[^)]*\)(/?)\$", r"\1\2", pattern)
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values.get(found[1], 1)), plain)


def create_person(name: str, *roles: Role) -> tuple[User, dict[str, object]]:
    """Create a person, with a token and a key if their roles allow that, and also return the ids of these."""
    user = User.objects.create_user(name)
    user.groups.add(*Group.objects.filter(name__in=[role.value for role in roles]))
    actor = Actor(user, Door.COMMAND, granted_to(user))
    values: dict[str, object] = {"token_id": uuid4(), "key_id": 1}
    if Permission.BILLING_READ in actor.permissions:
        token, _ = token_changes.save(actor, text=FINANCE, label="t", verify=False)
        values["token_id"] = token.pk
        values["key_id"] = keys.issue(actor, name="k", scopes=[Permission.BILLING_READ])[0].pk
    return user, values


def patterns_by_key() -> dict[str, list[str]]:
    """Return the URL patterns of each row of ROUTES, in its order."""
    found: dict[str, list[str]] = {key: [] for key in ROUTES}
    for key, pattern in served():
        found.setdefault(key, []).append(pattern)
    return found


def unexpected(caller: Caller, rows: Mapping[str, list[str]]) -> list[str]:
    """Request every URL with every method, and return the answers that differ from what is expected."""
    return [
        f"{method} {caller.url(pattern)}: {answer.status_code}, expected {status}"
        for key, method, pattern, status in _requests(caller, rows)
        if (answer := caller.request(method, pattern)).status_code != status
        or not _has_expected_headers(caller, key, answer)
    ]


def _requests(caller: Caller, rows: Mapping[str, list[str]]) -> Iterator[tuple[str, str, str, int]]:
    for key, patterns in rows.items():
        for pattern in patterns:
            for method in METHODS:
                status = expected_status(caller, key, method)
                if status is not None:
                    yield key, method, pattern, status


def expected_status(caller: Caller, key: str, method: str) -> int | None:
    """Return the expected status; None if this request is not needed."""
    row = ROUTES[key]
    if isinstance(row, Administration):
        # It checks the person before the method, in one place, so two methods suffice. Django tests what it answers
        # to a superuser.
        if caller.is_superuser or method not in {"GET", "POST"}:
            return None
        return row.refusal if caller.is_known else 302
    if isinstance(row, NoRoute):
        return 404 if caller.is_known else 401
    if key == "sign-in" and caller.is_known:
        return 302 if method in row.answers else 405
    return _of_api(caller, row, method) if isinstance(row, Call) else _of_page(caller, row, method)


def _of_api(caller: Caller, row: Page, method: str) -> int:
    if row.needs is not Need.NOTHING and not caller.is_known:
        return 401
    if method not in row.answers:
        return 405
    if method == "OPTIONS":
        return row.answers[method]
    needs = row.scopes.get(method, row.needs) if isinstance(row, Relay) else row.needs
    if isinstance(needs, Permission) and needs not in caller.permissions:
        return 403
    if isinstance(row, Relay) and needs is Permission.BILLING_WRITE and not caller.has_key:
        return 403
    status = row.answers[method]
    return status if caller.has_token or needs is Need.NOTHING or status >= 400 else 424


def _of_page(caller: Caller, row: Page, method: str) -> int:
    if row.needs is not Need.NOTHING and not caller.is_known:
        # Reads redirect to the sign-in page. A form is lost, and the page says so.
        return 302 if method in {"GET", "HEAD"} else 403
    if method not in row.answers:
        return 405
    if isinstance(row.needs, Permission) and row.needs not in caller.permissions:
        return 403
    if row.needs is Need.SUPERUSER and not caller.is_superuser:
        return 403
    return row.answers[method]


def _has_expected_headers(caller: Caller, key: str, answer: HttpResponse) -> bool:
    """Return whether a 405 names the methods, and only an unknown caller is redirected to the sign-in page."""
    row = ROUTES[key]
    if answer.status_code == 405 and isinstance(row, Page):
        return set(answer.headers["Allow"].split(", ")) == set(row.answers)
    if answer.status_code == 302 and isinstance(row, Page) and row.needs is not Need.NOTHING:
        return answer.headers["Location"].startswith(SIGN_IN) is not caller.is_known
    return True


def _ids() -> dict[str, object]:
    """Return an id for each name in a URL pattern, except those of the caller's own token and key."""
    return {
        **dict.fromkeys(("workspaceId", "workspace_id"), WORKSPACE),
        **dict.fromkeys(("billingAccountId", "billing_account_id"), ACCOUNT),
        **{name: uuid4() for name in ("form_id", "change_id", "note_id", "view_id")},
        "subscriptionId": "sub_a1b2c3d4e5f6g7h8",
        "organizationId": "org_aBcDeFg123456789",
        **dict.fromkeys(("memberId", "member_id"), "auth0|64f5a6b7c8d9e0f1a2b3c4d5"),
        **dict.fromkeys(("paymentMethodId", "payment_method_id"), "pm_a1b2c3d4e5f6g7h8"),
        "panel": "details",
        "session_id": 0,
        "kind": "invoices",
        "key": "past-due",
        "action": "deactivate",
        "field": "email",
        "language": "en",
        "app_label": "billing",
        "url": "x",
    }

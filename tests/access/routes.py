"""Every URL: the permission it needs, the methods it accepts, and the status if the caller has the permission.

A new URL needs a row here. The matrix requests the rows in this order, so those with side effects come last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from django.urls import URLPattern, URLResolver, get_resolver

from billing.api.routes import BY_PATH, Route
from billing.roles import Permission

METHODS: Final = ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "POST")


class Need(Enum):
    """A requirement that is not a permission."""

    NOTHING = "nothing"
    SIGN_IN = "sign-in"
    SUPERUSER = "superuser"


@dataclass(frozen=True)
class Page:
    """A URL for people. `answers` has the status of each method; any other method is a 405."""

    needs: Permission | Need
    answers: Mapping[str, int] = field(default_factory=lambda: {"GET": 200, "HEAD": 200})


@dataclass(frozen=True)
class Call(Page):
    """A URL for programs: refusals are 401 and 403, never redirects."""


@dataclass(frozen=True)
class Relay(Call):
    """Altostrat's operations with one path. Everyone who is known may ask for the methods with OPTIONS."""

    scopes: Mapping[str, Permission] = field(default_factory=dict)


@dataclass(frozen=True)
class NoRoute:
    """A URL that the API does not have: 404, or 401 for unknown callers."""


@dataclass(frozen=True)
class Administration:
    """Django's admin, for superusers. Its sign-in redirects visitors to ours and refuses everyone else."""

    refusal: int = 302


READ, WRITE = Permission.BILLING_READ, Permission.BILLING_WRITE
AUDIT, PEOPLE = Permission.AUDIT_READ, Permission.PEOPLE_MANAGE
_READ_ONLY: Final = {"GET": 200, "HEAD": 200}
_CONFIRMATION: Final = {**_READ_ONLY, "POST": 302}
# The matrix sends an empty form, which has errors.
_FORM: Final = {**_READ_ONLY, "POST": 422}


def _relay(routes: Mapping[str, Route]) -> Relay:
    """Return the row of a path. The matrix sends no body, reason or ticket, so most writes are refused with 400."""
    answers = {method: _status(route) for method, route in routes.items()}
    if "GET" in routes:
        answers["HEAD"] = answers["GET"]
    scopes = {method: route.scope for method, route in routes.items()}
    return Relay(READ, {**answers, "OPTIONS": 204}, scopes)


def _status(route: Route) -> int:
    if route.operation.method == "GET":
        return 200
    return 201 if route.operation.name == "create_setup_intent" else 400


ROUTES: Final[Mapping[str, Page | NoRoute | Administration]] = {
    "home": Page(Need.SIGN_IN),
    "account": Page(Need.SIGN_IN, _FORM),
    "keyboard": Page(Need.SIGN_IN),
    "session-status": Page(Need.NOTHING, {**_READ_ONLY, "POST": 200}),
    "session-back": Page(Need.SIGN_IN),
    # They have no pending form, and no password.
    "confirm": Page(Need.SIGN_IN, {"GET": 410, "HEAD": 410}),
    "confirm-password": Page(Need.SIGN_IN, {"GET": 410, "HEAD": 410, "POST": 410}),
    "own-password": Page(Need.SIGN_IN, {"GET": 404, "HEAD": 404, "POST": 404}),
    "sessions": Page(Need.SIGN_IN),
    # People can end only their own sessions.
    "session-end": Page(Need.SIGN_IN, {"POST": 404}),
    "sessions-end-others": Page(Need.SIGN_IN, {"POST": 302}),
    "queues": Page(READ),
    "queue": Page(READ),
    "queue-counts": Page(READ),
    "latest-export": Page(READ, {"GET": 302, "HEAD": 302}),
    "queue-invoices": Page(READ, _CONFIRMATION),
    "reports": Page(READ),
    "report-aging": Page(READ),
    "report-revenue": Page(READ),
    "report-invoices": Page(READ, _CONFIRMATION),
    "report-expected-bills": Page(READ, _CONFIRMATION),
    "search": Page(READ, _CONFIRMATION),
    "search-suggestions": Page(READ, {"POST": 200}),
    # There is no scan: the URL redirects to where one starts.
    "scan": Page(READ, {"GET": 302, "HEAD": 302}),
    "scan-stop": Page(READ, {"POST": 302}),
    "scan-resume": Page(READ, {"POST": 302}),
    "scan-restart": Page(READ, {"POST": 302}),
    "saved-views": Page(Need.SIGN_IN, _FORM),
    # No view has this ID.
    **dict.fromkeys(
        ("saved-view-edit", "saved-view-delete"), Page(Need.SIGN_IN, {"GET": 404, "HEAD": 404, "POST": 404})
    ),
    "favorites": Page(READ),
    "favorite": Page(READ, {"POST": 302}),
    "account-neighbors": Page(READ, {"GET": 302, "HEAD": 302}),  # without htmx, it redirects to the account
    "workspaces": Page(READ),
    "workspace": Page(READ),
    "billing-accounts": Page(READ),
    "billing-account": Page(READ),
    "invoices": Page(READ),
    "invoice": Page(READ, {"GET": 404, "HEAD": 404}),  # the matrix has no invoice ID
    "invoice-comparison": Page(READ),
    "costs": Page(READ),
    "savings": Page(READ),
    "invoice-contents": Page(READ, {"GET": 302, "HEAD": 302}),  # without htmx, it redirects to the invoice
    "subscriptions": Page(READ),
    "subscription": Page(READ, {"GET": 404, "HEAD": 404}),  # nor a subscription ID
    "subscription-new": Page(WRITE, _FORM),
    "subscription-change": Page(WRITE, {"GET": 404, "HEAD": 404}),
    **dict.fromkeys(
        ("subscription-change-form", "subscription-cancel"),
        Page(WRITE, {"GET": 404, "HEAD": 404, "POST": 404}),
    ),
    "invoice-preview": Page(READ),
    "payment-methods": Page(READ),
    "members": Page(READ),
    "organizations": Page(READ),
    "organization": Page(READ, {"GET": 404, "HEAD": 404}),  # nor an organization ID
    "usage-csv": Page(READ),
    "usage-pdf": Page(READ),
    "spend": Page(READ),
    "aging": Page(READ),
    "reminder": Page(READ, _FORM),
    "digest": Page(READ, {"POST": 422}),
    "reminder-send": Page(WRITE, {"POST": 422}),
    "reminder-template": Page(PEOPLE, _FORM),
    "account-history": Page(READ),
    "billing-account-edit": Page(WRITE, _FORM),
    "billing-account-delete": Page(WRITE, _FORM),
    "billing-account-new": Page(WRITE, _FORM),
    "workspace-new": Page(WRITE, _FORM),
    "workspace-edit": Page(WRITE, _FORM),
    "organization-new": Page(WRITE, _FORM),
    # The matrix has no organization ID, and the payment method is the default of an active subscription.
    "organization-child-new": Page(WRITE, {"GET": 404, "HEAD": 404, "POST": 404}),
    "organization-delete": Page(WRITE, {"POST": 404}),
    "member-add": Page(WRITE, _FORM),
    "member-role": Page(WRITE, _FORM),
    "payment-method-new": Page(WRITE, _FORM),
    "payment-method-back": Page(READ, {"GET": 302, "HEAD": 302}),  # of another person: redirects to the list
    # A button that redirects to a review.
    **dict.fromkeys(
        (
            *("workspace-archive", "member-remove"),
            *("payment-method-default", "payment-method-detach"),
        ),
        Page(WRITE, {"POST": 302}),
    ),
    "changes": Page(READ),
    # People see and send only their own changes.
    "change": Page(READ, {"GET": 404, "HEAD": 404}),
    **dict.fromkeys(
        (
            "change-send",
            "change-check-status",
            "change-resolve",
            "change-undo",
            "change-repeat",
            "change-abandon",
        ),
        Page(WRITE, {"POST": 404}),
    ),
    "billing-account-panel": Page(READ),
    # Without masks, it redirects to the account.
    "billing-account-reveal": Page(READ, {"GET": 302, "HEAD": 302, "POST": 302}),
    "account-notes-search": Page(READ),
    "follow-up": Page(WRITE, _FORM),
    "account-notes": Page(WRITE, _FORM),
    # No note has this ID.
    "account-note-edit": Page(WRITE, {"GET": 404, "HEAD": 404, "POST": 422}),
    "account-note-delete": Page(WRITE, {"GET": 404, "HEAD": 404, "POST": 404}),
    "tokens": Page(READ, _FORM),
    "token-renew": Page(READ, _FORM),
    "token-check": Page(READ, {"POST": 302}),
    "token-make-default": Page(READ, {"POST": 302}),
    "keys": Page(READ, _FORM),
    # An empty form changes nothing.
    "key-edit": Page(READ, _CONFIRMATION),
    "key-revoke": Page(READ, _CONFIRMATION),
    "people": Page(PEOPLE),
    "person": Page(PEOPLE),
    "lockouts": Page(PEOPLE),
    # Nobody is locked out.
    "lockout-lift": Page(PEOPLE, {"GET": 404, "HEAD": 404, "POST": 404}),
    "person-edit": Page(PEOPLE, _FORM),
    "person-new": Page(Need.SUPERUSER, _FORM),
    "person-password": Page(Need.SUPERUSER, _FORM),
    # Nobody is selected: it redirects to the list.
    "people-action": Page(PEOPLE, {"GET": 302, "HEAD": 302, "POST": 302}),
    "person-key-edit": Page(PEOPLE, _FORM),
    "person-key-revoke": Page(PEOPLE, _FORM),
    "audit": Page(AUDIT),
    "audit-entry": Page(AUDIT),
    # Single sign-on is disabled here. tests/sign_in/sso requests these when it is enabled.
    "sso": Page(Need.NOTHING, {"GET": 404, "HEAD": 404}),
    "sso-callback": Page(Need.NOTHING, {"GET": 404, "HEAD": 404}),
    "sso-back-channel-logout": Page(Need.NOTHING, {"POST": 404}),
    "api-schema": Call(Need.NOTHING),
    "api-docs": Call(Need.NOTHING),
    **{
        "api/v1" + re.sub(r"\{(\w+)\}", r"<str:\1>", path_template): _relay(routes)
        for path_template, routes in BY_PATH.items()
    },
    "api-change": Call(WRITE, {"GET": 404, "HEAD": 404, "OPTIONS": 204}),
    r"api/^(?!(?:docs|schema)\Z)[\s\S]*\Z": NoRoute(),
    "token-delete": Page(READ, _CONFIRMATION),
    "admin": Administration(),
    "admin/login/": Administration(refusal=403),
    # Visitors get the form, people who are signed in are redirected. Everyone may sign out.
    "sign-in": Page(Need.NOTHING, {"GET": 200, "HEAD": 200, "POST": 422}),
    "sign-out": Page(Need.NOTHING, {"POST": 302}),
}


def served() -> Iterator[tuple[str, str]]:
    """Yield every URL pattern that Django serves, with the key of its row in ROUTES."""
    for name, pattern in _all_patterns(get_resolver()):
        is_admin = pattern.startswith("admin/") and pattern not in ROUTES
        yield ("admin" if is_admin else pattern if pattern in ROUTES else name or pattern), pattern


def _all_patterns(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, str]]:
    for row in resolver.url_patterns:
        if isinstance(row, URLPattern):
            yield row.name or "", before + str(row.pattern)
        else:
            yield from _all_patterns(row, before + str(row.pattern))

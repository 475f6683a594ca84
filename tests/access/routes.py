"""Every address of the site: what it needs, which methods it takes, and what it answers to whoever may.

A new address needs a row here. Rows are asked in this order, so what spoils the stage for others comes last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from django.urls import URLPattern, URLResolver, get_resolver

from billing.api.routes import RELAYED
from billing.roles import Permission

METHODS: Final = ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "POST")


class Need(Enum):
    """A need that is no permission."""

    NOTHING = "nothing"
    SIGN_IN = "sign-in"


@dataclass(frozen=True)
class Page:
    """An address for people. `answers` is method -> status for whoever may; any other method is a 405."""

    needs: Permission | Need
    answers: Mapping[str, int] = field(default_factory=lambda: {"GET": 200, "HEAD": 200})


@dataclass(frozen=True)
class Call(Page):
    """An address for programs: refusals are 401 and 403, never a way to a page."""


@dataclass(frozen=True)
class NoRoute:
    """Where the API has nothing: 404 for those who may know."""


@dataclass(frozen=True)
class Administration:
    """Django's admin: superusers only; everybody else is led to its sign-in, and there to ours or refused."""

    refusal: int = 302


READ, WRITE = Permission.BILLING_READ, Permission.BILLING_WRITE
AUDIT, PEOPLE = Permission.AUDIT_READ, Permission.PEOPLE_MANAGE
_SHOWS: Final = {"GET": 200, "HEAD": 200}
_ASKS_THEN_ACTS: Final = {**_SHOWS, "POST": 302}
# The form as the matrix sends it is empty: it comes back with its errors.
_FORM: Final = {**_SHOWS, "POST": 422}

ROUTES: Final[Mapping[str, Page | NoRoute | Administration]] = {
    "home": Page(Need.SIGN_IN),
    "account": Page(Need.SIGN_IN, _FORM),
    "session-status": Page(Need.NOTHING, {**_SHOWS, "POST": 200}),
    "session-back": Page(Need.SIGN_IN),
    # No form of theirs waits.
    "confirm": Page(Need.SIGN_IN, {"GET": 410, "HEAD": 410}),
    "confirm-password": Page(Need.SIGN_IN, {"GET": 410, "HEAD": 410, "POST": 410}),
    "sessions": Page(Need.SIGN_IN),
    # Nobody ends a session that is not theirs.
    "session-end": Page(Need.SIGN_IN, {"POST": 404}),
    "sessions-end-others": Page(Need.SIGN_IN, {"POST": 302}),
    "queues": Page(READ),
    "queue": Page(READ),
    "queue-counts": Page(READ),
    "queue-invoices": Page(READ, _ASKS_THEN_ACTS),
    "search": Page(READ, _ASKS_THEN_ACTS),
    "search-suggestions": Page(READ, {"POST": 200}),
    # Nothing is looked for: the way leads to where that begins.
    "scan": Page(READ, {"GET": 302, "HEAD": 302}),
    "scan-stop": Page(READ, {"POST": 302}),
    "scan-resume": Page(READ, {"POST": 302}),
    "scan-restart": Page(READ, {"POST": 302}),
    "workspaces": Page(READ),
    "workspace": Page(READ),
    "billing-accounts": Page(READ),
    "billing-account": Page(READ),
    "invoices": Page(READ),
    "invoice": Page(READ, {"GET": 404, "HEAD": 404}),  # the matrix knows no invoice's id
    "subscriptions": Page(READ),
    "subscription": Page(READ, {"GET": 404, "HEAD": 404}),  # nor a subscription's
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
    "organization": Page(READ, {"GET": 404, "HEAD": 404}),  # nor an organization's
    "usage-csv": Page(READ),
    "usage-pdf": Page(READ),
    "spend": Page(READ),
    "ageing": Page(READ),
    "account-history": Page(READ),
    "billing-account-edit": Page(WRITE, _FORM),
    "billing-account-delete": Page(WRITE, _FORM),
    "billing-account-new": Page(WRITE, _FORM),
    "workspace-new": Page(WRITE, _FORM),
    "workspace-edit": Page(WRITE, _FORM),
    "organization-new": Page(WRITE, _FORM),
    # The matrix knows no organization's id, and the payment method is the default of a running subscription.
    "organization-child-new": Page(WRITE, {"GET": 404, "HEAD": 404, "POST": 404}),
    "organization-delete": Page(WRITE, {"POST": 404}),
    "member-add": Page(WRITE, _FORM),
    "member-role": Page(WRITE, _FORM),
    "payment-method-new": Page(WRITE, _FORM),
    "payment-method-back": Page(READ, {"GET": 404, "HEAD": 404}),  # the form was another's
    # A button that leads to a review.
    **dict.fromkeys(
        (
            *("workspace-archive", "member-remove"),
            *("payment-method-default", "payment-method-detach"),
        ),
        Page(WRITE, {"POST": 302}),
    ),
    "changes": Page(READ),
    # Nobody sees or sends a change of another's.
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
    "account-notes-find": Page(READ),
    "account-notes": Page(WRITE, _FORM),
    # Nobody's note has the id of the matrix.
    "account-note-edit": Page(WRITE, {"GET": 404, "HEAD": 404, "POST": 422}),
    "account-note-delete": Page(WRITE, {"GET": 404, "HEAD": 404, "POST": 404}),
    "tokens": Page(READ, _FORM),
    "token-renew": Page(READ, _FORM),
    "token-check": Page(READ, {"POST": 302}),
    "token-make-default": Page(READ, {"POST": 302}),
    "keys": Page(READ, _FORM),
    "key-revoke": Page(READ, _ASKS_THEN_ACTS),
    "people": Page(PEOPLE),
    "person": Page(PEOPLE),
    "person-deactivate": Page(PEOPLE, _ASKS_THEN_ACTS),
    "person-activate": Page(PEOPLE, _ASKS_THEN_ACTS),
    "person-key-revoke": Page(PEOPLE, _ASKS_THEN_ACTS),
    "audit": Page(AUDIT),
    "audit-entry": Page(AUDIT),
    # Single sign-on is off on this stage; tests/sso asks when it is on.
    "sso": Page(Need.NOTHING, {"GET": 404, "HEAD": 404}),
    "sso-callback": Page(Need.NOTHING, {"GET": 404, "HEAD": 404}),
    "sso-back-channel-logout": Page(Need.NOTHING, {"POST": 404}),
    "api-schema": Call(Need.NOTHING),
    "api-docs": Call(Need.NOTHING),
    **{
        "api/v1" + re.sub(r"\{(\w+)\}", r"<str:\1>", operation.path_template): Call(READ)
        for operation in RELAYED
    },
    r"api/^(?!(?:docs|schema)\Z)[\s\S]*\Z": NoRoute(),
    "token-forget": Page(READ, _ASKS_THEN_ACTS),
    "admin": Administration(),
    "admin/login/": Administration(refusal=403),
    # Signed in or not, the form goes on at once or comes back; signing out is for everybody.
    "sign-in": Page(Need.NOTHING, {"GET": 200, "HEAD": 200, "POST": 422}),
    "sign-out": Page(Need.NOTHING, {"POST": 302}),
}


def served() -> Iterator[tuple[str, str]]:
    """Every address pattern that Django serves: the key of its row in ROUTES, and the pattern."""
    for name, pattern in _walk(get_resolver()):
        is_admin = pattern.startswith("admin/") and pattern not in ROUTES
        yield ("admin" if is_admin else pattern if pattern in ROUTES else name or pattern), pattern


def _walk(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, str]]:
    for row in resolver.url_patterns:
        if isinstance(row, URLPattern):
            yield row.name or "", before + str(row.pattern)
        else:
            yield from _walk(row, before + str(row.pattern))

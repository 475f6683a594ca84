"""The operations of the contract: method, path, required role and handler."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple
from urllib.parse import unquote

from billing.sandbox.calls import Call, Reply
from billing.sandbox.handlers import (
    api_keys,
    billing_accounts,
    invoices,
    members,
    organizations,
    payment_methods,
    subscriptions,
    workspaces,
)


class Route(NamedTuple):
    """One operation. `least` is the lowest role that may call it; `queries` are its query parameters."""

    method: str
    template: str
    handler: Callable[[Call], Reply]
    least: str = "viewer"
    takes_body: bool = False
    queries: frozenset[str] = frozenset()

    @property
    def pattern(self) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+)\}", self.template)
        text = "".join(
            f"(?P<{part}>[^/]+)" if number % 2 else re.escape(part) for number, part in enumerate(parts)
        )
        return re.compile(text)


_W: Final = "/workspaces/{workspaceId}"
_M: Final = f"{_W}/members/{{memberId}}"
_O: Final = f"{_W}/organizations"
_ONE: Final = f"{_O}/{{organizationId}}"
_B: Final = f"{_W}/billing-accounts"
_A: Final = f"{_B}/{{billingAccountId}}"
_S: Final = f"{_A}/subscriptions/{{subscriptionId}}"
_P: Final = f"{_A}/payment-methods"
_D: Final = f"{_P}/{{paymentMethodId}}"
_PAGES: Final = frozenset({"limit", "after", "before"})

# usage.csv is not the id of an organization, so the files precede the organizations.
ROUTES: Final = (
    Route("GET", "/workspaces", workspaces.index),
    Route("POST", "/workspaces", workspaces.create, takes_body=True),
    Route("GET", _W, workspaces.retrieve),
    Route("PATCH", _W, workspaces.update, "admin", takes_body=True),
    Route("DELETE", _W, workspaces.archive, "owner"),
    Route("GET", f"{_W}/members", members.index),
    Route("POST", f"{_W}/members", members.add, "admin", takes_body=True),
    Route("PATCH", _M, members.update, "admin", takes_body=True),
    Route("DELETE", _M, members.remove),
    Route("GET", _O, organizations.index),
    Route("POST", _O, organizations.create, "admin", takes_body=True),
    Route("GET", f"{_O}/usage.csv", organizations.export_csv),
    Route("GET", f"{_O}/usage.pdf", organizations.export_pdf),
    Route("GET", _ONE, organizations.retrieve),
    Route("DELETE", _ONE, organizations.delete, "admin"),
    Route("GET", f"{_ONE}/parent", organizations.retrieve_parent),
    Route("POST", f"{_ONE}/children", organizations.create_child, "admin", takes_body=True),
    Route("GET", f"{_ONE}/descendants", organizations.list_descendants),
    Route("GET", f"{_ONE}/limits", organizations.retrieve_limits),
    Route("GET", _B, billing_accounts.index),
    Route("POST", _B, billing_accounts.create, "admin", takes_body=True),
    Route("GET", _A, billing_accounts.retrieve),
    Route("PATCH", _A, billing_accounts.update, "admin", takes_body=True),
    Route("DELETE", _A, billing_accounts.delete, "admin"),
    Route("GET", f"{_A}/subscriptions", subscriptions.index),
    Route("POST", f"{_A}/subscriptions", subscriptions.create, "admin", takes_body=True),
    Route("GET", _S, subscriptions.retrieve),
    Route("PATCH", _S, subscriptions.update, "admin", takes_body=True),
    Route("DELETE", _S, subscriptions.cancel, "admin"),
    Route("GET", f"{_A}/trial-eligibility", subscriptions.check_trial_eligibility),
    Route("GET", f"{_A}/invoices", invoices.index, queries=_PAGES),
    Route("POST", f"{_A}/invoices/preview", invoices.preview, takes_body=True),
    Route("GET", _P, payment_methods.index),
    Route("POST", _P, payment_methods.create_setup_intent, "admin"),
    Route("PUT", _D, payment_methods.set_default, "admin"),
    Route("DELETE", _D, payment_methods.detach, "admin"),
    Route("GET", "/api/keys", api_keys.index),
    Route("POST", "/api/keys", api_keys.create, takes_body=True),
    Route("POST", "/api/keys/{apiKeyId}/rotate", api_keys.rotate),
)
_COMPILED: Final = tuple((route.pattern, route) for route in ROUTES)


class Match(NamedTuple):
    """A route and the values of its parameters."""

    route: Route
    ids: dict[str, str]


def find(method: str, path: str) -> Match | tuple[str, ...]:
    """The operation, or the methods that the path allows: none if the path does not exist."""
    methods = []
    template = ""
    for pattern, route in _COMPILED:
        found = pattern.fullmatch(path)
        if found is None or (template and route.template != template):
            continue
        template = route.template
        if route.method == method:
            return Match(route, {name: unquote(value) for name, value in found.groupdict().items()})
        methods.append(route.method)
    return tuple(methods)

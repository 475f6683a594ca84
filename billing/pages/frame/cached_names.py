"""The names of the workspace and the billing account in a page's URL, for breadcrumbs and headings."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import cached_property

from billing.altostrat.identifiers import InvalidIdentifier
from billing.pages.frame.actor import actor_of
from billing.services.billing_accounts import cached_names


class CachedNames:
    """`{{ cached_names.account }}`: empty if the person's token has not read it recently. Loaded on first use."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def workspace(self) -> str:
        return self._names.get("workspace", "")

    @property
    def account(self) -> str:
        return self._names.get("account", "")

    @cached_property
    def _names(self) -> dict[str, str]:
        match, user = self._request.resolver_match, getattr(self._request, "user", None)
        ids = match.kwargs if match is not None else {}
        if "workspace_id" not in ids or user is None or not user.is_authenticated:
            return {}
        actor = actor_of(self._request)
        try:
            return cached_names.find(actor, ids["workspace_id"], ids.get("billing_account_id", ""))
        except InvalidIdentifier:
            return {}


def context(request: HttpRequest) -> dict[str, CachedNames]:
    """Add the names to the context of templates."""
    return {"cached_names": CachedNames(request)}

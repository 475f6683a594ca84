"""The names of the workspace and the billing account that an address is about, for crumbs and headings."""

from __future__ import annotations

from functools import cached_property

from django.http import HttpRequest

from billing.altostrat.identifiers import InvalidIdentifier
from billing.pages.frame.actor import actor_of
from billing.services.billing_accounts import cached_names


class KnownNames:
    """`{{ known.account }}`: empty where the reader's token has not read it lately. Looked up when a template asks."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def workspace(self) -> str:
        """The workspace's name."""
        return self._found.get("workspace", "")

    @property
    def account(self) -> str:
        """The billing account's name."""
        return self._found.get("account", "")

    @cached_property
    def _found(self) -> dict[str, str]:
        match, user = self._request.resolver_match, getattr(self._request, "user", None)
        ids = match.kwargs if match is not None else {}
        if "workspace_id" not in ids or user is None or not user.is_authenticated:
            return {}
        try:
            return cached_names.of_place(
                actor_of(self._request), ids["workspace_id"], ids.get("billing_account_id", "")
            )
        except InvalidIdentifier:
            return {}


def known(request: HttpRequest) -> dict[str, KnownNames]:
    """The context processor."""
    return {"known": KnownNames(request)}

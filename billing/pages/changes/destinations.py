"""The page to show after a change: that of its object, or of the list that contains the object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from django.urls import NoReverseMatch, reverse

# By the innermost id: URL name and title of the object's own page, if it has one, and of its list.
_PAGES: Final[tuple[tuple[str, tuple[str, str] | None, tuple[str, str]], ...]] = (
    ("subscription_id", ("subscription", "Subscription"), ("subscriptions", "Subscriptions")),
    ("payment_method_id", None, ("payment-methods", "Payment methods")),
    ("billing_account_id", ("billing-account", "Billing account"), ("billing-accounts", "Billing accounts")),
    ("organization_id", ("organization", "Organization"), ("organizations", "Organizations")),
    ("member_id", None, ("members", "Members")),
    ("workspace_id", ("workspace", "Workspace"), ("workspaces", "Workspaces")),
)


class Destination(NamedTuple):
    """A page of an object or a list."""

    address: str
    title: str

    @property
    def link(self) -> str:
        """The text of a link to it."""
        return f"View {self.title.lower()}"


def destination_of(ids: Mapping[str, str], *, is_deleted: bool = False) -> Destination:
    """Return the object's own page, or its list if it has no page or is deleted."""
    for name, own, around in _PAGES:
        if name not in ids:
            continue
        if own and not is_deleted:
            return _destination(own, ids)
        return _destination(around, {key: value for key, value in ids.items() if key != name})
    return Destination(reverse("workspaces"), "Workspaces")


def _destination(named: tuple[str, str], ids: Mapping[str, str]) -> Destination:
    name, title = named
    try:
        return Destination(reverse(name, kwargs=dict(ids)), title)
    except NoReverseMatch:
        return Destination(reverse("workspaces"), "Workspaces")

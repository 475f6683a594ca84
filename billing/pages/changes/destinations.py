"""Where a person goes on to after a change: the page of what it is about."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.urls import NoReverseMatch, reverse

from billing.services.changes import Payload

# What a path names last decides: its id, its own page, the list that it is in. A page comes with its words.
_PLACES: Final[tuple[tuple[str, tuple[str, str] | None, tuple[str, str]], ...]] = (
    ("subscription_id", ("subscription", "To the subscription"), ("subscriptions", "To the subscriptions")),
    ("payment_method_id", None, ("payment-methods", "To the payment methods")),
    (
        "billing_account_id",
        ("billing-account", "To the billing account"),
        ("billing-accounts", "To the billing accounts"),
    ),
    ("organization_id", ("organization", "To the organization"), ("organizations", "To the organizations")),
    ("member_id", None, ("members", "To the members")),
    ("workspace_id", ("workspace", "To the workspace"), ("workspaces", "To the workspaces")),
)
_IN_ADDRESSES: Final = frozenset({"workspace_id", "billing_account_id", "subscription_id", "organization_id"})


class Place(NamedTuple):
    """An address, and what the link to it says."""

    address: str
    words: str

    @property
    def title(self) -> str:
        """What the page is, for the way there."""
        if self.words.startswith("To the "):
            return self.words.removeprefix("To the ").capitalize()
        return self.words.removeprefix("To ")


def place_of(contents: Payload) -> Place:
    """The page of the object, while there is one, else the list that it is or was in."""
    ids = {**contents.ids, **contents.result_ids}
    given = {name: value for name, value in ids.items() if name in _IN_ADDRESSES}
    for name, own, around in _PLACES:
        if name not in ids:
            continue
        if own and not contents.is_gone:
            return Place(_reversed(own[0], given), own[1])
        return Place(
            _reversed(around[0], {key: value for key, value in given.items() if key != name}),
            around[1],
        )
    return Place(reverse("workspaces"), "To the workspaces")


def _reversed(name: str, given: dict[str, str]) -> str:
    try:
        return reverse(name, kwargs=given)
    except NoReverseMatch:
        return reverse("workspaces")

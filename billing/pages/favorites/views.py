"""Favorite and recently opened accounts, and the star on the page of an account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from billing.altostrat.identifiers import InvalidIdentifier
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.frame.links import safe_next
from billing.pages.rendering.tags import address_of
from billing.roles import Permission
from billing.services.billing_accounts import cached_names, favorites
from billing.services.billing_accounts.cached_names import AccountKey
from billing.services.billing_accounts.favorites import TooManyFavorites

_TOO_MANY: Final = f"You have {favorites.MAX_FAVORITES} favorites. Remove one first."


@dataclass(frozen=True, slots=True)
class Link:
    """A link to an account. Without a name, the person's tokens have not read it recently."""

    url: str
    name: str
    billing_account_id: str


# A script of the home page makes this request, so it does not keep the session alive.
@page(Permission.BILLING_READ, is_background=True)
def index(request: PageRequest) -> HttpResponse:
    """Show the favorites and the recently opened accounts without a call: a page, or for htmx a part of home."""
    actor = actor_of(request)
    chosen, opened = favorites.favorites(actor), favorites.recently_opened(actor)
    names = cached_names.find_accounts(actor, {*chosen, *opened})
    context = {"favorites": _links(chosen, names), "recent": _links(opened, names)}
    template = "panel" if request.htmx else "index"
    return render(request, f"billing/favorites/{template}.html", context)


@page(Permission.BILLING_READ, methods=("POST",))
def choose(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponse:
    """Add an account to the favorites with `on=1`, or remove it. For htmx, return the button."""
    actor, is_favorite, error = actor_of(request), request.POST.get("on") == "1", ""
    try:
        if is_favorite:
            favorites.add(actor, workspace_id, billing_account_id)
        else:
            favorites.remove(actor, workspace_id, billing_account_id)
    except InvalidIdentifier:
        raise Http404 from None
    except TooManyFavorites:
        is_favorite, error = False, _TOO_MANY
    if request.htmx:
        ids = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
        context = {**ids, "is_favorite": is_favorite, "error": error}
        return render(request, "billing/favorites/star.html", context)
    if error:
        messages.error(request, error)
    account = reverse("billing-account", args=[workspace_id, billing_account_id])
    return redirect(safe_next(request, account))


def _links(accounts: Iterable[AccountKey], names: Mapping[AccountKey, str]) -> list[Link]:
    return [Link(address_of("billing-account", *key), names.get(key, ""), key[1]) for key in accounts]

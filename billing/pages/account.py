"""My account: who I am here, what I may do and why."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from billing.pages.access import SIGNED_IN, PageRequest, page
from billing.pages.actor import actor_of
from billing.services import keys, people, tokens


@page(SIGNED_IN)
def show(request: PageRequest) -> HttpResponse:
    """One's own account."""
    actor = actor_of(request)
    context = {
        "roles": people.roles_of(request.user),
        "token_count": tokens.of(actor).count(),
        "key_count": sum(not key.has_ended for key in keys.of(actor)),
        "ending_keys": keys.ending_soon(actor),
    }
    return render(request, "billing/account/show.html", context)

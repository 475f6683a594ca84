"""My account: the person's name, roles and time zone."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from billing.pages.frame.access import SIGNED_IN, PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.people import digest
from billing.pages.people.profile_form import TimeZoneForm, zone_options
from billing.pages.sign_in import own_password
from billing.roles import TABLE
from billing.services import tokens
from billing.services.actor import Actor
from billing.services.people import keys, people, time_zones


@page(SIGNED_IN, methods=("GET", "POST"))
def detail(request: PageRequest) -> HttpResponse:
    """Show the account. POST sets the time zone."""
    actor = actor_of(request)
    data = request.POST if request.method == "POST" else None
    form = TimeZoneForm(data, initial={"time_zone": request.user.time_zone})
    if form.is_valid():
        zone = time_zones.choose(actor, form.cleaned_data["time_zone"])
        messages.success(request, f"Times are now shown in {zone}.")
        return redirect("account")
    context = {
        "allowed": _allowed(actor),
        "roles": people.roles_of(request.user),
        "token_count": tokens.of(actor).count(),
        "key_count": sum(not key.has_ended for key in keys.of(actor)),
        "ending_keys": keys.expiring_soon(actor),
        "form": form,
        "zone_options": zone_options(),
        "card": digest.card(actor),
        "has_password": own_password.is_offered(request.user),
    }
    return render(request, "billing/people/profile.html", context, status=422 if form.errors else 200)


def _allowed(actor: Actor) -> str:
    """Return what the person may do, as in "read billing data and read the audit log", or "" without a role."""
    texts = [row.allows for permission, row in TABLE.items() if permission in actor.permissions]
    return " and ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))

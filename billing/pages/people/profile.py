"""My account: who I am here, what I may do and why, and the zone in which I read times."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from billing.pages.frame.access import SIGNED_IN, PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.people.profile_form import TimeZoneForm
from billing.services import tokens
from billing.services.people import keys, people, time_zones


@page(SIGNED_IN, methods=("GET", "POST"))
def show(request: PageRequest) -> HttpResponse:
    """One's own account; a POST chooses the zone."""
    actor = actor_of(request)
    if request.method == "POST":
        form = TimeZoneForm(request.POST)
        if form.is_valid():
            chosen = time_zones.choose(actor, form.cleaned_data["time_zone"])
            messages.success(request, f"Times are shown in {chosen} from now on.")
            return redirect("account")
    else:
        form = TimeZoneForm(initial={"time_zone": request.user.time_zone})
    context = {
        "roles": people.roles_of(request.user),
        "token_count": tokens.of(actor).count(),
        "key_count": sum(not key.has_ended for key in keys.of(actor)),
        "ending_keys": keys.ending_soon(actor),
        "form": form,
        "zones": time_zones.offered(),
    }
    return render(request, "billing/people/profile.html", context, status=422 if form.errors else 200)

"""The email digest of the work queues, on My account."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.frame.forms import Accessible
from billing.roles import Permission
from billing.services import mail, tokens
from billing.services.actor import Actor
from billing.services.digests import periods
from billing.services.digests.periods import Frequency
from billing.services.digests.run import NO_ADDRESS, NO_TOKEN, TOKEN_REFUSED, is_unknown, settle_stale

OFF: Final = "off"


class DigestForm(Accessible):
    frequency = forms.ChoiceField(label="How often", choices=[(OFF, "Never"), *Frequency.choices])
    hour = forms.TypedChoiceField(
        label="Time", coerce=int, choices=[(hour, f"{hour:02d}:00") for hour in range(24)]
    )


@page(Permission.BILLING_READ, methods=("POST",))
def choose(request: PageRequest) -> HttpResponse:
    """Save the choice."""
    form = DigestForm(request.POST)
    if not form.is_valid():
        return render(request, "billing/people/digest_invalid.html", {"form": form}, status=422)
    frequency = form.cleaned_data["frequency"].removeprefix(OFF)
    periods.choose(actor_of(request), frequency, form.cleaned_data["hour"], now=timezone.now())
    messages.success(request, "Digest saved." if frequency else "You get no digest.")
    return redirect("account")


def card(actor: Actor) -> dict[str, Any]:
    """Return the context of billing/people/digest.html, with why the next digest is not sent."""
    settle_stale()
    digest = periods.of(actor)
    form = DigestForm(
        initial={"frequency": digest.frequency if digest else OFF, "hour": digest.hour if digest else 7}
    )
    return {
        "digest": digest,
        "form": form,
        "is_unknown": digest is not None and is_unknown(digest),
        "has_mail": mail.is_enabled(),
        "blocked_reason": _blocked_reason(actor),
    }


def _blocked_reason(actor: Actor) -> str:
    if not actor.user.email:
        return NO_ADDRESS
    if tokens.is_refused(actor):
        return TOKEN_REFUSED
    return "" if tokens.of(actor).exists() else NO_TOKEN

"""The home page: work queues, workspaces, the person's accounts, saved views and token."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from billing.models import AltostratToken
from billing.pages.frame.access import SIGNED_IN, PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.saved_views.views import openable
from billing.services import changes, mail, tokens
from billing.services.digests import run as digests
from billing.services.people import keys

_MAX_UNKNOWN_CHANGES: Final = 5


@page(SIGNED_IN)
def index(request: PageRequest) -> HttpResponse:
    actor = actor_of(request)
    own_tokens = tokens.of(actor)
    changes.settle_stale()
    context = {
        "greeting": greeting(timezone.localtime().hour),
        "views": openable(actor),
        "token": own_tokens.filter(is_default=True).first(),
        "token_count": own_tokens.count(),
        "unknown_changes": [
            (row, changes.kind_of(row.verb))
            for row in changes.list_unknown(actor)[:_MAX_UNKNOWN_CHANGES]
            if row.verb in changes.KINDS
        ],
        "ending_keys": keys.expiring_soon(actor),
        "unknown_digest": digests.unknown_of(actor) if mail.is_enabled() else None,
        "refused": own_tokens.filter(status=AltostratToken.Status.REFUSED).exclude(is_default=True).first(),
    }
    return render(request, "billing/home.html", context)


def greeting(hour: int) -> str:
    if hour < 5 or hour >= 18:
        return "Good evening"
    return "Good morning" if hour < 12 else "Good afternoon"

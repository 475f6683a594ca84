"""Fill in the forms of pages that lead to a review."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.test import Client

from billing.models import User
from billing.services.actor import Actor, Door, granted_to
from tests import html


def form_values(page: html.Source) -> dict[str, str]:
    """Return the values that a browser would send with the page's form, unchanged."""
    return html.fields(page, "main form[data-once]")


def submit(client: Client, address: str, typed: Mapping[str, str] | None = None) -> Any:
    """Open the form, type into some fields, and send it."""
    return client.post(address, form_values(client.get(address)) | dict(typed or {}))


def review_of(client: Client, address: str, typed: Mapping[str, str] | None = None) -> str:
    """Return the address of the review that a form leads to."""
    response = submit(client, address, typed)
    assert response.status_code == 302, html.text(response)
    return str(response.headers["Location"])


def alice_as_actor() -> Actor:
    user = User.objects.get(username="alice")
    return Actor(user, Door.PAGE, granted_to(user))

"""The changes in a form's request: the one that it creates, and the earlier one whose input it shows again."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.contrib import messages

from billing.models import Change
from billing.pages.frame.access import PageRequest
from billing.pages.frame.actor import actor_of
from billing.services import changes
from billing.services.changes.payload import Ids

_NOT_OWN: Final = (
    "The earlier input of this form is not yours, or no longer exists. The form shows the current values."
)


def earlier_change(request: PageRequest, verb: str, ids: Ids) -> Change | None:
    """Return the person's own change in `?change=`, if it is of this kind and object.

    For a colleague who was sent the link, the form has the values that Altostrat has.
    """
    text = request.GET.get("change", "")
    if not text:
        return None
    try:
        row = changes.get_own(actor_of(request), UUID(text))
    except (ValueError, changes.ChangeNotFound):
        if request.method == "GET":
            messages.info(request, _NOT_OWN)
        return None
    return row if (row.verb, row.ids) == (verb, ids) else None


def form_id(request: PageRequest) -> UUID | None:
    """Return the id that the form chose for its change."""
    try:
        return UUID(request.POST.get("change_id", ""))
    except ValueError:
        return None

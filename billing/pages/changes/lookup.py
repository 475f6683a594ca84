"""The changes in a form's request: the one that it creates, and the earlier one whose input it shows again."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404

from billing.models import Change
from billing.pages.frame.access import PageRequest
from billing.pages.frame.actor import actor_of
from billing.services import changes
from billing.services.changes.payload import Ids


def earlier_change(request: PageRequest, verb: str, ids: Ids) -> Change | None:
    """The change in `?change=`, if it is of this kind and object. Raises Http404."""
    text = request.GET.get("change", "")
    if not text:
        return None
    try:
        row = changes.get_own(actor_of(request), UUID(text))
    except (ValueError, changes.ChangeNotFound):
        raise Http404 from None
    return row if (row.verb, row.ids) == (verb, ids) else None


def form_id(request: PageRequest) -> UUID | None:
    """The id that the form chose for its change."""
    try:
        return UUID(request.POST.get("change_id", ""))
    except ValueError:
        return None

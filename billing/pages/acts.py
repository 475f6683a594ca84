"""What was done, in words instead of the audit's verbs; built in, no {% load %} needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django import template

from billing.services.changes import KINDS

register = template.Library()

_OTHERS: Final[Mapping[str, str]] = {
    "note.add": "Write a note",
    "note.edit": "Edit a note",
    "note.delete": "Delete a note",
    "access.refused": "Open what their role does not include",
    "list.download": "Download a list",
}


@register.filter
def act(verb: str) -> str:
    """The act as its page calls it, "Edit the billing account". A verb of no page stays as it is."""
    kind = KINDS.get(verb)
    return kind.title if kind else _OTHERS.get(verb, verb)

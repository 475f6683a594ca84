"""What was done, in words instead of the audit's verbs; built in, no {% load %} needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django import template

from billing.services.changes import KINDS

register = template.Library()

_OTHERS: Final[Mapping[str, str]] = {
    "access.refused": "Open what their role does not include",
    "audit.export": "Download the audit",
    "audit.prune": "Delete old entries of the audit",
    "audit.prune_changes": "Empty old changes",
    "audit.prune_contents": "Delete what old entries found and left",
    "billing_account.read": "Open a billing account",
    "key.issue": "Make a portal key",
    "key.revoke": "Revoke a portal key",
    "list.download": "Download a list",
    "note.add": "Write a note",
    "note.edit": "Edit a note",
    "note.delete": "Delete a note",
    "session.end": "End a session",
    "session.renew": "Sign in once more",
    "session.sign_in": "Sign in",
    "session.sign_out": "Sign out",
    "session.step_up": "Prove again who it is",
    "staff.activate": "Activate a person",
    "staff.change": "Change a person",
    "staff.create": "Add a person",
    "staff.deactivate": "Deactivate a person",
    "token.check": "Check a token",
    "token.forget": "Forget a token",
    "token.make_default": "Make a token the default",
    "token.refused": "Use a token that Altostrat refuses",
    "token.renew": "Renew a token",
    "token.save": "Store a token",
}
ACTS: Final[Mapping[str, str]] = {**{verb: kind.title for verb, kind in KINDS.items()}, **_OTHERS}


@register.filter
def act(verb: str) -> str:
    """The act as its page calls it, "Edit the billing account". A verb of no page stays as it is."""
    return ACTS.get(verb, verb)


def verb_of(text: str) -> str:
    """The verb of an act that is written in these words; any other text as it is: a verb, or the beginning of one."""
    words = text.strip()
    return next((verb for verb, title in ACTS.items() if title.casefold() == words.casefold()), words)

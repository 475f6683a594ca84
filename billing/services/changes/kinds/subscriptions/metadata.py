"""Changing the metadata of a subscription: Altostrat merges what is sent into what it has."""

from __future__ import annotations

from typing import Any, Final

from billing.altostrat.operations.subscriptions import UPDATE_SUBSCRIPTION
from billing.services.changes.kind import Draft, Kind, Payload, is_same, left_by, merged
from billing.services.changes.kinds.subscriptions.states import PAIR, label, pairs_in, reader, show, subject

# Documented for a new subscription, and taken to hold for one that is there.
MOST_PAIRS: Final = 10


def _body(payload: Payload) -> dict[str, Any]:
    changed = {
        name: value for name, value in payload.wanted.items() if not is_same(value, payload.before.get(name))
    }
    return {"metadata": pairs_in(changed)}


def _obstacle(payload: Payload) -> str:
    count = len(pairs_in(merged(payload)))
    return (
        f"There can be {MOST_PAIRS} pairs at most, and these would be {count}." if count > MOST_PAIRS else ""
    )


def _back(payload: Payload) -> Draft | None:
    """The old values; None when a key was added, as nothing takes one out again."""
    after = merged(payload)
    names = [name for name in after if name.startswith(PAIR)]
    moved = [name for name in names if not is_same(payload.before.get(name), after[name])]
    if any(payload.before.get(name) is None for name in moved):
        return None
    old = {name: payload.before[name] for name in moved}
    return Draft(METADATA.verb, payload.ids, old, opened=left_by(payload))


METADATA: Final = Kind(
    verb="subscription.update_metadata",
    operation=UPDATE_SUBSCRIPTION,
    title="Change the metadata",
    button="Save at Altostrat",
    done="The metadata was changed.",
    subject=subject,
    label=label,
    show=show,
    read=reader(PAIR),
    body=_body,
    consequences=lambda payload: (
        "Altostrat merges: other pairs stay, and a key that is added cannot be taken out again.",
    ),
    obstacle=_obstacle,
    inverse=_back,
)

"""Changing the metadata of a subscription. Altostrat merges the pairs in a request into the existing ones."""

from __future__ import annotations

from typing import Any, Final

from billing.services.changes.kind import Draft, Payload, former_values, is_same
from billing.services.changes.kinds.subscriptions.states import PAIR, SubscriptionKind, pairs_in

# Documented for a new subscription, and assumed for an existing one.
MAX_PAIRS: Final = 10


class UpdateMetadata(SubscriptionKind):
    verb = "subscription.update_metadata"
    title = "Edit metadata"
    button = "Save changes"
    success_message = "Metadata updated"
    reads = (PAIR,)

    def body(self, payload: Payload) -> dict[str, Any]:
        wanted, before = payload.wanted, payload.before
        changed = {name: value for name, value in wanted.items() if not is_same(value, before.get(name))}
        return {"metadata": pairs_in(changed)}

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        return ("Other pairs are kept. A key that is added cannot be removed again.",)

    def blocked_reason(self, payload: Payload) -> str:
        count = len(pairs_in(payload.merged))
        if count <= MAX_PAIRS:
            return ""
        return f"A subscription can have {MAX_PAIRS} pairs. This would make {count}."

    def inverse(self, payload: Payload) -> Draft | None:
        """Return None if a key was added, because no request removes a key."""
        is_added = any(payload.before.get(name) is None for name in payload.changed)
        return None if is_added else former_values(self.verb, payload)


METADATA: Final = UpdateMetadata()

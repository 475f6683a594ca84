"""Pausing, resuming and synchronizing: actions that change the status, each in a request of its own.

https://altostrat.io/docs/api/en/subscriptions/update-a-subscription
"""

from __future__ import annotations

from typing import Any, Final

from billing.labels import SUBSCRIPTION_STATUSES
from billing.services.changes.kind import Draft, Found, Payload, State
from billing.services.changes.kinds.subscriptions.states import ENDED, SubscriptionKind


class _Action(SubscriptionKind):
    reads = ("status",)
    is_mergeable = False
    needs_reason = True
    action: str
    becomes: tuple[str, str]

    def body(self, payload: Payload) -> dict[str, Any]:
        return {"action": self.action}

    def after(self, payload: Payload) -> State:
        name, value = self.becomes
        return {**payload.merged, name: value}

    def blocked_reason(self, payload: Payload) -> str:
        return "The subscription has ended." if payload.before.get("status") in ENDED else ""


class PauseSubscription(_Action):
    verb = "subscription.pause"
    title = "Pause subscription"
    button = "Pause subscription"
    success_message = "Subscription paused"
    action = "pause"
    becomes = ("status", "paused")

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        return ("No invoices are created until it is resumed.",)

    def blocked_reason(self, payload: Payload) -> str:
        is_paused = payload.before.get("status") == "paused"
        return "It is already paused." if is_paused else super().blocked_reason(payload)

    def check_outcome(self, payload: Payload, now: State | None) -> Found:
        if now is None or not now.get("status"):
            return Found.CANNOT_TELL
        if now["status"] == "paused":
            return Found.APPLIED
        return Found.NOT_APPLIED if now["status"] == payload.before.get("status") else Found.CANNOT_TELL

    def inverse(self, payload: Payload) -> Draft:
        return Draft(ResumeSubscription.verb, payload.ids, {}, opened={"status": "paused"})


class ResumeSubscription(_Action):
    verb = "subscription.resume"
    title = "Resume subscription"
    button = "Resume subscription"
    success_message = "Subscription resumed"
    action = "resume"
    becomes = ("status", "active")

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        return ("Invoices are created again.",)

    def blocked_reason(self, payload: Payload) -> str:
        status = payload.before.get("status")
        if status == "paused":
            return ""
        name = SUBSCRIPTION_STATUSES.get(status or "", status or "unknown")
        return f"Only a paused subscription can be resumed. The status of this one is: {name}."

    def check_outcome(self, payload: Payload, now: State | None) -> Found:
        if now is None or not now.get("status") or now["status"] in ENDED:
            return Found.CANNOT_TELL
        return Found.NOT_APPLIED if now["status"] == "paused" else Found.APPLIED

    def inverse(self, payload: Payload) -> Draft:
        # It became active, unless another running status was read afterwards, such as a trial.
        status = (payload.now or {}).get("status")
        resumed = "active" if status in (None, "paused", *ENDED) else str(status)
        return Draft(PauseSubscription.verb, payload.ids, {}, opened={"status": resumed})


class SyncSubscription(_Action):
    """A change whose effect is not documented. It may move money."""

    verb = "subscription.sync"
    title = "Synchronize subscription"
    button = "Synchronize subscription"
    success_message = "Synchronization requested"
    action = "sync"
    becomes = ("sync", "requested")
    unseen = frozenset({"sync"})

    def consequences(self, payload: Payload) -> tuple[str, ...]:
        return ("Altostrat's documentation does not say what synchronization does. It may affect billing.",)

    def check_outcome(self, payload: Payload, now: State | None) -> Found:
        return Found.CANNOT_TELL  # no field shows it


PAUSE: Final = PauseSubscription()
RESUME: Final = ResumeSubscription()
SYNC: Final = SyncSubscription()

"""Pausing, resuming and synchronising: state actions, each alone in its request.

https://altostrat.io/docs/api/en/subscriptions/update-a-subscription
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from billing.altostrat.operations.subscriptions import UPDATE_SUBSCRIPTION
from billing.services.changes.kind import Draft, Found, Kind, Payload, State, merged
from billing.services.changes.kinds.subscriptions.states import ENDED, STATUSES, label, reader, show, subject


def _status(payload: Payload) -> Any:
    return payload.before.get("status")


def _why_not_pause(payload: Payload) -> str:
    return "It is paused already." if _status(payload) == "paused" else _why_not_ended(payload)


def _why_not_resume(payload: Payload) -> str:
    status = _status(payload)
    if status == "paused":
        return ""
    return f"Only a paused subscription can be resumed; this one is: {STATUSES.get(status, status)}."


def _why_not_ended(payload: Payload) -> str:
    return "The subscription has ended." if _status(payload) in ENDED else ""


def _has_resumed(payload: Payload, now: State | None) -> Found:
    if now is None or not now.get("status"):
        return Found.CANNOT_TELL
    if now["status"] in ENDED:
        return Found.CANNOT_TELL
    return Found.NOT_APPLIED if now["status"] == "paused" else Found.APPLIED


def _resumed_as(payload: Payload) -> str:
    """What it became: active, unless it was read to be on trial or past due."""
    status = (payload.now or {}).get("status")
    return "active" if status in (None, "paused", *ENDED) else str(status)


_action_kind = partial(
    Kind,
    operation=UPDATE_SUBSCRIPTION,
    subject=subject,
    label=label,
    show=show,
    read=reader("status"),
    is_mergeable=False,
)

PAUSE: Final[Kind] = _action_kind(
    verb="subscription.pause",
    title="Pause the subscription",
    button="Pause it",
    done="The subscription was paused.",
    body=lambda payload: {"action": "pause"},
    after=lambda payload: merged(payload) | {"status": "paused"},
    needs_reason=True,
    consequences=lambda payload: ("No invoices are made until it is resumed.",),
    obstacle=_why_not_pause,
    judge=lambda payload, now: _has_paused(payload, now),
    inverse=lambda payload: Draft(RESUME.verb, payload.ids, {}, opened={"status": "paused"}),
)

RESUME: Final[Kind] = _action_kind(
    verb="subscription.resume",
    title="Resume the subscription",
    button="Resume it",
    done="The subscription was resumed.",
    body=lambda payload: {"action": "resume"},
    after=lambda payload: merged(payload) | {"status": "active"},
    needs_reason=True,
    consequences=lambda payload: ("Invoices are made again.",),
    obstacle=_why_not_resume,
    judge=_has_resumed,
    inverse=lambda payload: Draft(PAUSE.verb, payload.ids, {}, opened={"status": _resumed_as(payload)}),
)

SYNC: Final[Kind] = _action_kind(
    verb="subscription.sync",
    title="Synchronise the subscription",
    button="Synchronise it",
    done="Altostrat took the request to synchronise.",
    body=lambda payload: {"action": "sync"},
    after=lambda payload: merged(payload) | {"sync": "asked for"},
    unseen=frozenset({"sync"}),
    # What it does is not documented: it may move money.
    needs_reason=True,
    consequences=lambda payload: (
        "Altostrat is asked to synchronise it. Its documentation does not say what that does.",
    ),
    obstacle=_why_not_ended,
    # No field tells of it.
    judge=lambda payload, now: Found.CANNOT_TELL,
)


def _has_paused(payload: Payload, now: State | None) -> Found:
    if now is None or not now.get("status"):
        return Found.CANNOT_TELL
    if now["status"] == "paused":
        return Found.APPLIED
    return Found.NOT_APPLIED if now["status"] == _status(payload) else Found.CANNOT_TELL

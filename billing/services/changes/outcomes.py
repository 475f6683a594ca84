"""How a call ended, written down together with its line in the audit: both, or neither."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, Final

from django.db import OperationalError, transaction
from django.utils import timezone

from billing.altostrat.client import Answer
from billing.altostrat.errors import AltostratError, Refused
from billing.altostrat.identifiers import InvalidIdentifier, checked
from billing.models import Change
from billing.services import audit
from billing.services.actor import Actor
from billing.services.changes.kind import Kind
from billing.services.changes.kinds.registry import KINDS, kind_of
from billing.services.changes.payload import Ids, Payload, State
from billing.services.storage import idempotency

logger = logging.getLogger(__name__)

# For so long, the very same is not sent again by accident.
SAME_AGAIN: Final = timedelta(minutes=10)
# For so long, somebody is told who writes to the same object.
_TELL_OF_UNKNOWN: Final = timedelta(days=1)
_MAY_STILL_ARRIVE: Final = timedelta(minutes=1)

Found = Change.Found

# A process that was only slow knows better than whoever took it for dead.
_OPEN = (Change.State.SENDING, Change.State.UNKNOWN)


def in_words(error: AltostratError) -> str:
    """The kind of error and our own reason for it; nothing of upstream's text."""
    return f"{type(error).__name__}: {error.reason}" if error.reason else type(error).__name__


def succeeded(
    actor: Actor,
    kind: Kind,
    change: Change,
    payload: Payload,
    document: dict[str, Any],
    answer: Answer[Any],
) -> None:
    """Altostrat confirmed it."""
    ids = _well_formed(kind.result_ids(payload.ids, document)) or payload.ids
    _settle(
        actor,
        kind,
        change,
        payload.with_(result_ids=ids),
        Change.State.SUCCEEDED,
        workspace_id=ids.get("workspace_id", ""),
        billing_account_id=ids.get("billing_account_id", ""),
        upstream_status=answer.status,
        upstream_request_id=answer.request_id or "",
    )


def refused(actor: Actor, kind: Kind, change: Change, payload: Payload, error: Refused) -> None:
    """Altostrat said no: nothing was changed, and the very same may be tried again."""
    said = {
        "message": error.message,
        "code": error.code,
        # A link on a page of ours leads to the web, and never into a script.
        "doc_url": error.doc_url if (error.doc_url or "").startswith("https://") else None,
        "fields": {name: list(texts) for name, texts in error.fields.items()},
    }
    _settle(actor, kind, change, payload.with_(refusal=said), Change.State.REFUSED, **_of_error(error))
    _may_come_again(change)


def unknown(actor: Actor, kind: Kind, change: Change, payload: Payload, error: AltostratError | None) -> None:
    """It was sent, and nobody said what became of it."""
    _settle(actor, kind, change, payload, Change.State.UNKNOWN, **_of_error(error))


def not_sent(change: Change, why: str) -> None:
    """It never left: to be sent by another click. Back in one step, so that no other request sends it meanwhile."""
    _may_come_again(change)
    Change.objects.filter(pk=change.pk, state=Change.State.SENDING, attempts=change.attempts).update(
        state=Change.State.PREPARED, failure=why[:200], settled_at=timezone.now()
    )


def keep(change: Change, payload: Payload, **columns: Any) -> None:
    """Seals what has been learnt since."""
    envelope = payload.sealed_for(change)
    Change.objects.filter(pk=change.pk).update(envelope=envelope, **columns)


def is_open_elsewhere(change: Change) -> bool:
    """Whether the very same was sent before, however long ago, and nobody knows yet that it did not happen."""
    same = Change.objects.filter(user=change.user_id, fingerprint=change.fingerprint, state__in=_OPEN)
    return same.exclude(pk=change.pk).exclude(found__in=(Found.NOT_APPLIED, Found.APPLIED)).exists()


def find_unknown(change: Change, kind: Kind) -> Change | None:
    """Another change of the same object, whoever sent it, of which nobody knows what became."""
    rows = Change.objects.filter(
        state=Change.State.UNKNOWN,
        workspace_id=change.workspace_id,
        billing_account_id=change.billing_account_id,
        sent_at__gt=timezone.now() - _TELL_OF_UNKNOWN,
    ).exclude(found=Found.APPLIED)
    # A request that was slow may still arrive: what was looked for a moment later and not found is not known yet.
    rows = rows.exclude(found=Found.NOT_APPLIED, sent_at__lt=timezone.now() - _MAY_STILL_ARRIVE)
    others = rows.filter(verb__in=KINDS).exclude(pk=change.pk).defer("envelope")
    path = kind.target_path(change.ids)
    return next((row for row in others if kind_of(row.verb).target_path(row.ids) == path), None)


def _may_come_again(change: Change) -> None:
    """The very same is no repetition after this, unless another row has sent it as well."""
    lately = timezone.now() - SAME_AGAIN
    others = Change.objects.filter(fingerprint=change.fingerprint, sent_at__gt=lately).exclude(pk=change.pk)
    if not others.filter(state__in=(*_OPEN, Change.State.SUCCEEDED)).exists():
        idempotency.release("change", change.fingerprint)


def _well_formed(ids: Ids) -> Ids | None:
    """None when one of them is no id that could be asked for: the success stands, whatever it calls what it made."""
    try:
        for name, value in ids.items():
            checked(name, value, None if "|" in value else "")
    except InvalidIdentifier:
        return None
    return ids


def _of_error(error: AltostratError | None) -> dict[str, Any]:
    if error is None:
        return {"failure": "an error of the portal's own"}
    return {
        "failure": in_words(error),
        "upstream_status": error.status,
        "upstream_request_id": error.request_id or "",
    }


def _settle(
    actor: Actor, kind: Kind, change: Change, payload: Payload, state: Change.State, **columns: Any
) -> None:
    columns |= {"envelope": payload.sealed_for(change), "looked_at": None}
    for _ in range(2):
        try:
            with transaction.atomic():
                if _move(change, state, settled_at=timezone.now(), **columns):
                    told = {name: columns[name] for name in columns if name not in ("envelope", "looked_at")}
                    tell(actor, kind, change, payload, state, **told)
        except OperationalError:
            logger.warning("the outcome of a change could not be written down with its line in the audit")
        else:
            return
    # What Altostrat said must not be lost because the audit is held. Without `settled_at` the line is still owed:
    # whoever comes by writes it.
    _move(change, state, settled_at=None, **columns)


def _move(change: Change, state: Change.State, **columns: Any) -> bool:
    waiting = Change.objects.filter(pk=change.pk, state__in=_OPEN, attempts=change.attempts)
    return bool(waiting.update(state=state, **columns))


def tell(
    actor: Actor,
    kind: Kind,
    change: Change,
    payload: Payload,
    state: Change.State,
    *,
    detail: str = "",
    note: str = "",
    verb: str = "",
    **columns: Any,
) -> None:
    """The line in the audit. The account may be another one than the row's: the one that was made."""
    outcomes = {
        Change.State.SUCCEEDED: audit.Outcome.SUCCEEDED,
        Change.State.REFUSED: audit.Outcome.REFUSED,
    }
    words = {Change.State.UNKNOWN: "outcome unknown"}
    failure = columns.get("failure", "")
    told = detail or ": ".join(filter(None, (words.get(state, ""), failure)))
    audit.record(
        actor,
        verb or kind.verb,
        outcomes.get(state, audit.Outcome.FAILED),
        subject=str(change.pk),  # its page; for the person who made it
        workspace_id=columns.get("workspace_id", change.workspace_id),
        billing_account_id=columns.get("billing_account_id", change.billing_account_id),
        detail="; ".join(filter(None, (_object(payload), told, note))),
        reason=change.reason,
        ticket=change.ticket,
        before=_shown(payload.before),
        after=_shown(kind.after(payload)),
        upstream_status=columns.get("upstream_status"),
        upstream_request_id=columns.get("upstream_request_id"),
    )


def _object(payload: Payload) -> str:
    """The id of what it is about, when that is something else than a workspace or an account."""
    ids = payload.result_ids or payload.ids
    return ", ".join(ids[name] for name in ids if name not in ("workspace_id", "billing_account_id"))


def _shown(state: State) -> dict[str, Any]:
    return {name: value for name, value in state.items() if not name.startswith("_")}

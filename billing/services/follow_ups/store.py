"""The follow-up of billing accounts, for everyone whose own token can read the account, as notes are.

To check that, `require_account` reads the account before anything is written, and the page before anything is shown.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from django.db import transaction
from django.utils import timezone

from billing import masks
from billing.models import FollowUp
from billing.roles import Permission
from billing.services import audit
from billing.services.actor import Actor
from billing.services.billing_accounts.access import require_account
from billing.services.dates import format_day
from billing.services.follow_ups import content, rows
from billing.services.follow_ups.content import JsonMap
from billing.services.follow_ups.promises import Promise, Promised
from billing.services.follow_ups.rows import Row
from billing.services.people import people
from billing.services.people.staff import UnknownPerson
from billing.vault import CannotUnseal


@dataclass(frozen=True, slots=True)
class Snooze:
    """The account comes back on the day `until`. `reason` is None if the vault cannot open it."""

    until: date
    reason: str | None
    by: str


@dataclass(frozen=True, slots=True)
class OpenFollowUp:
    """An unsealed follow-up. `is_sealed` says that the vault cannot open its promise."""

    promise: Promise | None = None
    promised_by: str = ""
    snooze: Snooze | None = None
    assignee_id: int | None = None
    assignee_name: str = ""
    is_sealed: bool = False

    def is_snoozed(self, today: date) -> bool:
        return self.snooze is not None and today < self.snooze.until


NONE: Final = OpenFollowUp()


def of_account(actor: Actor, workspace_id: str, billing_account_id: str) -> OpenFollowUp:
    """Return the follow-up of an account that the actor's own token has just read. Raise NotPermitted."""
    actor.require(Permission.BILLING_READ)
    found = rows.of_account(workspace_id, billing_account_id)
    return _opened(actor, found[0]) if found else NONE


def of_accounts(actor: Actor, accounts: Collection[tuple[str, str]]) -> dict[tuple[str, str], OpenFollowUp]:
    """Return the follow-ups of these workspace and account IDs. Raise NotPermitted.

    The caller must have read the accounts with the actor's own tokens.
    """
    actor.require(Permission.BILLING_READ)
    found = rows.of_all_accounts()
    return {
        key: _opened(actor, row)
        for row in found
        if (key := (row.workspace_id, row.billing_account_id)) in accounts
    }


def set_promise(actor: Actor, ids: tuple[str, str], promise: Promise | None) -> None:
    """Record a promise in place of the present one, or withdraw it. Raise NotPermitted,
    `vault.CannotUnseal`, and as `require_account`."""
    _require(actor, ids)
    document = None if promise is None else _document_of(promise)
    with transaction.atomic():
        row, stored = _locked(ids)
        if row.promised_for == (promise.day if promise else None) and stored.get("promise") == document:
            return
        before = _audited(row.promised_for, stored.get("promise"))
        row.promised_for = promise.day if promise else None
        row.promised_by = actor.user if promise else None
        _save(row, {**stored, "promise": document})
        _record(
            actor,
            "promise.record" if promise else "promise.withdraw",
            ids,
            detail=f"for {format_day(promise.day)}" if promise else "",
            before=before,
            after=_audited(row.promised_for, document),
        )


def set_snooze(actor: Actor, ids: tuple[str, str], until: date | None, reason: str = "") -> None:
    """Snooze the account until a day, or end its snooze. Raise NotPermitted,
    `vault.CannotUnseal`, and as `require_account`."""
    _require(actor, ids)
    with transaction.atomic():
        row, stored = _locked(ids)
        new = reason if until else None
        if row.snoozed_until == until and stored.get("snooze") == new:
            return
        before = {"until": _iso(row.snoozed_until), "reason": stored.get("snooze")}
        row.snoozed_until, row.snoozed_by = until, actor.user if until else None
        _save(row, {**stored, "snooze": new})
        _record(
            actor,
            "snooze.start" if until else "snooze.end",
            ids,
            detail=f"until {format_day(until)}" if until else "",
            before=before,
            after={"until": _iso(until), "reason": new},
        )


def assign(actor: Actor, ids: tuple[str, str], person_id: int | None) -> None:
    """Set or remove the assignee of the account. Raise NotPermitted, UnknownPerson, and as `require_account`."""
    _require(actor, ids)
    person = None if person_id is None else people.assignable().filter(pk=person_id).first()
    if person is None and person_id is not None:
        raise UnknownPerson
    with transaction.atomic():
        row, stored = _locked(ids)
        if row.assignee_id == person_id:
            return
        row.assignee = person
        _save(row, stored)
        _record(actor, "assignee.set", ids, detail=person.get_username() if person else "nobody")


def _require(actor: Actor, ids: tuple[str, str]) -> None:
    actor.require(Permission.BILLING_WRITE)
    require_account(actor, *ids)


def _locked(ids: tuple[str, str]) -> tuple[FollowUp, JsonMap]:
    """Return the row, locked, with its content. Raise `vault.CannotUnseal`."""
    workspace_id, billing_account_id = ids
    FollowUp.objects.get_or_create(workspace_id=workspace_id, billing_account_id=billing_account_id)
    row = FollowUp.objects.select_for_update().get(
        workspace_id=workspace_id, billing_account_id=billing_account_id
    )
    return row, content.unseal(row)


def _save(row: FollowUp, document: JsonMap) -> None:
    content.seal(row, {name: value for name, value in document.items() if value is not None})
    row.changed_at = timezone.now()
    row.save()


def _opened(actor: Actor, row: Row) -> OpenFollowUp:
    stored: JsonMap | None
    try:
        stored = content.unseal(row)
    except CannotUnseal:
        stored = None
    promise = snooze = None
    if row.promised_for is not None:
        promise = _promise_of(row.promised_for, (stored or {}).get("promise") or {})
        if actor.is_masked:
            promise = replace(promise, note=masks.free_text(promise.note))
    if row.snoozed_until is not None:
        reason = None if stored is None else stored.get("snooze", "")
        if reason and actor.is_masked:
            reason = masks.free_text(reason)
        snooze = Snooze(row.snoozed_until, reason, row.snoozed_by)
    return OpenFollowUp(
        promise,
        row.promised_by,
        snooze,
        row.assignee_id,
        row.assignee,
        is_sealed=stored is None,
    )


def _promise_of(day: date, document: JsonMap) -> Promise:
    invoices = {name: Promised(*values) for name, values in document.get("invoices", {}).items()}
    return Promise(day, document.get("amounts", {}), invoices, document.get("note", ""))


def _document_of(promise: Promise) -> JsonMap:
    return {
        "amounts": dict(promise.amounts),
        "invoices": {name: [one.currency, one.remaining] for name, one in promise.invoices.items()},
        "note": promise.note,
    }


def _audited(day: date | None, document: JsonMap | None) -> JsonMap:
    found = document or {}
    return {"promised_for": _iso(day), "amounts": found.get("amounts", {}), "note": found.get("note", "")}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _record(
    actor: Actor,
    verb: str,
    ids: tuple[str, str],
    *,
    detail: str,
    before: JsonMap | None = None,
    after: JsonMap | None = None,
) -> None:
    audit.record(
        actor,
        verb,
        audit.Outcome.SUCCEEDED,
        workspace_id=ids[0],
        billing_account_id=ids[1],
        detail=detail,
        before=before,
        after=after,
    )

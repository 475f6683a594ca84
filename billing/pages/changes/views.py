"""The review of a change, the button that sends it, and its outcome: the same pages for every kind of change."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from billing.models import Change
from billing.pages.changes.destinations import Destination, destination_of
from billing.pages.changes.form_page import NOTHING
from billing.pages.changes.forms import SignatureForm, form_address, own_page
from billing.pages.changes.request_body import request_body
from billing.pages.changes.table import changes_table, listed
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.invoices.preview_data import preview_of, with_bill_before
from billing.pages.tables import exports
from billing.pages.tables.file_table import downloads
from billing.pages.tables.paging import page_of
from billing.roles import Permission
from billing.services import changes
from billing.services.actor import Actor
from billing.services.billing_accounts import cached_names
from billing.services.changes import Payload, preconditions

State = Change.State
_CHOICE: Final = "choice."


@page(Permission.BILLING_READ)
def index(request: PageRequest) -> HttpResponseBase:
    """Show the person's own changes, newest first, or all of them as a file."""
    changes.settle_stale()
    rows = changes.list_own(actor_of(request)).exclude(state=State.ABANDONED)
    table = changes_table(rows.iterator(chunk_size=500))
    if exports.format_of(request):
        return exports.download(request, table)
    page_obj = page_of(request, rows)
    context = {
        "page_obj": page_obj,
        "changes": listed(actor_of(request), list(page_obj)),
        "table": downloads(request, table),
    }
    return render(request, "billing/changes/list.html", context)


@page(Permission.BILLING_READ)
def detail(request: PageRequest, change_id: UUID) -> HttpResponse:
    """Show the review, the comparison or the outcome, depending on the state."""
    changes.settle_stale()
    change = _own(request, change_id)
    if not change.envelope:
        kind, state = changes.kind_of(change.verb), changes.effective_state(change)
        context = {"change": change, "kind": kind, "state": state}
        return render(request, "billing/changes/details_deleted.html", context)
    change = changes.check_status_once(actor_of(request), change)
    if change.state != State.PREPARED:
        return render(request, "billing/changes/outcome.html", _context(request, change))
    if own_page(change):
        return redirect(own_page(change))
    return _review(request, change)


@page(Permission.BILLING_WRITE, methods=("POST",), step_up=True)
@sensitive_post_parameters()
def send(request: PageRequest, change_id: UUID) -> HttpResponse:
    """Send the change, once."""
    change = _own(request, change_id)
    if change.state != State.PREPARED or own_page(change):
        return redirect("change", change_id)
    actor = actor_of(request)
    data = request.POST.copy()
    form = SignatureForm(changes.kind_of(change.verb), changes.payload_of(actor, change), data)
    is_valid = form.is_valid()
    # If the review is shown again, its button sends the attempt of that page.
    data["attempt"] = str(change.attempts)
    if not is_valid:
        return _review(request, change, form)
    try:
        sent = changes.send(actor, change_id, form.signature, attempts=form.attempt_number)
    except changes.Incomplete as error:
        for name, text in error.fields.items():
            form.add_error(name, text)
        return _review(request, change, form)
    except changes.RecentlySent:
        return _review(request, change, form, is_repetition=True)
    except changes.OutcomeUnknown as error:
        form["send_anyway"].label = "Send it anyway"
        return _review(request, change, form, open_change=error.change)
    except changes.NothingToChange:
        return _nothing_to_change(request, change, NOTHING)
    except changes.NotReady as error:
        return _review(request, change, form, blocked_reason=str(error))
    if sent.pk != change.pk:
        messages.warning(request, "Altostrat's data changed while you were reviewing. Nothing was sent.")
    if sent.state == State.REFUSED and form_address(sent):
        return redirect(form_address(sent))
    return redirect("change", sent.pk)


@page(Permission.BILLING_WRITE, methods=("POST",))
def check_status(request: PageRequest, change_id: UUID) -> HttpResponse:
    """Read from Altostrat whether the change was applied."""
    _own(request, change_id)
    changes.check_status(actor_of(request), change_id)
    return redirect("change", change_id)


@page(Permission.BILLING_WRITE, methods=("POST",))
def resolve(request: PageRequest, change_id: UUID) -> HttpResponse:
    """Prepare the change with the choices of a comparison, and redirect to its review."""
    change = _own(request, change_id)
    choices = {
        name.removeprefix(_CHOICE): str(value)
        for name, value in request.POST.items()
        if name.startswith(_CHOICE)
    }
    try:
        resolved = changes.resolve(actor_of(request), change_id, choices)
    except changes.NothingToChange:
        return _nothing_to_change(request, change, "Altostrat's values are kept. Nothing was sent.")
    return redirect("change", resolved.pk)


@page(Permission.BILLING_WRITE, methods=("POST",))
def undo(request: PageRequest, change_id: UUID) -> HttpResponse:
    """Prepare the change that restores the earlier values."""
    return _prepare(request, change_id, changes.undo)


@page(Permission.BILLING_WRITE, methods=("POST",))
def repeat(request: PageRequest, change_id: UUID) -> HttpResponse:
    """Prepare the same change again, with a fresh preview, and keep the reason and ticket."""
    change = _own(request, change_id)
    payload = changes.payload_of(actor_of(request), change)
    form = SignatureForm(changes.kind_of(change.verb), payload, request.POST, is_draft=True)
    if not form.is_valid() and change.state == State.PREPARED:
        return _review(request, change, form)
    reason, ticket = form.cleaned_data.get("reason", ""), form.cleaned_data.get("ticket", "")
    return _prepare(request, change_id, partial(changes.repeat, reason=reason, ticket=ticket))


@page(Permission.BILLING_WRITE, methods=("POST",))
def abandon(request: PageRequest, change_id: UUID) -> HttpResponse:
    """Discard a change that was not sent."""
    change = _own(request, change_id)
    changes.abandon(actor_of(request), change_id)
    return redirect(_destination(changes.payload_of(actor_of(request), change)).address)


def _prepare(request: PageRequest, change_id: UUID, prepare: Callable[[Actor, UUID], Change]) -> HttpResponse:
    _own(request, change_id)
    try:
        prepared = prepare(actor_of(request), change_id)
    except changes.NothingToChange:
        messages.info(request, NOTHING)
        return redirect("change", change_id)
    except changes.NotReady as error:
        messages.error(request, f"{error} Nothing was sent.")
        return redirect("change", change_id)
    return redirect("change", prepared.pk)


def _nothing_to_change(request: PageRequest, change: Change, message: str) -> HttpResponse:
    actor = actor_of(request)
    changes.abandon(actor, change.pk)
    messages.info(request, message)
    return redirect(_destination(changes.payload_of(actor, change)).address)


def _review(
    request: PageRequest,
    change: Change,
    form: SignatureForm | None = None,
    *,
    is_repetition: bool = False,
    open_change: Change | None = None,
    blocked_reason: str = "",
) -> HttpResponse:
    context = _context(request, change)
    kind, payload = context["kind"], context["payload"]
    if context["conflicts"] and kind.is_mergeable:
        return render(request, "billing/changes/compare.html", context)
    if form is None:
        typed = {"attempt": change.attempts, "reason": change.reason, "ticket": change.ticket}
        form = SignatureForm(kind, payload, initial=typed)
    context |= {
        "form": form,
        "action": kind.title[:1].lower() + kind.title[1:],
        "is_repetition": is_repetition,
        "open_change": open_change,
        "is_own": open_change is not None and open_change.user_id == change.user_id,
        "preview": with_bill_before(context["preview"], payload, context["attempt"].actor),
        "blocked_reason": blocked_reason or preconditions.blocked_reason(context["attempt"]),
    }
    is_invalid = form.is_bound and form.errors
    status = 409 if is_repetition or open_change or blocked_reason else 422 if is_invalid else 200
    return render(request, "billing/changes/review.html", context, status=status)


def _context(request: PageRequest, change: Change) -> dict[str, Any]:
    attempt = changes.Attempt.of(actor_of(request), change)
    payload, kind = attempt.payload, attempt.kind
    rows = changes.field_changes(attempt)
    opened = payload.with_values(before=payload.opened) if payload.opened else None
    return {
        "has_before": any(row.before for row in rows),
        "has_after": any(row.after for row in rows),
        # Before a creation succeeds, nothing is known about the new object.
        "has_now": any(row.now is not None for row in rows)
        and (change.state == State.SUCCEEDED or not kind.is_creation),
        "change": change,
        "attempt": attempt,
        "kind": kind,
        "payload": payload,
        "state": changes.effective_state(change),
        "subject": kind.subject(payload),
        "customer": cached_names.find_customer(attempt.actor, payload.ids),
        "rows": rows,
        "differs": any(row.is_changed and row.is_different for row in rows),
        "conflicts": changes.find_conflicts(attempt),
        "consequences": kind.consequences(payload),
        "earlier_consequences": kind.consequences(opened) if opened else None,
        "method": kind.operation.method,
        "path": kind.operation.path(payload.ids),
        "body": request_body(attempt),
        "can_undo": changes.find_inverse(attempt) is not None,
        "form_address": form_address(change),
        "destination": _destination(payload),
        "preview": preview_of(kind, payload),
    }


def _destination(payload: Payload) -> Destination:
    return destination_of({**payload.ids, **payload.result_ids}, is_deleted=payload.is_gone)


def _own(request: PageRequest, change_id: UUID) -> Change:
    try:
        return changes.get_own(actor_of(request), change_id)
    except changes.ChangeNotFound:
        raise Http404 from None

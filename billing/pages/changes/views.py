"""The review of a change, the button that sends it, and its outcome: the same pages for every kind of write."""

from __future__ import annotations

import json
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from billing.models import Change
from billing.pages.changes.destinations import place_of
from billing.pages.changes.forms import SignatureForm, form_address, own_review
from billing.pages.changes.table import changes_table
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.invoices.preview_data import preview_of
from billing.pages.tables import exports
from billing.pages.tables.file_table import downloads
from billing.roles import Permission
from billing.services import changes
from billing.services.changes import preconditions
from billing.services.changes.preparing import find_inverse

State = Change.State
_LISTED: Final = 100


@page(Permission.BILLING_READ)
def list_own(request: PageRequest) -> HttpResponseBase:
    """One's own changes, newest first: the latest hundred, or all of them as a file."""
    changes.settle_stale()
    rows = changes.list_own(actor_of(request)).exclude(state=State.ABANDONED)
    table = changes_table(rows.iterator(chunk_size=500))
    if exports.format_of(request):
        return exports.download(request, table)
    shown = [(row, changes.kind_of(row.verb), changes.effective_state(row)) for row in rows[:_LISTED]]
    context = {
        "changes": shown,
        "older": max(rows.count() - _LISTED, 0) if len(shown) == _LISTED else 0,
        "table": downloads(request, table),
    }
    return render(request, "billing/changes/list.html", context)


@page(Permission.BILLING_READ)
def show(request: PageRequest, change_id: UUID) -> HttpResponse:
    """The review, the comparison, or the outcome: whatever there is to see of a change."""
    changes.settle_stale()
    change = _own(request, change_id)
    if not change.envelope:
        context = {
            "change": change,
            "kind": changes.kind_of(change.verb),
            "state": changes.effective_state(change),
        }
        return render(request, "billing/changes/forgotten.html", context)
    change = changes.check_status_once(actor_of(request), change)
    if change.state == State.PREPARED and own_review(change):
        return redirect(own_review(change))
    if change.state == State.PREPARED:
        return _review(request, change)
    return render(request, "billing/changes/outcome.html", _context(request, change))


@page(Permission.BILLING_WRITE, methods=("POST",), step_up=True)
@sensitive_post_parameters()
def send(request: PageRequest, change_id: UUID) -> HttpResponse:
    """Sends it, once."""
    change = _own(request, change_id)
    if change.state != State.PREPARED or own_review(change):
        return redirect("change", change_id)
    actor = actor_of(request)
    data = request.POST.copy()
    form = SignatureForm(changes.kind_of(change.verb), changes.payload_of(actor, change), data)
    is_valid = form.is_valid()
    # Should the review be shown again, its button counts for what is on that page.
    data["attempt"] = str(change.attempts)
    if not is_valid:
        return _review(request, change, form)
    try:
        sent = changes.send(actor, change_id, form.signature, attempt=form.attempt_number)
    except changes.Incomplete as error:
        for name, text in error.fields.items():
            form.add_error(name, text)
        return _review(request, change, form)
    except changes.RecentlySent:
        return _review(request, change, form, is_repetition=True)
    except changes.OutcomeUnknown as error:
        form["is_meant"].label = "I know; send it all the same"
        return _review(request, change, form, open_one=error.change)
    except changes.NothingToChange:
        changes.abandon(actor, change_id)
        messages.info(request, "Altostrat has it so already. Nothing was sent.")
        return redirect(_address(request, change))
    except changes.NotReady as error:
        return _review(request, change, form, obstacle=str(error))
    if sent.pk != change.pk:
        messages.warning(request, "It was changed at Altostrat while you looked at it. Nothing was sent.")
    if sent.state == State.REFUSED and form_address(sent):
        return redirect(form_address(sent))
    return redirect("change", sent.pk)


@page(Permission.BILLING_WRITE, methods=("POST",))
def look(request: PageRequest, change_id: UUID) -> HttpResponse:
    """Reads again what became of it."""
    _own(request, change_id)
    changes.check_status(actor_of(request), change_id)
    return redirect("change", change_id)


@page(Permission.BILLING_WRITE, methods=("POST",))
def resolve(request: PageRequest, change_id: UUID) -> HttpResponse:
    """Takes the choices of a three-way comparison on to a review."""
    change = _own(request, change_id)
    choices = {name[7:]: str(value) for name, value in request.POST.items() if name.startswith("choice.")}
    try:
        following = changes.resolve(actor_of(request), change_id, choices)
    except changes.NothingToChange:
        changes.abandon(actor_of(request), change_id)
        messages.info(request, "It stays as Altostrat has it now. Nothing was sent.")
        return redirect(_address(request, change))
    return redirect("change", following.pk)


@page(Permission.BILLING_WRITE, methods=("POST",))
def undo(request: PageRequest, change_id: UUID) -> HttpResponse:
    """Prepares the change that brings back what was before."""
    return _go_on(request, change_id, changes.undo)


@page(Permission.BILLING_WRITE, methods=("POST",))
def again(request: PageRequest, change_id: UUID) -> HttpResponse:
    """Prepares the same once more, with a fresh preview, to be reviewed again; what was typed goes along."""
    change = _own(request, change_id)
    contents = changes.payload_of(actor_of(request), change)
    typed = SignatureForm(changes.kind_of(change.verb), contents, request.POST, is_draft=True)
    if not typed.is_valid() and change.state == State.PREPARED:
        return _review(request, change, typed)
    given = typed.cleaned_data
    verb = partial(changes.repeat, reason=given.get("reason", ""), ticket=given.get("ticket", ""))
    return _go_on(request, change_id, verb)


@page(Permission.BILLING_WRITE, methods=("POST",))
def abandon(request: PageRequest, change_id: UUID) -> HttpResponse:
    """Puts it aside."""
    change = _own(request, change_id)
    changes.abandon(actor_of(request), change_id)
    return redirect(_address(request, change))


def _go_on(request: PageRequest, change_id: UUID, verb: Any) -> HttpResponse:
    _own(request, change_id)
    try:
        following = verb(actor_of(request), change_id)
    except changes.NothingToChange:
        messages.info(request, "Altostrat has it so already. There is nothing to send.")
        return redirect("change", change_id)
    except changes.NotReady as error:
        messages.error(request, f"{error} Nothing was sent.")
        return redirect("change", change_id)
    return redirect("change", following.pk)


def _review(
    request: PageRequest,
    change: Change,
    form: SignatureForm | None = None,
    *,
    is_repetition: bool = False,
    open_one: Change | None = None,
    obstacle: str = "",
) -> HttpResponse:
    context = _context(request, change)
    kind, contents = context["kind"], context["contents"]
    if context["conflicts"] and kind.is_mergeable:
        return render(request, "billing/changes/compare.html", context)
    typed = {"attempt": change.attempts, "reason": change.reason, "ticket": change.ticket}
    shown = form or SignatureForm(kind, contents, initial=typed)
    context |= {
        "form": shown,
        "is_repetition": is_repetition,
        "open_one": open_one,
        "is_own": open_one is not None and open_one.user_id == change.user_id,
        "obstacle": obstacle or preconditions.obstacle(kind, contents),
    }
    failed = shown.is_bound and shown.errors
    status = 409 if is_repetition or open_one or obstacle else 422 if failed else 200
    return render(request, "billing/changes/review.html", context, status=status)


def _context(request: PageRequest, change: Change) -> dict[str, Any]:
    contents, kind = changes.payload_of(actor_of(request), change), changes.kind_of(change.verb)
    body = "" if contents.body is None else json.dumps(contents.body, indent=2, ensure_ascii=False)
    rows = changes.field_changes(kind, contents)
    return {
        "has_before": any(row.before for row in rows),
        "has_after": any(row.after for row in rows),
        # Of what was to be made nothing can be said before it is known to be there.
        "has_now": any(row.now is not None for row in rows)
        and (change.state == State.SUCCEEDED or not kind.is_creation),
        "change": change,
        "kind": kind,
        "contents": contents,
        "state": changes.effective_state(change),
        "subject": kind.subject(contents),
        "rows": rows,
        "conflicts": changes.find_conflicts(kind, contents),
        "consequences": kind.consequences(contents),
        "said_before": kind.consequences(contents.with_(before=contents.opened)) if contents.opened else None,
        "method": kind.operation.method,
        "path": kind.operation.path(contents.ids),
        "body": body,
        "can_undo": find_inverse(change, contents) is not None,
        "form_address": form_address(change),
        "place": place_of(contents),
        "preview": preview_of(kind, contents),
    }


def _address(request: PageRequest, change: Change) -> str:
    return place_of(changes.payload_of(actor_of(request), change)).address


def _own(request: PageRequest, change_id: UUID) -> Change:
    try:
        return changes.get_own(actor_of(request), change_id)
    except changes.ChangeNotFound:
        raise Http404 from None

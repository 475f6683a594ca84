"""Notes on a billing account: create, search, and edit or delete one's own."""

from __future__ import annotations

from contextlib import suppress
from typing import Final
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.frame.forms import Accessible
from billing.pages.tables.paging import page_of
from billing.roles import Permission
from billing.services.billing_accounts import access, notes
from billing.services.billing_accounts.notes import AlreadyAdded, NoteNotFound

_MAX_SEARCH_LENGTH: Final = 200
_CREATE, _EDIT = "Add note", "Edit your note"


class NoteForm(Accessible):
    text = forms.CharField(
        label="Note",
        max_length=notes.MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Plain text of up to 2,000 characters. People whose own token can access this account can read it; "
        "Altostrat and the customer cannot.",
        error_messages={"required": "Enter a note."},
    )
    # The same form sent twice creates one note.
    note_id = forms.UUIDField(required=False, widget=forms.HiddenInput)


@page(Permission.BILLING_WRITE, methods=("GET", "POST"))
def create(request: PageRequest, **ids: str) -> HttpResponse:
    actor = actor_of(request)
    if request.method != "POST":
        access.require_account(actor, **ids)
        return _show(request, NoteForm(initial={"note_id": uuid4()}), ids, _CREATE)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _show(request, form, ids, _CREATE)
    note_id = form.cleaned_data["note_id"] or uuid4()
    with suppress(AlreadyAdded):
        notes.add(actor, note_id=note_id, text=form.cleaned_data["text"], **ids)
    return _done(request, ids, "Note added.")


@page(Permission.BILLING_READ)
def search(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponse:
    """Show the notes that contain all words of `q` in their text or their author's name. Without words, all notes."""
    actor = actor_of(request)
    access.require_account(actor, workspace_id, billing_account_id)
    wanted = request.GET.get("q", "").strip()[:_MAX_SEARCH_LENGTH]
    page_obj = page_of(request, notes.search(actor, workspace_id, billing_account_id, wanted))
    context = {
        "workspace_id": workspace_id,
        "billing_account_id": billing_account_id,
        "wanted": wanted,
        "page_obj": page_obj,
        "data": {"notes": page_obj.object_list},
    }
    return render(request, "billing/billing_accounts/notes/search.html", context)


@page(Permission.BILLING_WRITE, methods=("GET", "POST"))
def edit(request: PageRequest, *, note_id: UUID, **ids: str) -> HttpResponse:
    actor = actor_of(request)
    try:
        if request.method != "POST":
            note = notes.get_own(actor, note_id=note_id, **ids)
            return _show(request, NoteForm(initial={"text": note.text or ""}), ids, _EDIT)
        form = NoteForm(request.POST)
        if not form.is_valid():
            return _show(request, form, ids, _EDIT)
        notes.edit(actor, note_id=note_id, text=form.cleaned_data["text"], **ids)
    except NoteNotFound:
        raise Http404 from None
    return _done(request, ids, "Note saved.")


@page(Permission.BILLING_WRITE, methods=("GET", "POST"))
def delete(request: PageRequest, *, note_id: UUID, **ids: str) -> HttpResponse:
    """Ask for confirmation, then delete."""
    actor = actor_of(request)
    try:
        if request.method != "POST":
            note = notes.get_own(actor, note_id=note_id, **ids)
            return render(request, "billing/billing_accounts/notes/delete.html", ids | {"note": note})
        notes.delete(actor, note_id=note_id, **ids)
    except NoteNotFound:
        raise Http404 from None
    return _done(request, ids, "Note deleted.")


def _done(request: PageRequest, ids: dict[str, str], message: str) -> HttpResponse:
    messages.success(request, message)
    return redirect(reverse("billing-account", kwargs=ids) + "#notes")


def _show(request: PageRequest, form: NoteForm, ids: dict[str, str], heading: str) -> HttpResponse:
    context = ids | {"form": form, "heading": heading}
    status = 422 if form.is_bound else 200
    return render(request, "billing/billing_accounts/notes/form.html", context, status=status)

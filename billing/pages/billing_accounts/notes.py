"""Notes on a billing account: write, edit, delete one's own."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.roles import Permission
from billing.services.billing_accounts import access, notes
from billing.services.billing_accounts.notes import AlreadyAdded, NoteNotFound

_LONGEST_SEARCH: Final = 200


class NoteForm(forms.Form):
    """The text, and on a new note its id, so that the same form sent twice makes one note."""

    text = forms.CharField(
        label="Note",
        max_length=notes.MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6, "class": "form-control"}),
        help_text="Plain text of up to 2,000 characters, for everybody here whose own token sees this account. "
        "Altostrat and the customer never see it.",
        error_messages={"required": "Write something first."},
    )
    note_id = forms.UUIDField(required=False, widget=forms.HiddenInput)


@page(Permission.BILLING_WRITE, methods=("GET", "POST"))
def write(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponse:
    """Writes a note."""
    actor, place = actor_of(request), _place(workspace_id, billing_account_id)
    if request.method != "POST":
        access.require_account(actor, workspace_id, billing_account_id)
        return _form(request, place, NoteForm(initial={"note_id": uuid4()}), "Add note")
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _form(request, place, form, "Add note")
    note_id = form.cleaned_data["note_id"] or uuid4()
    with suppress(AlreadyAdded):  # the same form a second time: it is there already
        notes.add(actor, note_id=note_id, text=form.cleaned_data["text"], **place)
    messages.success(request, "Your note is stored.")
    return _back(place)


@page(Permission.BILLING_READ)
def find(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponse:
    """The notes in which some words occur, or whose author is called so; all of them for no words."""
    actor, place = actor_of(request), _place(workspace_id, billing_account_id)
    access.require_account(actor, workspace_id, billing_account_id)
    wanted = request.GET.get("q", "").strip()[:_LONGEST_SEARCH]
    found, more = notes.search(actor, workspace_id, billing_account_id, wanted)
    context = {**place, "wanted": wanted, "more": more, "data": {"notes": found}}
    return render(request, "billing/billing_accounts/notes/search.html", context)


@page(Permission.BILLING_WRITE, methods=("GET", "POST"))
def edit(request: PageRequest, workspace_id: str, billing_account_id: str, note_id: UUID) -> HttpResponse:
    """Puts another text into one's own note."""
    actor, place = actor_of(request), _place(workspace_id, billing_account_id)
    try:
        if request.method != "POST":
            note = notes.get_own(actor, note_id=note_id, **place)
            return _form(request, place, NoteForm(initial={"text": note.text or ""}), "Edit your note")
        form = NoteForm(request.POST)
        if not form.is_valid():
            return _form(request, place, form, "Edit your note")
        notes.edit(actor, note_id=note_id, text=form.cleaned_data["text"], **place)
    except NoteNotFound:
        raise Http404 from None
    messages.success(request, "Your note is changed.")
    return _back(place)


@page(Permission.BILLING_WRITE, methods=("GET", "POST"))
def delete(request: PageRequest, workspace_id: str, billing_account_id: str, note_id: UUID) -> HttpResponse:
    """Asks, then deletes one's own note."""
    actor, place = actor_of(request), _place(workspace_id, billing_account_id)
    try:
        if request.method != "POST":
            note = notes.get_own(actor, note_id=note_id, **place)
            return render(request, "billing/billing_accounts/notes/delete.html", {**place, "note": note})
        notes.delete(actor, note_id=note_id, **place)
    except NoteNotFound:
        raise Http404 from None
    messages.success(request, "Your note is deleted.")
    return _back(place)


def _place(workspace_id: str, billing_account_id: str) -> dict[str, str]:
    return {"workspace_id": workspace_id, "billing_account_id": billing_account_id}


def _back(place: dict[str, str]) -> HttpResponse:
    return redirect(reverse("billing-account", kwargs=place) + "#notes")


def _form(request: PageRequest, place: dict[str, str], form: NoteForm, title: str) -> HttpResponse:
    context: dict[str, Any] = {**place, "form": form, "heading": title}
    status = 422 if form.is_bound and not form.is_valid() else 200
    return render(request, "billing/billing_accounts/notes/form.html", context, status=status)

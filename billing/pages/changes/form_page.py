"""The page that leads from a form, or a button, to the review of a change.

    permission -> form -> snapshot -> validation -> prepare -> review

If a step fails, the form is shown again with its input. The status is 422 for invalid input, 409 if the change is not
possible now, and that of the failure if Altostrat could not be read.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from billing import masks
from billing.altostrat.errors import AltostratError
from billing.failures import Failure, describe
from billing.models import Change
from billing.pages.changes.base_form import ChangeForm
from billing.pages.changes.destinations import destination_of
from billing.pages.changes.lookup import earlier_change, form_id
from billing.pages.changes.submit import explain
from billing.pages.frame.access import PageRequest, View, page
from billing.pages.frame.actor import actor_of
from billing.roles import Permission
from billing.services import changes
from billing.services.changes import Draft, Kind, Payload, State, preconditions
from billing.services.changes.payload import Ids, is_same
from billing.services.tokens import NoToken

NOTHING: Final = "Nothing to change: Altostrat already has these values."
EXPIRED: Final = "This form was opened too long ago. Check every field, then continue."
# Not in the snapshot: the list of existing objects can be long, and is read again before anything is sent.
_LONG: Final = "_known"


class FormPage:
    """The page with the form of one kind of change.

    A subclass sets the kind and the form, and overrides what differs. The `template` of its noun shows breadcrumbs and
    fields. `hint` follows the lead, and `fields_lead` is above the fields. "Cancel" links to the page with the URL name
    `parent`, by default the object's own page.
    """

    kind: ClassVar[Kind]
    form: ClassVar[type[ChangeForm]] = ChangeForm
    template: ClassVar[str] = "billing/changes/form.html"
    hint: ClassVar[str] = ""
    fields_lead: str = ""
    cancel_label: ClassVar[str] = "Cancel"
    parent: ClassVar[str] = ""

    def __init__(self, request: PageRequest, ids: Ids) -> None:
        self.request = request
        self.ids = ids
        self.actor = actor_of(request)
        self.state: State = {}

    @classmethod
    def as_view(cls) -> View:
        @page(Permission.BILLING_WRITE, methods=("GET", "POST"))
        @sensitive_post_parameters()
        def view(request: PageRequest, **ids: str) -> HttpResponse:
            return cls(request, ids).respond()

        return view

    def respond(self) -> HttpResponse:
        return self.submit() if self.request.method == "POST" else self.open()

    def open(self) -> HttpResponse:
        """Show the form with the present state, or with the input of the earlier change in `?change=`."""
        self.state = changes.read_current_state(self.actor, self.kind, self.ids)
        hidden = {"snapshot": self.snapshot()}
        earlier = earlier_change(self.request, self.kind.verb, self.ids)
        if earlier is None:
            initial = self.values_of({}) | self.suggested_values() | hidden
            return self.show(self.bound(initial=initial), blocked_reason=self.blocked_reason())
        payload = changes.payload_of(self.actor, earlier)
        values = self.values_of(self.typed(earlier, payload)) | hidden | {"change_id": uuid4()}
        form = self.bound(values)
        form.show_refusal(payload.refusal)
        return self.show(form, blocked_reason=self.blocked_reason(), refusal=payload.refusal)

    def suggested_values(self) -> dict[str, Any]:
        """Return values of fields that another page suggests. The person sees them before anything is prepared."""
        return {}

    def submit(self) -> HttpResponse:
        sealed = self.request.POST.get("snapshot", "")
        state = changes.open_snapshot(self.actor, self.kind.verb, self.ids, sealed)
        if state is None:
            return self.reopen()
        self.state = state
        form = self.bound(self.request.POST)
        return self.prepare(form) if form.is_valid() else self.show(form, status=422)

    def reopen(self) -> HttpResponse:
        """Show the input with a fresh snapshot, because its own snapshot cannot be opened."""
        data, failure = self.request.POST.copy(), None
        try:
            self.state = changes.read_current_state(self.actor, self.kind, self.ids)
            data["snapshot"] = self.snapshot()
        except (AltostratError, NoToken) as error:
            failure = describe(error)
        form = self.form(data, opened=self.state or data.dict(), is_masked=self.actor.is_masked)
        form.add_error(None, EXPIRED)
        return self.show(form, failure=failure, status=failure.status if failure else 422)

    def values_of(self, wanted: State) -> dict[str, Any]:
        opened = self.state
        if self.actor.is_masked:
            opened = {name: masks.value(name, value) for name, value in opened.items()}
        return self.form.values_of(opened, wanted)

    def typed(self, change: Change, payload: Payload) -> State:
        """Return what an earlier change wants; for those who see personal data masked, only what they typed."""
        if not self.actor.is_masked:
            return payload.wanted
        opened = {} if payload.opened is None else payload.opened
        names = [name for name in payload.wanted if not is_same(opened.get(name), payload.wanted[name])]
        return {} if change.undoes_id else {name: payload.wanted[name] for name in names}

    def bound(self, *args: Any, **kwargs: Any) -> ChangeForm:
        return self.form(*args, opened=self.state, is_masked=self.actor.is_masked, **kwargs)

    def prepare(self, form: ChangeForm) -> HttpResponse:
        """Prepare the change and redirect to its review, which keeps the reason and ticket of the earlier change."""
        opened = form.opened if self.kind.is_mergeable else None
        draft = Draft(self.kind.verb, self.ids, form.wanted, opened=opened)
        earlier = earlier_change(self.request, self.kind.verb, self.ids)
        change_id = form.cleaned_data["change_id"]
        try:
            row = changes.prepare(self.actor, draft, change_id=change_id, replaces=earlier)
        except changes.NothingToChange:
            form.add_error(None, NOTHING)
            return self.show(form, status=422)
        except changes.NotReady as error:
            form.add_error(None, str(error))
            return self.show(form, status=409)
        except (AltostratError, NoToken) as error:
            failure = explain(form, draft, error)
            return self.show(form, failure=failure, status=failure.status)
        return redirect("change", row.pk)

    def show(
        self,
        form: ChangeForm,
        *,
        blocked_reason: str = "",
        failure: Failure | None = None,
        refusal: dict[str, Any] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        context = self.ids | {
            "page": self,
            "form": form,
            "blocked_reason": blocked_reason,
            "failure": failure,
            "refusal": refusal,
        }
        return render(self.request, self.template, context, status=status)

    def snapshot(self) -> str:
        short = {name: value for name, value in self.state.items() if name != _LONG}
        return changes.seal_snapshot(self.actor, self.kind.verb, self.ids, short)

    def payload(self) -> Payload:
        """Return the change without any input."""
        return Payload(ids=self.ids, before=self.state, wanted={})

    def blocked_reason(self) -> str:
        """Return why the change is not possible with any input; empty if it is."""
        return preconditions.of_kind(self.kind, self.payload())

    @property
    def title(self) -> str:
        subject = self.kind.subject(self.payload()) if self.state else ""
        return f"{self.kind.title}: {subject}" if subject else self.kind.title

    @property
    def lead(self) -> str:
        what = "be created" if self.kind.is_creation else "change"
        cost = ", and what the next invoice would be" if self.kind.needs_preview else ""
        return f"Nothing is sent yet: the next page shows what will {what}{cost}."

    @property
    def consequences(self) -> tuple[str, ...]:
        """The consequences of a change that needs no input."""
        return self.kind.consequences(self.payload()) if self.form is ChangeForm and self.state else ()

    @property
    def cancel_address(self) -> str:
        return reverse(self.parent, kwargs=self.ids) if self.parent else destination_of(self.ids).address


def review_button(kind: Kind) -> View:
    """Return a view for a button that prepares a change without input.

    It redirects to the review, or back if that fails.
    """

    @page(Permission.BILLING_WRITE, methods=("POST",))
    def view(request: PageRequest, **ids: str) -> HttpResponse:
        try:
            row = changes.prepare(actor_of(request), Draft(kind.verb, ids, {}), change_id=form_id(request))
        except changes.NothingToChange:
            messages.info(request, NOTHING)
        except changes.NotReady as error:
            messages.error(request, f"{error} Nothing was sent.")
        else:
            return redirect("change", row.pk)
        return redirect(destination_of(ids).address)

    return view

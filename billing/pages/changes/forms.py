"""The form in the review of a change, and the addresses of the forms that show a change's input again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.urls import reverse

from billing.folding import plain
from billing.models import Change
from billing.pages.frame.forms import AS_TYPED, Accessible
from billing.services.changes import Kind, Payload, Signature

# The URL name of each kind's form. With `?change=`, the form shows the input of a change and Altostrat's refusal.
_FORMS: Final[Mapping[str, str]] = {
    "billing_account.create": "billing-account-new",
    "billing_account.update": "billing-account-edit",
    "payment_method.setup_intent": "payment-method-new",
    "workspace.create": "workspace-new",
    "workspace.update": "workspace-edit",
    "organization.create": "organization-new",
    "organization.create_child": "organization-child-new",
    "member.add": "member-add",
    "member.update": "member-role",
    "subscription.create": "subscription-new",
}
# These forms share an address, whose last part is a slug.
_SUBSCRIPTION_FORMS: Final[Mapping[str, str]] = {
    "subscription.replace_quantities": "quantities",
    "subscription.add_products": "add",
    "subscription.remove_products": "remove",
    "subscription.update_metadata": "metadata",
}
# Kinds that are sent from their own page, because only that page can use Altostrat's answer.
_WITHOUT_REVIEW: Final = frozenset({"payment_method.setup_intent"})


def form_address(change: Change) -> str:
    """Return the address at which the input of a change can be corrected; empty for kinds without a form."""
    if change.verb in _SUBSCRIPTION_FORMS:
        slug = _SUBSCRIPTION_FORMS[change.verb]
        address = reverse("subscription-change-form", kwargs={**change.ids, "slug": slug})
    elif change.verb in _FORMS:
        address = reverse(_FORMS[change.verb], kwargs=change.ids)
    else:
        return ""
    return f"{address}?change={change.pk}"


def own_page(change: Change) -> str:
    """Return the page that sends a change of a kind without the common review; empty for other kinds."""
    return form_address(change) if change.verb in _WITHOUT_REVIEW else ""


class PastedField(forms.RegexField):
    """A reference, without the invisible characters and dashes that come with it from a web page or a document."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(plain(value) if isinstance(value, str) else value))


class SignatureForm(Accessible):
    """Reason and ticket; for a destructive change, its name typed again."""

    reason = forms.CharField(
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Stored in the audit log. Do not enter personal data.",
        error_messages={"required": "Enter a reason; it is stored in the audit log."},
    )
    # It is logged as entered, so it must be a reference and nothing else.
    ticket = PastedField(
        r"\A[A-Za-z0-9][A-Za-z0-9._/#:-]*\Z",
        max_length=100,
        required=False,
        error_messages={
            "required": "Enter the ticket that asks for this change.",
            "invalid": "Enter only the ticket number, such as FIN-1234: no spaces, no names.",
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "FIN-1234"}),
    )
    confirmation = forms.CharField(
        widget=forms.TextInput(attrs=AS_TYPED),
        error_messages={"required": "Type it exactly as shown."},
    )
    send_anyway = forms.BooleanField(label="Send it again anyway", required=False)
    # The attempt that the review showed, so that an older page sends nothing.
    attempt = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, kind: Kind, payload: Payload, *args: Any, is_draft: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = self.fields["ticket"].required = kind.needs_reason
        texts = kind.confirmation(payload)
        if texts:
            self.fields["confirmation"].label = f"Type {' or '.join(f'“{text}”' for text in texts)}"
        else:
            del self.fields["confirmation"]
        if is_draft:  # saved for the next review: it may be incomplete, but not invalid
            for field in self.fields.values():
                field.required = False

    @property
    def signature(self) -> Signature:
        given = self.cleaned_data
        return Signature(
            reason=given.get("reason", ""),
            ticket=given.get("ticket", ""),
            confirmation=given.get("confirmation", ""),
            send_anyway=given.get("send_anyway", False),
        )

    @property
    def attempt_number(self) -> int:
        """The attempt that this form is for; -1 if the form does not have it."""
        number = self.cleaned_data.get("attempt")
        return -1 if number is None else int(number)

"""What a review asks for, and where the form of a change is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django import forms
from django.urls import reverse

from billing.models import Change
from billing.pages.frame.forms import Accessible
from billing.services.changes import Kind, Payload, Signature

# Where the form of a kind is: it takes `?change=` and shows what was refused, at its fields.
_FORMS: Final[Mapping[str, Callable[[Change], str]]] = {
    "billing_account.create": lambda change: reverse("billing-account-new", args=[change.workspace_id]),
    "billing_account.update": lambda change: reverse(
        "billing-account-edit", args=[change.workspace_id, change.billing_account_id]
    ),
    "payment_method.setup_intent": lambda change: reverse(
        "payment-method-new", args=[change.workspace_id, change.billing_account_id]
    ),
    "workspace.create": lambda change: reverse("workspace-new"),
    "workspace.update": lambda change: reverse("workspace-edit", args=[change.workspace_id]),
    "organization.create": lambda change: reverse("organization-new", args=[change.workspace_id]),
    "organization.create_child": lambda change: reverse(
        "organization-child-new", args=[change.workspace_id, change.ids["organization_id"]]
    ),
    "member.add": lambda change: reverse("member-add", args=[change.workspace_id]),
    "member.update": lambda change: reverse(
        "member-role", args=[change.workspace_id, change.ids["member_id"]]
    ),
    "subscription.create": lambda change: reverse(
        "subscription-new", args=[change.workspace_id, change.billing_account_id]
    ),
    "subscription.replace_quantities": lambda change: _subscription_form(change, "quantities"),
    "subscription.add_products": lambda change: _subscription_form(change, "add"),
    "subscription.remove_products": lambda change: _subscription_form(change, "remove"),
    "subscription.update_metadata": lambda change: _subscription_form(change, "metadata"),
}
# What is reviewed on the page of its form, since only that page can do something with the answer.
_ON_THEIR_OWN: Final = frozenset({"payment_method.setup_intent"})


class SignatureForm(Accessible):
    """Why, and with which ticket; for what destroys, its name typed once more."""

    reason = forms.CharField(
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Kept in the audit. No personal data, please.",
    )
    # It goes into logs as it is, so it has to be a reference and nothing else.
    ticket = forms.RegexField(
        r"\A[A-Za-z0-9][A-Za-z0-9._/#:-]*\Z",
        max_length=100,
        required=False,
        error_messages={
            "invalid": "Give the ticket's reference alone, such as FIN-1234: no spaces, no names."
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "FIN-1234"}),
    )
    confirmation = forms.CharField(
        required=False,
        strip=True,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    is_meant = forms.BooleanField(label="I know; send it once more", required=False)
    # What the review showed: an older page sends nothing.
    attempt = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, kind: Kind, contents: Payload, *args: Any, is_draft: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = kind.needs_reason
        self.fields["reason"].error_messages["required"] = "Say why: it is kept in the audit."
        self.fields["ticket"].required = kind.needs_reason
        self.fields["ticket"].error_messages["required"] = "Give the ticket that asks for it."
        texts = kind.confirmation(contents)
        if texts:
            self.fields["confirmation"].label = f"Type {' or '.join(f'“{text}”' for text in texts)}"
            # Marked as needed; what is typed is compared by the service.
            self.fields["confirmation"].required = True
            self.fields["confirmation"].error_messages["required"] = "Type it, as it stands there."
        else:
            del self.fields["confirmation"]
        if is_draft:  # it is only kept: what is missing may come later, what is wrong may not stay
            for field in self.fields.values():
                field.required = False

    @property
    def signature(self) -> Signature:
        """What was given, for the service."""
        given = self.cleaned_data
        return Signature(
            reason=given.get("reason", ""),
            ticket=given.get("ticket", ""),
            confirmation=given.get("confirmation", ""),
            send_anyway=given.get("is_meant", False),
        )

    @property
    def attempt_number(self) -> int:
        """The attempt that this form is for; none for a form that says none."""
        number = self.cleaned_data.get("attempt")
        return -1 if number is None else int(number)


def _subscription_form(change: Change, way: str) -> str:
    ids = [change.ids[name] for name in ("workspace_id", "billing_account_id", "subscription_id")]
    return reverse("subscription-change-way", args=[*ids, way])


def form_address(change: Change) -> str:
    """Where the change's input can be corrected; nothing where its kind has no form."""
    address = _FORMS.get(change.verb)
    return f"{address(change)}?change={change.pk}" if address else ""


def own_review(change: Change) -> str:
    """Where a kind has its own review; nothing for the others, which share one."""
    return form_address(change) if change.verb in _ON_THEIR_OWN else ""

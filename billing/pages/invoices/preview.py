"""The preview of the next invoice of a subscription, or of a new one. It changes nothing.

https://altostrat.io/docs/api/en/invoices/preview-an-invoice
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render

from billing.altostrat.errors import Invalid
from billing.altostrat.resources.subscriptions import Subscription
from billing.labels import PRODUCTS, label
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.frame.forms import Accessible
from billing.pages.invoices.preview_data import preview_from
from billing.pages.rendering.formats import masked
from billing.roles import Permission
from billing.services.billing_accounts import reads as account_reads
from billing.services.changes import previews
from billing.services.changes.kinds.subscriptions.states import ENDED, PRODUCT
from billing.services.reads import read_live


class PreviewForm(Accessible):
    """The quantities, where 0 removes a product. An existing subscription can also be canceled."""

    def __init__(self, *args: Any, subscription: Subscription | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subscription = subscription
        self.items = (subscription.product_quantities or {}) if subscription else {}
        for name in (*self.items, *(product for product in PRODUCTS if product not in self.items)):
            current = self.items[name].quantity if name in self.items else None
            self.fields[f"{PRODUCT}{name}"] = forms.IntegerField(
                label=label(f"{PRODUCT}{name}"),
                required=False,
                min_value=0,
                max_value=2_147_483_647,
                initial=current,
                help_text=f"Currently {current:,}. Enter 0 to remove it." if current is not None else "",
                widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "form-control"}),
            )
        if subscription:
            self.fields["cancel"] = forms.BooleanField(
                label="Cancel at the end of the period",
                required=False,
                widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
            )

    @property
    def products(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(PRODUCT)]

    def clean(self) -> dict[str, Any]:
        """Require at least one product for a new subscription."""
        given = super().clean() or {}
        if not self.errors and not self.subscription and not self._items(given):
            self.add_error(None, "Enter the quantity of at least one product.")
        return given

    @property
    def body(self) -> dict[str, Any]:
        """The body of the request to Altostrat."""
        items = self._items(self.cleaned_data)
        if self.subscription is None:
            return {"items": items}
        body: dict[str, Any] = {"subscription_id": self.subscription.id}
        if self.cleaned_data["cancel"]:
            return body | {"cancel_subscription": True}
        return body | ({"items": items} if items else {})

    def _items(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        items = []
        for name, quantity in given.items():
            product = name.removeprefix(PRODUCT)
            if not name.startswith(PRODUCT) or quantity is None or not (quantity or product in self.items):
                continue
            interval = self.items[product].interval if product in self.items else None
            items.append(
                {"product_type": product, "quantity": quantity} | ({"interval": interval} if interval else {})
            )
        return items


@page(Permission.BILLING_READ)
def detail(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponse:
    """Show the form, whose values are part of the URL, and the preview for them."""
    account = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    actor = actor_of(request)
    listing = read_live(actor, workspace_id, account_reads.subscriptions(workspace_id, billing_account_id))
    rows = [one for one in listing.value.items if one.id and one.status not in ENDED]
    requested = request.GET.get("subscription", "")
    chosen = next((one for one in rows if one.id == requested), None)
    if chosen is None and "subscription" not in request.GET and rows:
        chosen = rows[0]
    is_requested = "ask" in request.GET
    form = PreviewForm(request.GET if is_requested else None, subscription=chosen)
    context: dict[str, Any] = {
        **account,
        "subscriptions": rows,
        "chosen": chosen,
        "is_unknown": bool(requested) and chosen is None,
        "form": form,
    }
    if is_requested and form.is_valid():
        try:
            context["preview"] = preview_from(previews.create(actor, account, form.body))
        except Invalid as error:
            reason = masked(error.message or "it gave no reason.", actor.is_masked)
            form.add_error(None, f"Altostrat cannot preview this: {reason}")
    failed = is_requested and form.errors
    return render(request, "billing/invoices/preview.html", context, status=422 if failed else 200)

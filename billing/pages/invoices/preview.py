"""What would it cost? An invoice as it would be; nothing is changed.

https://altostrat.io/docs/api/en/invoices/preview-an-invoice
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render

from billing.altostrat.errors import Invalid
from billing.altostrat.resources.subscriptions import Subscription
from billing.labels import label
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.frame.forms import Accessible
from billing.pages.invoices.preview_data import shown
from billing.roles import Permission
from billing.services.billing_accounts import reads as account_reads
from billing.services.changes import previews
from billing.services.changes.kinds.subscriptions import PRODUCTS
from billing.services.changes.kinds.subscriptions.states import ENDED, PRODUCT
from billing.services.reads import read_live


class PreviewForm(Accessible):
    """Quantities, where 0 takes a product out; of a subscription that is there, also its end."""

    def __init__(self, *args: Any, subscription: Subscription | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subscription = subscription
        self.items = (subscription.product_quantities or {}) if subscription else {}
        for name in (*self.items, *(product for product in PRODUCTS if product not in self.items)):
            has = self.items[name].quantity if name in self.items else None
            self.fields[f"{PRODUCT}{name}"] = forms.IntegerField(
                label=label(f"{PRODUCT}{name}"),
                required=False,
                min_value=0,
                max_value=2_147_483_647,
                initial=has,
                help_text=f"Now {has:,}. 0 removes it." if has is not None else "",
                widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "form-control"}),
            )
        if subscription:
            self.fields["cancel"] = forms.BooleanField(
                label="As if it were cancelled at the end of its period",
                required=False,
                widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
            )

    @property
    def products(self) -> list[forms.BoundField]:
        """The quantities."""
        return [self[name] for name in self.fields if name.startswith(PRODUCT)]

    def clean(self) -> dict[str, Any]:
        """A new subscription has at least one product."""
        given = super().clean() or {}
        if not self.errors and not self.subscription and not self._items(given):
            self.add_error(None, "Give the quantity of at least one product.")
        return given

    @property
    def body(self) -> dict[str, Any]:
        """What Altostrat is asked."""
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
def show(request: PageRequest, workspace_id: str, billing_account_id: str) -> HttpResponse:
    """The question in the address, so that it can be asked again, and the answer below it."""
    place = {"workspace_id": workspace_id, "billing_account_id": billing_account_id}
    actor = actor_of(request)
    listing = read_live(actor, workspace_id, account_reads.subscriptions(workspace_id, billing_account_id))
    rows = [one for one in listing.value.items if one.id and one.status not in ENDED]
    named = request.GET.get("subscription", "")
    chosen = next((one for one in rows if one.id == named), None)
    if chosen is None and "subscription" not in request.GET and rows:
        chosen = rows[0]
    is_asked = "ask" in request.GET
    form = PreviewForm(request.GET if is_asked else None, subscription=chosen)
    context: dict[str, Any] = {
        **place,
        "subscriptions": rows,
        "chosen": chosen,
        "is_unknown": bool(named) and chosen is None,
        "form": form,
    }
    if is_asked and form.is_valid():
        try:
            context["preview"] = shown(previews.create(actor, place, form.body))
        except Invalid as error:
            form.add_error(None, f"Altostrat cannot preview this: {error.message or 'it gives no reason.'}")
    failed = is_asked and form.errors
    return render(request, "billing/invoices/preview.html", context, status=422 if failed else 200)

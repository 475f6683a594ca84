"""The pages that change and cancel a subscription: one kind of change per request, each leads to a review."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from billing.labels import PRODUCTS
from billing.pages.changes.form_page import FormPage
from billing.pages.frame.access import PageRequest, page
from billing.pages.frame.actor import actor_of
from billing.pages.subscriptions.forms import AddForm, QuantitiesForm, RemoveForm
from billing.pages.subscriptions.metadata_forms import MetadataForm
from billing.roles import Permission
from billing.services import changes
from billing.services.changes.kinds.subscriptions import (
    ADD,
    CANCEL,
    METADATA,
    PAUSE,
    REMOVE,
    REPLACE,
    RESUME,
    SYNC,
)
from billing.services.changes.kinds.subscriptions.states import PRODUCT

_SUGGESTED: Final = "Suggested quantities are filled in: check them."
_QUANTITY: Final = re.compile(r"[1-9]\d{0,9}", re.ASCII)


class SubscriptionPage(FormPage):
    """The form of one kind of change. `note` and `icon` describe it where people choose between them."""

    template = "billing/subscriptions/form.html"
    slug: ClassVar[str]
    note: ClassVar[str]
    icon: ClassVar[str]
    cancel_label = "Choose another change"
    parent = "subscription-change"

    @property
    def address(self) -> str:
        return reverse("subscription-change-form", kwargs={**self.ids, "slug": self.slug})

    @property
    def products(self) -> list[str] | None:
        """The products that are subscribed; None if Altostrat does not say."""
        return self.state.get("_products")


class ProductsPage(SubscriptionPage):
    """A page for products. It does not block a change that may be possible with other quantities."""

    def blocked_reason(self) -> str:
        return super().blocked_reason() if self.products is None else ""


class ChangeQuantities(ProductsPage):
    kind = REPLACE
    slug = "quantities"
    form = QuantitiesForm
    note = "Change the quantities of the current products."
    icon = "adjustments"
    fields_lead = "Clear a field to remove its product."

    def suggested_values(self) -> dict[str, Any]:
        """Return the quantities in the URL, such as `?product.users=45`, of products that are subscribed."""
        given = {f"{PRODUCT}{name}": self.request.GET.get(f"{PRODUCT}{name}") for name in self.products or ()}
        found = {
            name: value
            for name, value in given.items()
            if value is not None and (not value or _QUANTITY.fullmatch(value))
        }
        if found:
            self.fields_lead = f"{_SUGGESTED} {ChangeQuantities.fields_lead}"
        return found


class AddProducts(ProductsPage):
    kind = ADD
    slug = "add"
    form = AddForm
    note = "Add products that are not subscribed yet."
    icon = "plus"

    def blocked_reason(self) -> str:
        if set(PRODUCTS) <= set(self.products or ()):
            return "Every product is already subscribed. Change the quantities instead."
        return super().blocked_reason()


class RemoveProducts(ProductsPage):
    kind = REMOVE
    slug = "remove"
    form = RemoveForm
    note = "Keep at least one product."
    icon = "minus"
    fields_lead = "Select the products to remove."

    def blocked_reason(self) -> str:
        if self.products is not None and len(self.products) < 2:
            return "This subscription has only one product. To end it, cancel it."
        return super().blocked_reason()


class PauseSubscription(SubscriptionPage):
    kind = PAUSE
    slug = "pause"
    note = "No invoices until it is resumed."
    icon = "player-pause"


class ResumeSubscription(SubscriptionPage):
    kind = RESUME
    slug = "resume"
    note = "Ends the pause."
    icon = "player-play"


class EditMetadata(SubscriptionPage):
    kind = METADATA
    slug = "metadata"
    form = MetadataForm
    template = "billing/subscriptions/metadata.html"
    note = "Your own keys and values, stored with the subscription."
    icon = "tags"


class SyncSubscription(SubscriptionPage):
    kind = SYNC
    slug = "sync"
    note = "Altostrat does not document what this does."
    icon = "refresh"


class CancelSubscription(SubscriptionPage):
    kind = CANCEL
    slug = "cancel"
    lead = "Nothing is canceled yet: the next page asks for a reason, a ticket and the subscription's ID."
    note = "At the end of its period."
    icon = "calendar-x"
    cancel_label = "Keep subscription"
    parent = "subscription"

    @property
    def address(self) -> str:
        return reverse("subscription-cancel", kwargs=self.ids)


_PAGES: Final[tuple[type[SubscriptionPage], ...]] = (
    ChangeQuantities,
    AddProducts,
    RemoveProducts,
    PauseSubscription,
    ResumeSubscription,
    EditMetadata,
    SyncSubscription,
)


@page(Permission.BILLING_WRITE)
def choose(request: PageRequest, **ids: str) -> HttpResponse:
    """Show every kind of change. Those that are not possible have a reason."""
    state = changes.read_current_state(actor_of(request), REPLACE, ids)
    pages = [one(request, ids) for one in (*_PAGES, CancelSubscription)]
    for one in pages:
        one.state = state
    return render(request, "billing/subscriptions/choose.html", ids | {"pages": pages})


@page(Permission.BILLING_WRITE, methods=("GET", "POST"))
@sensitive_post_parameters()
def change(request: PageRequest, *, slug: str, **ids: str) -> HttpResponse:
    """Show the form of one kind of change."""
    for one in _PAGES:
        if one.slug == slug:
            return one(request, ids).respond()
    raise Http404


cancel = CancelSubscription.as_view()

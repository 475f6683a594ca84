"""The page that creates a subscription. It says whether that is possible before the person enters anything."""

from __future__ import annotations

from typing import Any

from billing.pages.changes.form_page import FormPage
from billing.pages.subscriptions.metadata_forms import NewSubscriptionForm
from billing.services.changes.kinds.subscriptions import CREATE
from billing.services.changes.kinds.subscriptions.creation import MAX_RUNNING


class NewSubscription(FormPage):
    kind = CREATE
    form = NewSubscriptionForm
    template = "billing/subscriptions/new.html"
    parent = "subscriptions"

    @property
    def consequences(self) -> tuple[str, ...]:
        return self.kind.consequences(self.payload()) if self.state else ()

    @property
    def needs_payment_method(self) -> bool:
        return self.trial.get("can_create") is False and self.state["_running"] < MAX_RUNNING

    @property
    def trial(self) -> dict[str, Any]:
        """What Altostrat says about a trial."""
        return dict(self.state.get("_trial", {}))


create = NewSubscription.as_view()

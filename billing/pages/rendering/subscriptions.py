"""A filter for subscriptions: what their status means, together with the fields that change it."""

from __future__ import annotations

from dataclasses import replace

from django import template
from django.utils import timezone

from billing.altostrat.resources.subscriptions import Subscription
from billing.pages.rendering.labels import SUBSCRIPTION_STATUSES, StatusLabel, subscription_status
from billing.services.billing_accounts.status import terms
from billing.services.billing_accounts.status.statements import RUNNING

register = template.Library()


@register.filter
def status_of_subscription(subscription: Subscription) -> StatusLabel:
    """Return the label of the status, and what the status does not show: a pause, a trial or an end."""
    label, now = subscription_status(subscription.status), timezone.localtime()
    pause = terms.pause_of(subscription, now)
    if terms.has_ended(subscription, now) and subscription.status in RUNNING:
        return replace(label, note=SUBSCRIPTION_STATUSES["canceled"].note)
    if pause is not None and (subscription.status != "paused" or pause.until):
        return replace(label, note=pause.sentence(now))
    if terms.is_in_trial(subscription, now):
        return replace(label, note=SUBSCRIPTION_STATUSES["trialing"].note)
    return label

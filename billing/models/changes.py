"""Changes: each write to Altostrat has a row before it is sent, which later holds its outcome."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Final, Self

from django.db import models
from django.utils import timezone

from billing.models.people import User

# Earlier versions stored ids by the names of Altostrat's path templates.
_OLD_ID_NAMES: Final[Mapping[str, str]] = {
    "workspaceId": "workspace_id",
    "billingAccountId": "billing_account_id",
    "subscriptionId": "subscription_id",
    "paymentMethodId": "payment_method_id",
    "organizationId": "organization_id",
    "memberId": "member_id",
}


def with_portal_names(ids: Mapping[str, str]) -> dict[str, str]:
    """Return stored ids under the portal's names, whichever names they were stored under."""
    return {_OLD_ID_NAMES.get(name, name): value for name, value in ids.items()}


class Change(models.Model):
    """One intended write to Altostrat. `envelope` is its sealed payload (see `services.changes.payload`).

    Only `services.changes` moves the state, each time with one UPDATE that names the state it expects.
    """

    class State(models.TextChoices):
        PREPARED = "prepared"  # waits for its review; nothing was sent
        SENDING = "sending"  # one request sends it; the row stays here if that request is killed
        SUCCEEDED = "succeeded"
        REFUSED = "refused"  # by Altostrat; nothing was changed
        UNKNOWN = "unknown"  # sent, and neither confirmed nor refused
        ABANDONED = "abandoned"  # discarded, or replaced by another change

    class Found(models.TextChoices):
        """The result of a status check for a change of unknown outcome; after a success only that it is not visible."""

        NOTHING_YET = "", "not looked yet"
        APPLIED = "applied"
        NOT_APPLIED = "not applied"
        CANNOT_TELL = "cannot tell"

    # Comes from the form: the same form sent twice is one change.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A person with changes cannot be deleted, because the record of what they sent must stay.
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="changes")
    verb = models.CharField(max_length=80)  # the kind: "billing_account.update"
    operation = models.CharField(max_length=80)
    ids = models.JSONField(default=dict)  # of the object: {"workspace_id": "ws_…", …}
    workspace_id = models.CharField(max_length=255, blank=True, default="")
    billing_account_id = models.CharField(max_length=255, blank=True, default="")
    state = models.CharField(max_length=20, choices=State.choices, default=State.PREPARED)
    attempts = models.PositiveSmallIntegerField(default=0)
    # Equal for equal writes of one person. It is keyed, so that a write cannot be guessed from it.
    fingerprint = models.CharField(max_length=64, db_index=True)
    reason = models.CharField(max_length=1000, blank=True, default="")
    ticket = models.CharField(max_length=100, blank=True, default="")
    # The portal's id of the request that sent the change.
    request_id = models.CharField(max_length=64, blank=True, default="")
    upstream_status = models.PositiveSmallIntegerField(null=True)
    upstream_request_id = models.CharField(max_length=255, blank=True, default="")
    # An error class and the portal's own reason, without any text from Altostrat.
    failure = models.CharField(max_length=200, blank=True, default="")
    found = models.CharField(max_length=20, choices=Found.choices, blank=True, default=Found.NOTHING_YET)
    undoes = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="undone_by")
    envelope = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)
        indexes = (
            models.Index(fields=("state", "sent_at"), name="changes_under_way"),
            # The last ones, which end copies.
            models.Index(fields=("sent_at",), name="changes_by_sending"),
            models.Index(fields=("settled_at",), name="changes_by_settling"),
        )

    def __str__(self) -> str:
        return f"{self.verb} {self.pk}"

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        row = super().from_db(*args, **kwargs)
        if "ids" in row.__dict__:  # unless deferred
            row.ids = with_portal_names(row.ids)
        return row


class IdempotencyKey(models.Model):
    """A program's `Idempotency-Key`, kept for a day: what it was sent with, its change, and the sealed answer."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    # Both are keyed digests, so that neither the key nor the request can be guessed from them.
    digest = models.CharField(max_length=64, unique=True)
    request_digest = models.CharField(max_length=64)
    # Empty until the change is about to be sent.
    change = models.ForeignKey(Change, null=True, on_delete=models.SET_NULL, related_name="+")
    envelope = models.TextField(blank=True, default="")
    claimed_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.digest[:8]

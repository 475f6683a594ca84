"""Writes to Altostrat: each has a row before it is sent, and its outcome there after."""

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
    """Stored ids by the portal's names, whichever names they were stored by."""
    return {_OLD_ID_NAMES.get(name, name): value for name, value in ids.items()}


class Change(models.Model):
    """One intended write. `envelope` seals what is personal (see `services.changes.contents`).

    The state is only ever moved by `services.changes`, each time by one UPDATE that names the state it expects.
    """

    class State(models.TextChoices):
        PREPARED = "prepared"  # to be reviewed; nothing was sent
        SENDING = "sending"  # claimed by one request, which sends it; stuck here if that request was killed
        SUCCEEDED = "succeeded"
        REFUSED = "refused"  # Altostrat said no: nothing was changed
        UNKNOWN = "unknown"  # sent, and neither confirmed nor refused
        ABANDONED = "abandoned"  # another one took its place, or nobody wanted it

    class Found(models.TextChoices):
        """What reading again told of a write of unknown outcome."""

        NOTHING_YET = "", "not looked yet"
        APPLIED = "applied"
        NOT_APPLIED = "not applied"
        CANNOT_TELL = "cannot tell"

    # Chosen by the form: the same form sent twice is one change.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # People leave, and what they sent stays sent: nobody is deleted who has changed something.
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="changes")
    verb = models.CharField(max_length=80)  # the kind: "billing_account.update"
    operation = models.CharField(max_length=80)
    ids = models.JSONField(default=dict)  # of the object: {"workspace_id": "ws_…", …}
    workspace_id = models.CharField(max_length=255, blank=True, default="")
    billing_account_id = models.CharField(max_length=255, blank=True, default="")
    state = models.CharField(max_length=20, choices=State.choices, default=State.PREPARED)
    attempts = models.PositiveSmallIntegerField(default=0)
    # Keyed: nobody can find out by guessing what was sent. Equal for equal writes of one person.
    fingerprint = models.CharField(max_length=64, db_index=True)
    reason = models.CharField(max_length=1000, blank=True, default="")
    ticket = models.CharField(max_length=100, blank=True, default="")
    request_id = models.CharField(
        max_length=64, blank=True, default=""
    )  # the portal's, of the request that sent it
    upstream_status = models.PositiveSmallIntegerField(null=True)
    upstream_request_id = models.CharField(max_length=255, blank=True, default="")
    failure = models.CharField(
        max_length=200, blank=True, default=""
    )  # a class and a reason of ours: no upstream text
    found = models.CharField(max_length=20, choices=Found.choices, blank=True, default=Found.NOTHING_YET)
    undoes = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="undone_by")
    envelope = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)
        indexes = (models.Index(fields=("state", "sent_at"), name="changes_under_way"),)

    def __str__(self) -> str:
        return f"{self.verb} {self.pk}"

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        row = super().from_db(*args, **kwargs)
        if "ids" in row.__dict__:  # unless deferred
            row.ids = with_portal_names(row.ids)
        return row

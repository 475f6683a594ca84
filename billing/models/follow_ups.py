"""What the finance team does about a billing account: its promise to pay, its snooze and its assignee."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from billing.models.people import User


class FollowUp(models.Model):
    """The follow-up of one account. Only `billing.services.follow_ups` opens the envelope.

    It has the amounts and the note of the promise, and the reason of the snooze, because they may be personal.
    """

    workspace_id = models.CharField(max_length=255)
    billing_account_id = models.CharField(max_length=255)
    assignee = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    promised_for = models.DateField(null=True)
    promised_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # The account comes back on this day.
    snoozed_until = models.DateField(null=True)
    snoozed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    envelope = models.TextField(blank=True, default="")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("workspace_id", "billing_account_id"), name="one_follow_up_per_account"
            ),
        )
        indexes = (models.Index(fields=("billing_account_id",), name="follow_up_of_account"),)

    def __str__(self) -> str:
        return str(self.pk)

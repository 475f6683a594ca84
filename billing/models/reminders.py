"""Texts of payment reminders, and the reminders that were sent."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from billing.models.people import User


class ReminderTemplate(models.Model):
    """The present text of a language. The audit log has the earlier versions. It is no customer's data."""

    language = models.CharField(max_length=10, unique=True)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    invoice = models.TextField()
    version = models.PositiveIntegerField(default=1)
    edited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    edited_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.language} {self.version}"


class SentReminder(models.Model):
    """One attempt to send a reminder: the row is written first, so that it is made once."""

    class State(models.TextChoices):
        SENDING = "sending"
        SENT = "sent"
        REFUSED = "refused"  # nothing was sent
        UNKNOWN = "unknown"  # the mail server had the message and did not confirm it

    # Chosen by the form.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    user_name = models.CharField(max_length=150)
    workspace_id = models.CharField(max_length=255)
    billing_account_id = models.CharField(max_length=255)
    currency = models.CharField(max_length=3)
    language = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=State.choices, default=State.SENDING)
    # The portal's own words, without any text of the mail server.
    failure = models.CharField(max_length=200, blank=True, default="")
    # When the attempt was made; later, when a process began to send it.
    claimed_at = models.DateTimeField(default=timezone.now)
    # The sealed message, until a process begins to send it. Without a value also for the version before this column.
    envelope = models.TextField(blank=True, default="", db_default="")

    class Meta:
        indexes = (
            models.Index(
                fields=("workspace_id", "billing_account_id", "-claimed_at"), name="reminder_of_account"
            ),
            models.Index(fields=("state", "claimed_at"), name="reminder_by_state"),
        )

    def __str__(self) -> str:
        return str(self.pk)

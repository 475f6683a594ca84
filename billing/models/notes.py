"""Internal notes on billing accounts."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from billing.models.people import User


class Note(models.Model):
    """One note, sealed because it may be personal. Only `billing.services.billing_accounts.notes` opens it."""

    # Chosen by the form, so that sending it twice creates one note, and known before the note is sealed.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace_id = models.CharField(max_length=255)
    billing_account_id = models.CharField(max_length=255)
    author = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="notes")
    author_name = models.CharField(max_length=150)
    envelope = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        indexes = (
            models.Index(
                fields=("workspace_id", "billing_account_id", "-created_at"), name="note_of_account"
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)

"""Saved views of lists, and favorite accounts."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from billing.models.people import User


class SavedView(models.Model):
    """The address of a list with its filters, under a name. Sealed, because both may be personal.

    Only `billing.services.saved_views` opens it.
    """

    # Chosen by the form, so that sending it twice saves one view, and known before the view is sealed.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    is_shared = models.BooleanField("shared", default=False, db_index=True)
    envelope = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("created_at", "pk")

    def __str__(self) -> str:
        return str(self.pk)


class Favorite(models.Model):
    """A billing account that a person has marked: its ids, never its name."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="favorites")
    workspace_id = models.CharField(max_length=255)
    billing_account_id = models.CharField(max_length=255)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("created_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("user", "workspace_id", "billing_account_id"), name="one_favorite_per_account"
            ),
        )

    def __str__(self) -> str:
        return self.billing_account_id

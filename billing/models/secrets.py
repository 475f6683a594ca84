"""Sealed Altostrat tokens, copies read with them, and the digests of portal keys."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Final

from django.db import models
from django.db.models import Q
from django.utils import timezone

from billing.models.access import AccessQuerySet
from billing.models.people import User

# A portal key "expires soon" within this time.
SOON: Final = timedelta(days=14)


class AltostratToken(models.Model):
    """A person's Altostrat token, sealed. Only `billing.services.tokens` opens it."""

    class Status(models.TextChoices):
        UNVERIFIED = "unverified", "Not verified yet"
        ACCEPTED = "accepted", "Accepted by Altostrat"
        REFUSED = "refused", "Refused by Altostrat"

    # A UUID, because the envelope is bound to the id before the row exists.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="altostrat_tokens")
    label = models.CharField(max_length=80)
    workspace_id = models.CharField(max_length=255, blank=True, default="")
    is_default = models.BooleanField(default=False)
    envelope = models.TextField()
    masked = models.CharField(max_length=20)
    kind = models.CharField(max_length=20)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.UNVERIFIED)
    last_result = models.CharField(max_length=200, blank=True, default="")
    checked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    renewed_at = models.DateTimeField(default=timezone.now)

    objects = AccessQuerySet.as_manager()

    class Meta:
        ordering = ("-is_default", "workspace_id", "label")
        verbose_name = "Altostrat token"
        constraints = (
            models.UniqueConstraint(
                fields=("owner",), condition=Q(is_default=True), name="one_default_token_per_owner"
            ),
            models.UniqueConstraint(
                fields=("owner", "workspace_id"),
                condition=~Q(workspace_id=""),
                name="one_token_per_owner_and_workspace",
            ),
        )

    def __str__(self) -> str:
        return self.label

    @property
    def has_expired(self) -> bool:
        """Whether the expiry date in the token itself has passed."""
        return self.expires_at is not None and self.expires_at <= timezone.now()


class KeptCopy(models.Model):
    """The last good answer to one read with a token, sealed, for when Altostrat is unavailable. See `kept_copies`."""

    token = models.ForeignKey(AltostratToken, on_delete=models.CASCADE, related_name="kept_copies")
    # Covers the operation and its parameters, so that the table does not show which account was read.
    digest = models.CharField(max_length=64)
    envelope = models.TextField()
    received_at = models.DateTimeField(db_index=True)
    # When the copy was last needed, because a read failed or was late.
    needed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "kept copies"
        constraints = (
            models.UniqueConstraint(fields=("token", "digest"), name="one_kept_copy_per_token_and_read"),
        )

    def __str__(self) -> str:
        return self.digest[:8]


class VaultKeyCheck(models.Model):
    """A known text, sealed with each vault key ever used. It distinguishes a wrong key from a damaged row."""

    key_id = models.CharField(max_length=64, primary_key=True)
    envelope = models.TextField()

    def __str__(self) -> str:
        return self.key_id


class PortalKey(models.Model):
    """A key for the portal's REST API. The key is shown once; only its digest is stored."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="portal_keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=20, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_address = models.GenericIPAddressField(null=True, blank=True)
    # In CIDR notation. Without any, every address may use the key.
    networks = models.JSONField(default=list, blank=True)
    # Refuses writes, whatever the scopes are.
    is_read_only = models.BooleanField("read-only", default=False)
    # Chosen by the form, so that sending it twice creates one key.
    form_id = models.UUIDField(null=True, blank=True, editable=False)

    objects = AccessQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        verbose_name = "portal key"
        constraints = (models.UniqueConstraint(fields=("owner", "form_id"), name="one_key_per_form"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    @property
    def has_ended(self) -> bool:
        """Whether the key was revoked or has expired."""
        return self.revoked_at is not None or (
            self.expires_at is not None and self.expires_at <= timezone.now()
        )

    @property
    def ends_soon(self) -> bool:
        """Whether the key expires within two weeks."""
        return not self.has_ended and (
            self.expires_at is not None and self.expires_at - timezone.now() <= SOON
        )

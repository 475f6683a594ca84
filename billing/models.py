"""Rows. They know nothing of HTTP and nothing of encryption."""

from __future__ import annotations

import uuid
from typing import Any, NoReturn

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils import timezone


class User(AbstractUser):
    """A person who signs in. Their role is the group of that name: see `billing.roles`."""

    # Sessions that began at this moment or before are over, wherever they are: see `services.session_facts`.
    sessions_valid_from = models.DateTimeField(null=True, blank=True, editable=False)


class Identity(models.Model):
    """Who a person is at an OpenID Provider: the pair (issuer, subject), and nothing that can be changed there."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    created_at = models.DateTimeField(auto_now_add=True)
    last_sign_in_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "identities"
        constraints = (
            models.UniqueConstraint(fields=("issuer", "subject"), name="one_person_per_issuer_and_subject"),
        )

    def __str__(self) -> str:
        return f"{self.user} at {self.issuer}"


class ProviderSession(models.Model):
    """A session at the provider through which somebody signed in here: a logout token may name it instead of them."""

    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, related_name="provider_sessions")
    sid = models.CharField(max_length=255)
    last_sign_in_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("identity", "sid"), name="one_row_per_provider_session"),
        )

    def __str__(self) -> str:
        return f"a session of {self.identity}"


class UsedOnce(models.Model):
    """What counts once, on whichever replica it turns up: a state, a logout token. Only its digest is kept."""

    digest = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "used once"

    def __str__(self) -> str:
        return self.digest[:8]


class AltostratToken(models.Model):
    """An Altostrat token lent to us by its owner, sealed. Opened only by `billing.services.tokens`."""

    class Status(models.TextChoices):
        UNVERIFIED = "unverified", "Not verified yet"
        ACCEPTED = "accepted", "Accepted by Altostrat"
        REFUSED = "refused", "Refused by Altostrat"

    # A UUID, so that the row's identity is known, and sealed in, before the row exists.
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
        """True once the expiry written in the token itself has passed."""
        return self.expires_at is not None and self.expires_at <= timezone.now()


class VaultKeyCheck(models.Model):
    """A known text sealed under each vault key that was ever used: tells a wrong key from a damaged row."""

    key_id = models.CharField(max_length=64, primary_key=True)
    envelope = models.TextField()

    def __str__(self) -> str:
        return self.key_id


class PortalKey(models.Model):
    """A key of our own REST API. The key itself is shown once and kept as a digest."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="portal_keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=20, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        verbose_name = "portal key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"


class AppendOnly(models.QuerySet["AuditEntry"]):
    """Refuses what would rewrite history."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("Audit entries are never changed.")

    def delete(self) -> NoReturn:
        raise TypeError("Audit entries are never deleted.")


class AuditEntry(models.Model):
    """One act, and how it ended. Written by the services, refusals included."""

    class Outcome(models.TextChoices):
        SUCCEEDED = "succeeded"
        REFUSED = "refused"
        FAILED = "failed"

    at = models.DateTimeField(default=timezone.now, db_index=True)
    # People leave: the name stays as text. DO_NOTHING with no constraint, since the row itself is never updated.
    actor = models.ForeignKey(
        User, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="audit_entries"
    )
    actor_name = models.CharField(max_length=150)
    door = models.CharField(max_length=20)
    key_prefix = models.CharField(max_length=20, blank=True, default="")
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True, default="")
    verb = models.CharField(max_length=80, db_index=True)
    subject = models.CharField(max_length=200, blank=True, default="")
    workspace_id = models.CharField(max_length=255, blank=True, default="")
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    detail = models.CharField(max_length=200, blank=True, default="")

    objects = AppendOnly.as_manager()

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_name} {self.verb} {self.outcome}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Inserts. An entry that exists is never written again."""
        if not self._state.adding:
            raise TypeError("Audit entries are never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused, always."""
        raise TypeError("Audit entries are never deleted.")


class UserSession(models.Model):
    """A sign-in of one browser, for as long as it lasts. What is not here, or has ended, is signed in no longer."""

    class How(models.TextChoices):
        PASSWORD = "password", "password"
        SSO = "sso", "single sign-on"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="browser_sessions")
    # SHA-256 of the session key: whoever reads this table cannot sign in with it.
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)  # the age counts from here
    signed_in_at = models.DateTimeField(default=timezone.now)  # when the person last proved who they are
    last_used_at = models.DateTimeField(default=timezone.now)
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=80, blank=True, default="")
    how = models.CharField(max_length=20, choices=How.choices, default=How.PASSWORD)
    issuer = models.CharField(max_length=255, blank=True, default="")
    subject = models.CharField(max_length=255, blank=True, default="")
    sid = models.CharField(max_length=255, blank=True, default="")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-last_used_at",)
        verbose_name = "session"
        indexes = (
            models.Index(fields=("issuer", "sid"), name="session_by_sid"),
            models.Index(fields=("issuer", "subject"), name="session_by_subject"),
        )

    def __str__(self) -> str:
        return f"session {self.pk}"


class HeldForm(models.Model):
    """A form that waits, sealed, while its person signs in anew. Sent on once, then gone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(UserSession, on_delete=models.CASCADE, related_name="held_forms")
    envelope = models.TextField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.pk)

"""Who signs in, who they are at the identity provider, and the sessions in which they are signed in."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone


class User(AbstractUser):
    """A person who signs in. Their role is the group of that name: see `billing.roles`."""

    # Sessions that began at this moment or before are over, wherever they are: see `services.session_facts`.
    sessions_valid_from = models.DateTimeField(null=True, blank=True, editable=False)
    # {role: [groups at the identity provider that gave it]}; a role that is not in it was set by an operator.
    role_sources = models.JSONField(default=dict, blank=True, editable=False)
    # The zone in which this person reads times, by its name in the IANA database: "Europe/Berlin".
    time_zone = models.CharField(max_length=64, default="UTC", blank=True)


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


class UsedOnce(models.Model):
    """What counts once, on whichever replica it turns up: a state, a logout token. Only its digest is kept."""

    digest = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "used once"

    def __str__(self) -> str:
        return self.digest[:8]

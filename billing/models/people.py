"""People, their identities at the identity provider, and their sessions."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone


class User(AbstractUser):
    """A person. Their role is the group with its name: see `billing.roles`."""

    # Sessions and sign-ins that began at this moment or before have ended: `services.sign_in.sessions.end_of_user`.
    sessions_valid_from = models.DateTimeField(null=True, blank=True, editable=False)
    # {role: [groups of the identity provider that gave it]}. An operator set the roles that are not in it.
    role_sources = models.JSONField(default=dict, blank=True, editable=False)
    # The name of a zone in the IANA database: "Europe/Berlin".
    time_zone = models.CharField(max_length=64, default="UTC", blank=True)

    # When a worker finished an export that they have not seen yet.
    export_ready_at = models.DateTimeField(null=True, blank=True, editable=False)

    @property
    def display_name(self) -> str:
        """The full name, or the username of a person without one."""
        return self.get_full_name() or self.get_username()

    @property
    def audit_name(self) -> str:
        """The username now and the id, which never changes: "alice (id 5)"."""
        return f"{self.get_username()} (id {self.pk})"

    def has_ended_sessions_of(self, started_at: float) -> bool:
        """Return whether the sessions and sign-ins that began then, in seconds since 1970, have ended."""
        return self.sessions_valid_from is not None and started_at <= self.sessions_valid_from.timestamp()


class Identity(models.Model):
    """A person's account at an OpenID Provider: the pair (issuer, subject), which never changes."""

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


class UserSession(models.Model):
    """The session of one browser. A session without an open row is not signed in."""

    class How(models.TextChoices):
        PASSWORD = "password", "password"
        SSO = "sso", "single sign-on"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="browser_sessions")
    # SHA-256 of the session key, so that the contents of this table do not allow anyone to sign in.
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)  # the absolute timeout starts here
    signed_in_at = models.DateTimeField(default=timezone.now)  # when the person last entered credentials
    last_used_at = models.DateTimeField(default=timezone.now)
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=80, blank=True, default="")
    how = models.CharField(max_length=20, choices=How.choices, default=How.PASSWORD)
    # Single sign-on only: who signed in, and the session at the provider, which a logout token may name.
    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, null=True, related_name="sessions")
    sid = models.CharField(max_length=255, blank=True, default="")
    ended_at = models.DateTimeField(null=True, blank=True)
    # Those of the person, in the request for which the session was checked.
    group_names: tuple[str, ...] | None = None

    class Meta:
        ordering = ("-last_used_at",)
        verbose_name = "session"

    def __str__(self) -> str:
        return f"session {self.pk}"


class PendingForm(models.Model):
    """A form that waits, sealed, while its person signs in again. It is sent once and then deleted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(UserSession, on_delete=models.CASCADE, related_name="pending_forms")
    envelope = models.TextField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.pk)


class Lockout(models.Model):
    """Too many wrong passwords for one username from one address.

    django-axes counts them. `user` is None if the username that was entered is unknown: it may be a password.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="lockouts")
    address = models.GenericIPAddressField(null=True)
    locked_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-locked_at", "-pk")

    def __str__(self) -> str:
        return f"lockout {self.pk}"


class UsedOnce(models.Model):
    """A value that is valid once, on all replicas together, such as a state or a logout token. Stored as a digest."""

    digest = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "used once"

    def __str__(self) -> str:
        return self.digest[:8]

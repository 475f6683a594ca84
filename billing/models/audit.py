"""The audit log: append-only rows, each with the hash of the previous one."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.utils import timezone

from billing.models.people import User


class AppendOnly(models.QuerySet["AuditEntry"]):
    """A queryset that refuses updates and deletions."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("Audit entries are never changed.")

    def delete(self) -> NoReturn:
        raise TypeError("Audit entries are never deleted.")


class AuditEntry(models.Model):
    """One action and its outcome. Only `billing.services.audit` writes entries.

    `hash` covers all other columns, including `previous_hash`: see `billing.models.chain`. The database also refuses to
    update or delete rows: see migration 0007.
    """

    class Outcome(models.TextChoices):
        STARTED = "started"  # a change that is about to be sent; another entry has its result
        SUCCEEDED = "succeeded"
        REFUSED = "refused"
        FAILED = "failed"

    at = models.DateTimeField(default=timezone.now, db_index=True)
    # No constraint, because the row is never updated. `actor_name` stays when a person is deleted.
    actor = models.ForeignKey(
        User, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="audit_entries"
    )
    actor_name = models.CharField(max_length=150)
    role = models.CharField(max_length=80, blank=True, default="")  # the roles at that time, such as "editor"
    door = models.CharField(max_length=20)
    key_prefix = models.CharField(max_length=20, blank=True, default="")
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True, default="")
    verb = models.CharField(max_length=80, db_index=True)
    subject = models.CharField(max_length=200, blank=True, default="")
    workspace_id = models.CharField(max_length=255, blank=True, default="")
    billing_account_id = models.CharField(max_length=255, blank=True, default="")
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    detail = models.CharField(max_length=200, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    ticket = models.CharField(max_length=100, blank=True, default="")
    upstream_status = models.PositiveSmallIntegerField(null=True)
    upstream_request_id = models.CharField(max_length=255, blank=True, default="")
    # SHA-256 of the plain text in AuditContent, which may be deleted before the entry is.
    content_digest = models.CharField(max_length=64, blank=True, default="")
    previous_hash = models.CharField(max_length=64, blank=True, default="")
    hash = models.CharField(max_length=64, blank=True, default="")

    objects = AppendOnly.as_manager()

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name_plural = "audit entries"
        indexes = (
            models.Index(fields=("billing_account_id", "-id"), name="audit_of_account"),
            models.Index(fields=("ticket",), name="audit_of_ticket"),
        )

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_name} {self.verb} {self.outcome}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the entry. An existing entry is never written again."""
        if not self._state.adding:
            raise TypeError("Audit entries are never changed.")
        if not self.hash:
            raise TypeError("Audit entries must be part of the chain: call billing.services.audit.record.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("Audit entries are never deleted.")

    @property
    def full_name(self) -> str:
        """The actor's full name now, for entries of `billing.services.history`; otherwise empty."""
        return str(getattr(self, "actor_full_name", ""))

    @property
    def person(self) -> str:
        """The actor's full name now, or else their username at that time."""
        return self.full_name or self.actor_name


class AuditContent(models.Model):
    """The sealed values before and after an action. The entry has their digest in `content_digest`."""

    # No constraint: to check it, PostgreSQL would lock the entry, which needs the privilege to update it.
    entry = models.OneToOneField(
        AuditEntry,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        primary_key=True,
        related_name="content",
    )
    envelope = models.TextField()

    def __str__(self) -> str:
        return f"content of entry {self.pk}"


class AuditHead(models.Model):
    """The end of the chain: one row, locked from the insertion of an entry until its transaction ends."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    entry_id = models.BigIntegerField()
    hash = models.CharField(max_length=64, blank=True, default="")

    def __str__(self) -> str:
        return f"entry {self.entry_id}"

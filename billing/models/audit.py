"""Who did what: rows that only ever grow, each carrying the hash of the one before."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.utils import timezone

from billing.models.people import User


class AppendOnly(models.QuerySet["AuditEntry"]):
    """Refuses what would rewrite history."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("Audit entries are never changed.")

    def delete(self) -> NoReturn:
        raise TypeError("Audit entries are never deleted.")


class AuditEntry(models.Model):
    """One act, and how it ended. Written by `billing.services.audit` alone, refusals included.

    `hash` covers every other column (see `billing.models.chain`), `previous_hash` among them. The database refuses to
    update or delete rows, too: see migration 0007.
    """

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
    role = models.CharField(max_length=80, blank=True, default="")  # the roles of that moment: "editor"
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
    # SHA-256 of what was sealed in AuditContent, which may go before the entry does.
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
        """Inserts. An entry that exists is never written again."""
        if not self._state.adding:
            raise TypeError("Audit entries are never changed.")
        if not self.hash:
            raise TypeError(
                "An audit entry needs its place in the chain: call billing.services.audit.record."
            )
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused, always."""
        raise TypeError("Audit entries are never deleted.")


class AuditContent(models.Model):
    """What an act found and left, sealed: the entry proves it by `content_digest` without holding it."""

    # No constraint: PostgreSQL would lock the entry to check it, for which it needs the right to update it.
    entry = models.OneToOneField(
        AuditEntry,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        primary_key=True,
        related_name="content",
    )
    envelope = models.TextField()

    def __str__(self) -> str:
        return f"what entry {self.pk} found and left"


class AuditHead(models.Model):
    """The end of the chain: one row, held by whoever adds an entry until their transaction ends."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    entry_id = models.BigIntegerField()
    hash = models.CharField(max_length=64, blank=True, default="")

    def __str__(self) -> str:
        return f"entry {self.entry_id}"

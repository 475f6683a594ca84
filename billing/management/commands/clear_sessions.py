"""manage.py clear_sessions: deletes expired data. Run nightly."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from billing.services import changes
from billing.services.api_writes import idempotency
from billing.services.audit import refusals
from billing.services.digests import run as digests
from billing.services.reminders import delivery, sending
from billing.services.scans import store
from billing.services.sign_in import sessions
from billing.services.storage import idempotency as used_once
from billing.services.tokens import kept_copies


class Command(BaseCommand):
    """The nightly cleanup. It ends no session. The name is kept for operators' scripts."""

    help = (
        "Delete expired sessions, pending forms, copies, scans, idempotency keys and unsent changes, "
        "and write missing audit entries. Run nightly."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        refusals.write_summaries()
        call_command("clearsessions")
        self.stdout.write(f"Deleted expired sessions: {sessions.delete_expired()}")
        self.stdout.write(f"Deleted expired copies: {kept_copies.delete_expired()}")
        self.stdout.write(f"Deleted expired scans: {store.delete_expired()}")
        self.stdout.write(f"Deleted expired idempotency keys: {idempotency.delete_expired()}")
        self.stdout.write(f"Deleted expired claims: {used_once.delete_expired()}")
        self.stdout.write(f"Recorded interrupted changes: {changes.settle_stale()}")
        self.stdout.write(f"Recorded interrupted reminders: {delivery.settle_stale()}")
        self.stdout.write(f"Recorded interrupted digests: {digests.settle_stale()}")
        self.stdout.write(f"Deleted old attempts to send reminders: {sending.delete_expired()}")
        self.stdout.write(f"Deleted unsent changes: {changes.delete_expired()}")

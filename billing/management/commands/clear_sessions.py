"""manage.py clear_sessions: takes out what is over, say every night. Kept copies that are too old, too."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from billing.services import changes
from billing.services.audit import refusals
from billing.services.scans import store
from billing.services.sign_in import sessions
from billing.services.tokens import kept_copies


class Command(BaseCommand):
    """Django's own clearsessions, and the rows of ours; nobody is signed out by it."""

    help = (
        "Deletes sessions, held forms, kept copies, walks and unsent changes that are over. Run it regularly."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        refusals.write_summaries()
        call_command("clearsessions")
        self.stdout.write(f"Deleted {sessions.delete_what_is_over()} sessions that were over.")
        self.stdout.write(f"Deleted {kept_copies.delete_what_is_over()} kept copies that were over.")
        self.stdout.write(f"Deleted {store.delete_what_is_over()} walks that were over.")
        self.stdout.write(
            f"Found {changes.settle_stale()} changes whose process was stopped while it sent them."
        )
        self.stdout.write(f"Deleted {changes.delete_expired()} changes that were never sent.")

"""manage.py clear_sessions: takes out what is over, say every night."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from billing.services import sessions


class Command(BaseCommand):
    """Django's own clearsessions, and the rows of ours; nobody is signed out by it."""

    help = "Deletes sessions and held forms that are over. Run it regularly: nothing else deletes them."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("clearsessions")
        self.stdout.write(f"Deleted {sessions.delete_what_is_over()} sessions that were over.")

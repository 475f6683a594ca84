"""manage.py send_digests: sends the digests that are due. Run every 15 minutes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from billing.services import mail
from billing.services.digests import run


class Command(BaseCommand):
    help = "Send the email digests that are due, one per person and period. Run every 15 minutes."

    def handle(self, *args: Any, **options: Any) -> None:
        if not mail.is_enabled():
            raise CommandError("Set EMAIL_URL to send digests.")
        for result, count in run.send_due(now=timezone.now()).items():
            self.stdout.write(f"{count}: {result}")

"""manage.py reseal_tokens: moves every stored token to the first key of VAULT_KEYS, while the site runs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.services import resealing


class Command(BaseCommand):
    """Stopped in the middle, it goes on where it was when run again."""

    help = "Re-encrypts every stored Altostrat token under the first key of VAULT_KEYS; safe while the site runs."

    def handle(self, *args: Any, **options: Any) -> None:
        counts = resealing.reseal_all(
            on_failure=lambda row_id: self.stderr.write(f"Token {row_id} does not open.")
        )
        self.stdout.write(
            f"Resealed {counts.resealed}, already under the first key {counts.current}, "
            f"changed meanwhile {counts.changed}, failed {counts.failed}."
        )
        if counts.failed:
            raise CommandError(
                "Some tokens do not open with any key of VAULT_KEYS. Their owners must store them again."
            )

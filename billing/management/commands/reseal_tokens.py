"""manage.py reseal_tokens: moves what is sealed to the first key of VAULT_KEYS, while the site runs.

The name is older than the rest of what is sealed, and moves as well; operators have it in their scripts.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.services.maintenance import resealing


class Command(BaseCommand):
    """Stopped in the middle, it goes on where it was when run again."""

    help = (
        "Re-encrypts every stored Altostrat token, and whatever else is kept sealed, under the first key of "
        "VAULT_KEYS; safe while the site runs."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        counts = resealing.reseal_all(on_failure=lambda what: self.stderr.write(f"{what} does not open."))
        self.stdout.write(
            f"Resealed {counts.resealed}, already under the first key {counts.current}, "
            f"changed meanwhile {counts.changed}, failed {counts.failed}."
        )
        if counts.failed:
            raise CommandError(
                "Some rows do not open with any key of VAULT_KEYS. Owners of such tokens must store them again."
            )

"""manage.py reseal_tokens: reseals all stored values with the first key of VAULT_KEYS.

It covers more than tokens; the name is kept for operators' scripts.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.services.maintenance import resealing


class Command(BaseCommand):
    """A command that continues after an interruption when it is run again."""

    help = (
        "Encrypt all stored tokens and other sealed values again with the first key of VAULT_KEYS. Safe while the "
        "portal is running."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only open every value, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self._check()
            return
        counts = resealing.reseal_all(on_failure=lambda row: self.stderr.write(f"{row} does not open."))
        self.stdout.write(
            f"Resealed: {counts.resealed}. Already sealed with the first key: {counts.current}. "
            f"Changed meanwhile: {counts.changed}. Failed: {counts.failed}."
        )
        if counts.failed:
            raise CommandError(
                "Some rows do not open with any key of VAULT_KEYS. Owners of such tokens must store them again."
            )

    def _check(self) -> None:
        found = resealing.open_all(on_failure=lambda row: self.stderr.write(f"{row} does not open."))
        for name, counts in found.items():
            self.stdout.write(f"{name}: {counts.current} open, {counts.failed} do not.")
        if any(counts.failed for counts in found.values()):
            raise CommandError("Some rows do not open with any key of VAULT_KEYS.")

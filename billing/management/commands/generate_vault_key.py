"""manage.py generate_vault_key: prints a new entry for VAULT_KEYS."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing.vault import MalformedKeyRing, generate_key


class Command(BaseCommand):
    """A command without system checks, so that it runs before VAULT_KEYS is set."""

    help = (
        "Print a new entry for VAULT_KEYS. Put it first to seal with it, and keep the old entries after it."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--id", help="the key's ID (default: today's date and four random digits)")

    def handle(self, *args: Any, **options: Any) -> None:
        key_id = options["id"] or f"k{timezone.now():%Y%m%d}-{secrets.token_hex(2)}"
        try:
            self.stdout.write(generate_key(key_id))
        except MalformedKeyRing as error:
            raise CommandError(f"--id: {error}") from None

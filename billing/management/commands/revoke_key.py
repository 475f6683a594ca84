"""manage.py revoke_key PREFIX."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.services.people import keys


class Command(BaseCommand):
    help = "Revoke the portal key with this prefix immediately and permanently."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("prefix", help="the start of the key as listed: abp_ and eight characters")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            row = keys.revoke_as_operator(prefix=options["prefix"])
        except keys.UnknownKey as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Revoked {row.prefix} ({row.name}).")

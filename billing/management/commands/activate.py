"""manage.py activate NAME."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.services.people import staff


class Command(BaseCommand):
    help = "Reactivate a person, with their previous roles, keys and tokens."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = staff.activate_as_operator(options["name"])
        except staff.UnknownPerson:
            raise CommandError(f"There is no user called {options['name']}.") from None
        self.stdout.write(f"{user.get_username()} is active again.")

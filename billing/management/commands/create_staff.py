"""manage.py create_staff NAME --role ROLE [--password-stdin]."""

from __future__ import annotations

import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.roles import Role
from billing.services.people import staff


class Command(BaseCommand):
    help = (
        "Create a person with one role. For an existing person, change the role and, if given, the password."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--role", required=True, choices=[role.value for role in Role])
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read a password for local sign-in from standard input",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        password = sys.stdin.readline().rstrip("\r\n") if options["password_stdin"] else None
        try:
            user, is_new = staff.create_or_change(
                username=options["name"], role=Role(options["role"]), password=password
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        action = "Created" if is_new else "Updated"
        self.stdout.write(f"{action} {user.get_username()} with the role {options['role']}.")
        if not user.has_usable_password():
            self.stdout.write(
                "No password is set, so they cannot use local sign-in. To set one, use --password-stdin."
            )

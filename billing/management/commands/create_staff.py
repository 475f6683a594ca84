"""manage.py create_staff NAME --role ROLE [--password-stdin] [--update]."""

from __future__ import annotations

import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.roles import Role
from billing.services.people import staff


class Command(BaseCommand):
    help = "Create a person with one role. With --update, change the role and password of an existing person."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--role", required=True, choices=[role.value for role in Role])
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read a password for local sign-in from standard input",
        )
        parser.add_argument(
            "--update",
            action="store_true",
            help="change an existing person: the role and, if given, the password",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        password = sys.stdin.readline().rstrip("\r\n") if options["password_stdin"] else None
        try:
            user, is_new = staff.create_or_change(
                username=options["name"],
                role=Role(options["role"]),
                password=password,
                may_change=options["update"],
            )
        except staff.PersonExists:
            raise CommandError(
                f"{options['name']} exists, and was not changed. To change role or password, use --update."
            ) from None
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        action = "Created" if is_new else "Updated"
        self.stdout.write(f"{action} {user.get_username()} with the role {options['role']}.")
        if not user.has_usable_password():
            self.stdout.write(
                "No password is set, so they cannot use local sign-in. To set one, use --password-stdin."
            )

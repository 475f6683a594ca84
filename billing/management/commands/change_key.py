"""manage.py change_key PREFIX: replaces the limits that the options name, and keeps the others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.management import key_options
from billing.services.people import keys


class Command(BaseCommand):
    help = "Change the networks, the expiry or the writes of the portal key with this prefix, immediately."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("prefix", help="the start of the key as listed: abp_ and eight characters")
        key_options.add_options(parser)
        parser.add_argument("--any-network", action="store_true", help="remove all networks")
        parser.add_argument("--never-expires", action="store_true", help="remove the expiry date")

    def handle(self, *args: Any, **options: Any) -> None:
        prefix = options["prefix"]
        try:
            limits = key_options.limits_in(options, keys.limits_of(keys.with_prefix(prefix)))
            if options["any_network"]:
                limits = replace(limits, networks=())
            if options["never_expires"]:
                limits = replace(limits, expires_at=None)
            row = keys.change_as_operator(prefix, limits)
        except keys.UnknownKey as error:
            raise CommandError(str(error)) from None
        except keys.KeyEnded:
            raise CommandError(f"{prefix} was revoked or has expired. Issue another key.") from None
        self.stdout.write(f"{row.prefix} ({row.name}): {limits.described()}.")

"""manage.py issue_key --user NAME --name N --scope S … [LIMITS]: prints only the key."""

from __future__ import annotations

from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.management import key_options
from billing.models import User
from billing.roles import KEY_SCOPES, Permission
from billing.services.actor import Actor, NotPermitted
from billing.services.people import keys, staff

_SCOPES: Final = sorted(scope.value for scope in KEY_SCOPES)


class Command(BaseCommand):
    help = "Create a portal key for a person and print it. It cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", required=True, help="the owner, as whom the key acts")
        parser.add_argument("--name", required=True, help="what the key is for")
        parser.add_argument(
            "--scope",
            required=True,
            action="extend",
            nargs="+",
            choices=_SCOPES,
            metavar="SCOPE",
            help=f"what the key may do: {', '.join(_SCOPES)}",
        )
        key_options.add_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        limits = key_options.limits_in(options, keys.NO_LIMITS)
        try:
            actor = staff.actor_for_command(options["user"])
        except User.DoesNotExist:
            raise CommandError(f"There is no user called {options['user']}.") from None
        try:
            row, key = keys.issue(
                actor,
                name=options["name"],
                scopes=[Permission(scope) for scope in options["scope"]],
                limits=limits,
            )
        except NotPermitted as error:
            raise CommandError(
                f"--scope {error.permission}: the role of {options['user']} does not include it. {_available(actor)}"
            ) from None
        self.stdout.write(key)
        self.stderr.write(
            f"Created {row.prefix}. The key is shown only once. To revoke it: `revoke_key {row.prefix}`."
        )


def _available(actor: Actor) -> str:
    scopes = [scope for scope in _SCOPES if scope in actor.permissions]
    return f"Available: {', '.join(scopes) or 'none'}."

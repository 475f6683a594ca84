"""The options of commands that limit a portal key."""

from __future__ import annotations

from argparse import BooleanOptionalAction
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from billing.services.people.keys import Limits
from billing.services.people.networks import InvalidNetwork, parse


def add_options(parser: CommandParser) -> None:
    parser.add_argument("--expires-days", type=int, help="days until the key expires (default: never)")
    parser.add_argument(
        "--network",
        action="extend",
        nargs="+",
        metavar="NETWORK",
        help="addresses from which the key may be used, such as 192.0.2.0/24 2001:db8::/32 (default: any)",
    )
    parser.add_argument("--read-only", action=BooleanOptionalAction, help="refuse writes with the key")


def limits_in(options: dict[str, Any], present: Limits) -> Limits:
    """Return the limits in the options, and the present ones where there is no option. Raise CommandError."""
    read_only, networks = options["read_only"], options["network"]
    try:
        chosen = present.networks if networks is None else parse(networks)
    except InvalidNetwork as error:
        raise CommandError(f"--network: {error}") from None
    return Limits(
        expires_at=_expiry(options["expires_days"], present.expires_at),
        networks=chosen,
        is_read_only=present.is_read_only if read_only is None else read_only,
    )


def _expiry(days: int | None, present: datetime | None) -> datetime | None:
    if days is None:
        return present
    if not 1 <= days <= 3650:
        raise CommandError("--expires-days must be from 1 to 3650.")
    return timezone.now() + timedelta(days=days)

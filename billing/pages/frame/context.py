"""What every page's frame shows: navigation, person, version. Looked up only when a template asks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import resolve, reverse
from django.utils import timezone

from billing.pages.frame.actor import actor_of
from billing.pages.frame.current_session import session_of
from billing.roles import TABLE, Permission, roles_among
from billing.services.sign_in import session_limits


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation."""

    title: str
    icon: str
    address: str
    is_current: bool


# What stands in the bar: title, icon, page. Each is shown to whoever the page is open to.
_BAR: Final = (
    ("Home", "home", "home"),
    ("Workspaces", "buildings", "workspaces"),
    ("Queues", "list-check", "queues"),
    ("My tokens", "key", "tokens"),
    ("People", "users", "people"),
    ("Audit", "history", "audit"),
)


class Shell:
    """The frame around a page. Every member is computed at first use: the admin's pages get one too."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def version(self) -> str:
        """The portal's own version."""
        return str(settings.PORTAL_VERSION)

    @property
    def request_id(self) -> str:
        """The id that log line, answer header and page share."""
        return str(getattr(self._request, "request_id", "-"))

    @property
    def zone(self) -> str:
        """The zone in which this page tells times and days."""
        return timezone.get_current_timezone_name()

    @cached_property
    def signed_in(self) -> bool:
        """Whether somebody is signed in."""
        user = getattr(self._request, "user", None)
        return bool(user is not None and user.is_authenticated)

    @property
    def person(self) -> str:
        """Who is signed in, in a word that stays the same; nothing for nobody."""
        row = session_of(self._request)
        return str(row.user_id) if row is not None and self.signed_in else ""

    @property
    def session_seconds(self) -> int:
        """How long the session lasts without further use."""
        row = session_of(self._request)
        return session_limits.seconds_left(row) if row is not None else 0

    @property
    def session_warning(self) -> int:
        """How many seconds before that a warning is due."""
        return session_limits.warning_seconds()

    @cached_property
    def permissions(self) -> frozenset[Permission]:
        """What this person may do: `{% if "audit:read" in shell.permissions %}`."""
        return actor_of(self._request).permissions if self.signed_in else frozenset()

    @property
    def may_read(self) -> bool:
        """Whether this person may see billing data."""
        return Permission.BILLING_READ in self.permissions

    @property
    def lets(self) -> str:
        """What this person may do, in words: "read billing data and read the audit"; nothing without a role."""
        words = [row.lets for permission, row in TABLE.items() if permission in self.permissions]
        return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))

    @cached_property
    def is_administrator(self) -> bool:
        """Whether Django's admin is open to this person."""
        return self.signed_in and actor_of(self._request).user.is_superuser

    @cached_property
    def role(self) -> str:
        """What the person is here, in a word or two."""
        if self.is_administrator:
            return "superuser"
        if not self.signed_in:
            return "no role"
        held = actor_of(self._request).user.groups.values_list("name", flat=True)
        return " and ".join(role.value for role in roles_among(held)) or "no role"

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """The navigation, without what this person may not open."""
        here = self._request.path
        return tuple(
            Place(title, icon, address, here == address if address == "/" else here.startswith(address))
            for title, icon, name in _BAR
            if self._opens(address := reverse(name))
        )

    def _opens(self, address: str) -> bool:
        """Whether the page at an address is open to this person: asked of the page itself."""
        needs = getattr(resolve(address).func, "needs", None)
        return not isinstance(needs, Permission) or needs in self.permissions


def shell(request: HttpRequest) -> dict[str, Shell]:
    """The context processor."""
    return {"shell": Shell(request)}

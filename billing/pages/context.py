"""What every page's frame shows: navigation, person, version. Looked up only when a template asks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from billing.pages.actor import actor_of
from billing.pages.session_guard import session_of
from billing.roles import Permission, Role
from billing.services import session_times


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation."""

    title: str
    icon: str
    address: str
    is_current: bool


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
        return session_times.seconds_left(row) if row is not None else 0

    @property
    def session_warning(self) -> int:
        """How many seconds before that a warning is due."""
        return session_times.warning_seconds()

    @cached_property
    def may_read(self) -> bool:
        """Whether this person may see billing data."""
        return self.signed_in and Permission.BILLING_READ in actor_of(self._request).permissions

    @cached_property
    def may_write(self) -> bool:
        """Whether this person may change billing data."""
        return self.signed_in and Permission.BILLING_WRITE in actor_of(self._request).permissions

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
        held = set(actor_of(self._request).user.groups.values_list("name", flat=True))
        return ", ".join(role.value for role in Role if role.value in held) or "no role"

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """The navigation, without what this person may not open."""
        rows = [("Home", "home", reverse("home")), ("My tokens", "key", reverse("tokens"))]
        if self.may_read:
            rows.insert(1, ("Workspaces", "buildings", reverse("workspaces")))
        here = self._request.path
        return tuple(
            Place(title, icon, address, here == address if address == "/" else here.startswith(address))
            for title, icon, address in rows
        )


def shell(request: HttpRequest) -> dict[str, Shell]:
    """The context processor."""
    return {"shell": Shell(request)}

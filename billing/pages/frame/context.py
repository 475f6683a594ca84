"""The data of the frame around every page, such as the navigation. It is loaded only if a template uses it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import resolve, reverse
from django.utils import timezone
from django.utils.functional import cached_property

from billing.pages.frame.actor import actor_of
from billing.pages.frame.current_session import session_of
from billing.roles import Permission
from billing.services.sign_in import session_limits


@dataclass(frozen=True, slots=True)
class NavigationItem:
    title: str
    icon: str
    url: str
    is_current: bool


# Title, icon and page. People see those that they may open.
_NAVIGATION: Final = (
    ("Home", "home", "home"),
    ("Workspaces", "buildings", "workspaces"),
    ("Queues", "list-check", "queues"),
    ("Reports", "chart-bar", "reports"),
    ("My tokens", "key", "tokens"),
    ("People", "users", "people"),
    ("Audit log", "history", "audit"),
)


class Shell:
    """The frame around a page. Members are loaded on use, because pages of the admin do not need all of them."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def version(self) -> str:
        return str(settings.PORTAL_VERSION)

    @property
    def request_id(self) -> str:
        """The id that is also in the log and in the response's header."""
        return str(getattr(self._request, "request_id", "-"))

    @property
    def zone(self) -> str:
        """The name of the time zone of this page."""
        return timezone.get_current_timezone_name()

    @cached_property
    def signed_in(self) -> bool:
        user = getattr(self._request, "user", None)
        return bool(user is not None and user.is_authenticated)

    @property
    def person(self) -> str:
        """The id of the person who is signed in, or ""."""
        session = session_of(self._request)
        return str(session.user_id) if session is not None and self.signed_in else ""

    @property
    def session_seconds(self) -> int:
        """The time that the session lasts without further use."""
        session = session_of(self._request)
        return session_limits.seconds_left(session) if session is not None else 0

    @property
    def session_warning(self) -> int:
        """The number of seconds before the end at which to warn."""
        return session_limits.warning_seconds()

    @cached_property
    def permissions(self) -> frozenset[Permission]:
        """The person's permissions: `{% if "audit:read" in shell.permissions %}`."""
        return actor_of(self._request).permissions if self.signed_in else frozenset()

    @property
    def may_read(self) -> bool:
        return Permission.BILLING_READ in self.permissions

    @property
    def is_masked(self) -> bool:
        """Whether this person sees personal data masked."""
        return self.signed_in and actor_of(self._request).is_masked

    @property
    def has_export(self) -> bool:
        """Whether a worker finished an export of invoices that the person has not opened yet."""
        ready_at = self._request.user.export_ready_at if self.signed_in else None  # type: ignore[union-attr]
        return ready_at is not None and ready_at > timezone.now() - timedelta(hours=settings.EXPORT_HOURS)

    @cached_property
    def is_administrator(self) -> bool:
        """Whether this person may open Django's admin."""
        return self.signed_in and actor_of(self._request).user.is_superuser

    @cached_property
    def role(self) -> str:
        """The person's roles, as in "Editor and auditor"."""
        if self.is_administrator:
            return "Superuser"
        if not self.signed_in:
            return "No role"
        roles = actor_of(self._request).roles
        return " and ".join(role.value for role in roles).capitalize() or "No role"

    @cached_property
    def navigation(self) -> tuple[NavigationItem, ...]:
        """The main pages that this person may open."""
        path = self._request.path
        return tuple(
            NavigationItem(title, icon, url, is_current=path == url if url == "/" else path.startswith(url))
            for title, icon, url, needs in _main_pages()
            if needs is None or needs in self.permissions
        )


@cache
def _main_pages() -> tuple[tuple[str, str, str, Permission | None], ...]:
    """Return title, icon, URL and required permission of each main page."""
    return tuple((title, icon, url := reverse(name), _needs(url)) for title, icon, name in _NAVIGATION)


def _needs(url: str) -> Permission | None:
    needs = getattr(resolve(url).func, "needs", None)
    return needs if isinstance(needs, Permission) else None


def shell(request: HttpRequest) -> dict[str, Shell]:
    return {"shell": Shell(request)}

"""The handler of django-axes: it counts in the cache, and keeps a row for each lockout, which can be lifted."""

from __future__ import annotations

from typing import Any

from axes.handlers.cache import AxesCacheHandler
from axes.helpers import get_client_username, get_cool_off, get_failure_limit
from django.http import HttpRequest

from billing.services.sign_in import lockouts


class LockoutHandler(AxesCacheHandler):  # type: ignore[misc]  # axes has no annotations
    """https://django-axes.readthedocs.io/en/latest/8_reference.html"""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Return the number of wrong passwords: 0 once the lockout is lifted."""
        count = int(super().get_failures(request, credentials))
        if count < get_failure_limit(request, credentials):
            return count
        username, address = _who(request, credentials)
        if not lockouts.is_lifted(username, address):
            return count
        self.reset_attempts(username=username, ip_address=address)
        return 0

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        was_locked_out = bool(getattr(request, "axes_locked_out", False))
        super().user_login_failed(sender, credentials, request, **kwargs)
        if request is not None and not was_locked_out and getattr(request, "axes_locked_out", False):
            lasts = get_cool_off(request)
            assert lasts is not None
            lockouts.record(*_who(request, credentials), lasts)


def _who(request: HttpRequest, credentials: dict[str, Any] | None) -> tuple[str, str | None]:
    """Return the username that was entered, and the address of the browser."""
    return get_client_username(request, credentials) or "", getattr(request, "axes_ip_address", None)

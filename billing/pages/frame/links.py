"""Links to the same page with another query, and to a page of this site."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def query_with(request: HttpRequest, **changed: object) -> str:
    """Return the query with some keys replaced, and without those that are empty: "?role=viewer&after=carol"."""
    query = request.GET.copy()
    for name, value in changed.items():
        query[name] = str(value)
        if not query[name]:
            del query[name]
    return f"?{query.urlencode()}"


def safe_next(request: HttpRequest, default: str) -> str:
    """Return the `next` of the form or the query if it stays on this site, else `default`."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    is_safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_safe else default

"""Links: this page with another query, and a safe page to return to."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def query_with(request: HttpRequest, **changed: object) -> str:
    """This address's query with some keys set anew, and without those set to nothing: "?role=viewer&after=carol"."""
    query = request.GET.copy()
    for name, value in changed.items():
        query[name] = str(value)
        if not query[name]:
            del query[name]
    return f"?{query.urlencode()}"


def safe_next(request: HttpRequest, default: str) -> str:
    """The `next` of a form or address when it stays on this site, else `default`."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    stays = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if stays else default

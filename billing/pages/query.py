"""The query of an address."""

from __future__ import annotations

from django.http import HttpRequest


def query_with(request: HttpRequest, **changed: object) -> str:
    """This address's query with some keys set anew, and without those set to nothing: "?role=viewer&after=carol"."""
    query = request.GET.copy()
    for name, value in changed.items():
        query[name] = str(value)
        if not query[name]:
            del query[name]
    return f"?{query.urlencode()}"

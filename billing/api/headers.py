"""Headers and content types of the API's responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.http.response import HttpResponseBase

JSON: Final = "application/json"
ORIGIN: Final = "Portal-Origin"
CHANGE: Final = "Portal-Change"
REPLAYED: Final = "Idempotency-Replayed"
UPSTREAM_REQUEST_ID: Final = "Altostrat-Request-Id"
# Responses with these statuses have no body, so a Content-Length would be wrong.
BODYLESS: Final = frozenset({204, 304})

REALM: Final = "altostrat-billing-portal"
CHALLENGE: Final = "WWW-Authenticate"

# Headers by their names in lower case, as Django stores them. Django would check and convert each by itself, at each
# response, so the functions below are only for values that the portal has made.
Prepared = Mapping[str, tuple[str, str]]


def challenge(error: str = "", **more: str) -> str:
    """Return the value of WWW-Authenticate: https://www.rfc-editor.org/rfc/rfc6750#section-3"""
    values = {"realm": REALM, **({"error": error} if error else {}), **more}
    return "Bearer " + ", ".join(f'{name}="{value}"' for name, value in values.items())


def prepared(headers: Mapping[str, str]) -> Prepared:
    """Return headers as Django stores them: by their name in lower case."""
    return {name.lower(): (name, value) for name, value in headers.items()}


def set_all(response: HttpResponseBase, headers: Prepared) -> None:
    response.headers._store.update(headers)


def put(response: HttpResponseBase, name: str, value: str) -> None:
    response.headers._store[name.lower()] = (name, value)


def set_defaults(response: HttpResponseBase, headers: Prepared) -> None:
    """Set those that the response does not have."""
    response.headers._store = {**headers, **response.headers._store}


def complete(response: HttpResponseBase, defaults: Prepared, headers: Prepared) -> None:
    """Set the defaults that the response does not have, and all of the headers, with one call."""
    response.headers._store = {**defaults, **response.headers._store, **headers}


def remove(response: HttpResponseBase, name: str) -> None:
    response.headers._store.pop(name.lower(), None)


def pairs_of(response: HttpResponseBase) -> list[tuple[str, str]]:
    """Return all headers, for WSGI."""
    pairs: list[tuple[str, str]] = list(response.headers._store.values())
    if response.cookies:
        pairs += [("Set-Cookie", cookie.OutputString()) for cookie in response.cookies.values()]
    return pairs

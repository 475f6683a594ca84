"""The caller's address and scheme: only the headers of TRUSTED_PROXIES are trusted."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from portal.errors import refusal

logger = logging.getLogger(__name__)

Address = IPv4Address | IPv6Address

# Some proxies add the port: 192.0.2.1:4711, [2001:db8::1]:4711.
_WITH_PORT: Final = re.compile(r"\[([^\]]+)\](?::\d+)?|([0-9.]+):\d+")
_PROBLEM: Final = "portal.proxy_problem"
_API: Final = "/api/"
_API_PAGE: Final = "/api/docs/"
_HEADERS: Final = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO")


class TrustedProxiesMiddleware:
    """Middleware that replaces a trusted proxy's address and scheme with the caller's.

    It removes the headers that other callers send for this.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        peer = _address(str(request.META.get("REMOTE_ADDR", "")))
        # The last value is the nearest proxy's.
        scheme = request.META.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip().lower()
        if peer is not None and _is_trusted(peer):
            forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
            request.META["REMOTE_ADDR"] = str(_caller(peer, reversed(forwarded)))
            if scheme == "https":
                request.META["wsgi.url_scheme"] = "https"
            elif scheme != "http":
                request.META[_PROBLEM] = "sends no X-Forwarded-Proto"
        else:
            for name in _HEADERS:
                request.META.pop(name, None)
            if scheme == "https":
                request.META[_PROBLEM] = "is not in TRUSTED_PROXIES"
        return self.get_response(request)


class PlainHttpMiddleware:
    """Middleware that refuses plain HTTP where SecurityMiddleware's redirect to HTTPS does harm.

    Without a known scheme, it would lead to itself. And it would hide that a program sends its key unencrypted.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.META.get("wsgi.url_scheme") == "https" or not settings.SECURE_SSL_REDIRECT:
            return self.get_response(request)
        problem = request.META.get(_PROBLEM)
        if problem is not None:
            logger.error(
                "The proxy at %s %s, so a redirect to HTTPS would never end",
                request.META.get("REMOTE_ADDR"),
                problem,
            )
            return refusal(request, 400, "bad_request", f"The proxy in front of the portal {problem}.")
        if request.path_info.startswith(_API) and request.path_info != _API_PAGE:
            return refusal(request, 403, "https_required", "")
        return self.get_response(request)


def _caller(peer: Address, forwarded: Iterable[str]) -> Address:
    """Return the last address in the header that is not a trusted proxy; anyone can forge the addresses before it.

    If a part of the header is not an address, return the proxy that added it.
    """
    for text in forwarded:
        address = _address(text)
        if address is None:
            return peer
        peer = address
        if not _is_trusted(address):
            break
    return peer


# Most requests come from a few addresses.
@lru_cache(maxsize=1024)
def _address(text: str) -> Address | None:
    text = text.strip()
    if with_port := _WITH_PORT.fullmatch(text):
        text = with_port[1] or with_port[2]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id:  # database columns cannot hold one
            return None
        return address.ipv4_mapped or address
    return address


def _is_trusted(address: Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)

"""Where a request really comes from: what a proxy says counts only when it is one of TRUSTED_PROXIES."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Address = IPv4Address | IPv6Address

# Some proxies add the port: 192.0.2.1:4711, [2001:db8::1]:4711.
_WITH_PORT: Final = re.compile(r"\[([^\]]+)\](?::\d+)?|([0-9.]+):\d+")


class TrustedProxiesMiddleware:
    """Puts the caller's own address in the proxy's place, before anything reads it. X-Forwarded-For and X-Request-ID of
    anybody else are dropped: whoever likes can send them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        peer = _address(request.META.get("REMOTE_ADDR", ""))
        if peer is not None and _is_trusted(peer):
            named = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
            request.META["REMOTE_ADDR"] = str(_caller(peer, reversed(named)))
        else:
            request.META.pop("HTTP_X_FORWARDED_FOR", None)
            request.META.pop("HTTP_X_REQUEST_ID", None)
        return self.get_response(request)


def _caller(peer: Address, named: Iterable[str]) -> Address:
    """Back from the nearest proxy: the first address that is none of ours. What stands before it, anybody can have
    written; where something is no address at all, the proxy that passed it on is as far as is known."""
    for text in named:
        address = _address(text)
        if address is None:
            return peer
        peer = address
        if not _is_trusted(address):
            break
    return peer


def _address(text: Any) -> Address | None:
    text = str(text).strip()
    if with_port := _WITH_PORT.fullmatch(text):
        text = with_port[1] or with_port[2]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id:  # no column of ours holds one
            return None
        return address.ipv4_mapped or address
    return address


def _is_trusted(address: Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)

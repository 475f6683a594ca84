"""Altostrat's base URL. It is a setting because Altostrat documents three hosts, one of them with a path."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

_LABEL: Final = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"(?=.{{1,253}}\Z)({_LABEL}\.)*{_LABEL}")
_PATH: Final = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """An origin and a path, such as "https://api.altostrat.io" and "/v1"."""

    origin: str
    path: str

    @classmethod
    def parse(cls, text: str) -> BaseUrl:
        """Parse a URL.

        Raise ValueError, naming ALTOSTRAT_API_URL, for anything that could send a token to another host.
        """
        parts = _split(text)
        if parts.username is not None or parts.password is not None:
            raise _refused("must not contain credentials")
        if "?" in text or "#" in text:
            raise _refused("must not contain a query or a fragment")
        host = _host(parts)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
            raise _refused("must begin with https:// (http:// is allowed for loopback hosts only)")
        path = parts.path.rstrip("/")
        if not _PATH.fullmatch(path):
            raise _refused("has unexpected characters in its path")
        return cls(_origin(parts, host), path)


def _split(text: str) -> SplitResult:
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise _refused("must be plain ASCII without spaces")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise _refused("is not a URL") from None
    return parts


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower()
    if ":" in host and "%" not in host:
        try:
            return f"[{ipaddress.IPv6Address(host).compressed}]"
        except ValueError:
            raise _refused("has no valid host") from None
    if not _HOST.fullmatch(host):
        raise _refused("has no valid host")
    return host


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _origin(parts: SplitResult, host: str) -> str:
    port = parts.port
    suffix = "" if port is None or port == _DEFAULT_PORTS[parts.scheme] else f":{port}"
    return f"{parts.scheme}://{host}{suffix}"


def _refused(why: str) -> ValueError:
    return ValueError(f"ALTOSTRAT_API_URL {why}.")

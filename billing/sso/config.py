"""What the operator says about the provider, checked."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

_LONGEST_ISSUER: Final = 255


@dataclass(frozen=True, slots=True)
class SsoConfig:
    """`issuer` exactly as the provider writes it. Raises ValueError naming the variable that is wrong."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: str = "openid profile email"
    groups_claim: str = "groups"

    def __post_init__(self) -> None:
        parts = urlsplit(self.issuer)
        if not is_safe_address(self.issuer) or parts.query or parts.fragment:
            raise ValueError("OIDC_ISSUER must be an https address without a query; http on loopback only.")
        if len(self.issuer) > _LONGEST_ISSUER:
            raise ValueError(f"OIDC_ISSUER must not be longer than {_LONGEST_ISSUER} characters.")
        for name, value in (
            ("OIDC_CLIENT_ID", self.client_id),
            ("OIDC_CLIENT_SECRET", self.client_secret),
            ("OIDC_GROUPS_CLAIM", self.groups_claim),
        ):
            if not value.strip():
                raise ValueError(f"{name} must be set when OIDC_ISSUER is.")
        if "openid" not in self.scopes.split():
            raise ValueError("OIDC_SCOPES must include openid.")


def is_safe_address(url: object) -> bool:
    """True for https, and for http on a loopback host; never with credentials inside."""
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

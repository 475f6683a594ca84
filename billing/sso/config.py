"""The operator's settings for the provider."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from billing.altostrat.http.base_url import is_loopback

_MAX_ISSUER_LENGTH: Final = 255


@dataclass(frozen=True, slots=True)
class SsoConfig:
    """`issuer` is exactly as in the discovery document. Raises ValueError naming the variable that is wrong."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: str = "openid profile email"
    groups_claim: str = "groups"

    def __post_init__(self) -> None:
        parts = urlsplit(self.issuer)
        if not is_safe_address(self.issuer) or parts.query or parts.fragment:
            raise ValueError("OIDC_ISSUER must be an https address without a query; http on loopback only.")
        if len(self.issuer) > _MAX_ISSUER_LENGTH:
            raise ValueError(f"OIDC_ISSUER must not be longer than {_MAX_ISSUER_LENGTH} characters.")
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
    """Return whether the address is https, or http on a loopback host, without credentials."""
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))

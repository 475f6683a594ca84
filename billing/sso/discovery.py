"""The provider's discovery document: the part that the portal uses, after it is checked.

https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import requests

from billing.sso.bounded import Unusable, get_json
from billing.sso.claims import strings_in
from billing.sso.config import is_safe_address
from billing.sso.errors import ProviderUnavailable

# Signatures that need a private key. `none` and HS* are refused even if the provider announces them.
ASYMMETRIC: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """The checked document.

    `sends_issuer` is true if every answer in the browser names its issuer (RFC 9207).
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None
    algorithms: tuple[str, ...]
    auth_method: str
    sends_issuer: bool


def discover(issuer: str) -> Metadata:
    """Fetch and check the discovery document. Raise ProviderUnavailable."""
    try:
        document = get_json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    except (requests.RequestException, RecursionError) as error:
        why = str(error) if isinstance(error, Unusable) else type(error).__name__
        raise ProviderUnavailable(f"discovery failed: {why}") from None
    return checked(document, issuer)


def checked(document: Any, issuer: str) -> Metadata:
    """Return the part that the portal uses. Raise ProviderUnavailable naming what cannot be used."""
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        raise ProviderUnavailable("the discovery document names another issuer than OIDC_ISSUER")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not is_safe_address(document.get(name)):
            raise ProviderUnavailable(f"the discovery document's {name} cannot be used")
    announced = strings_in(document.get("id_token_signing_alg_values_supported"))
    algorithms = tuple(name for name in ASYMMETRIC if name in announced)
    if not algorithms:
        raise ProviderUnavailable("the provider announces no asymmetric signature")
    end_session = document.get("end_session_endpoint")
    return Metadata(
        issuer=issuer,
        authorization_endpoint=document["authorization_endpoint"],
        token_endpoint=document["token_endpoint"],
        jwks_uri=document["jwks_uri"],
        end_session_endpoint=end_session if is_safe_address(end_session) else None,
        algorithms=algorithms,
        auth_method=_auth_method(strings_in(document.get("token_endpoint_auth_methods_supported"))),
        sends_issuer=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _auth_method(announced: frozenset[str]) -> str:
    # The specification's default is client_secret_basic.
    only_post = "client_secret_post" in announced and "client_secret_basic" not in announced
    return "client_secret_post" if only_post else "client_secret_basic"

"""What the provider announces, reduced to what we use and checked before anything of it is believed.

https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import requests

from billing.sso.bounded import Unusable, get_json
from billing.sso.config import is_safe_address
from billing.sso.errors import ProviderUnavailable

# Signatures that only the holder of a private key can make. `none` and HS* are not among them, whoever announces them.
ASYMMETRIC: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """The announcement of one issuer."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None
    algorithms: tuple[str, ...]
    auth_method: str
    always_names_itself: bool


def discover(issuer: str) -> Metadata:
    """Fetches and checks the announcement; raises ProviderUnavailable."""
    try:
        document = get_json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    except (requests.RequestException, RecursionError) as error:
        why = str(error) if isinstance(error, Unusable) else type(error).__name__
        raise ProviderUnavailable(f"discovery failed: {why}") from None
    return checked(document, issuer)


def checked(document: Any, issuer: str) -> Metadata:
    """The usable part of a discovery document. Raises ProviderUnavailable saying which part is not."""
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        raise ProviderUnavailable("the discovery document is not of OIDC_ISSUER")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not is_safe_address(document.get(name)):
            raise ProviderUnavailable(f"the discovery document's {name} cannot be used")
    announced = _texts(document.get("id_token_signing_alg_values_supported"))
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
        auth_method=_auth_method(_texts(document.get("token_endpoint_auth_methods_supported"))),
        always_names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _texts(value: object) -> frozenset[str]:
    return (
        frozenset(item for item in value if isinstance(item, str)) if isinstance(value, list) else frozenset()
    )


def _auth_method(announced: frozenset[str]) -> str:
    # Unannounced means client_secret_basic, says the specification.
    wants_post = "client_secret_post" in announced and "client_secret_basic" not in announced
    return "client_secret_post" if wants_post else "client_secret_basic"

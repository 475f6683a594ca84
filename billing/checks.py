"""System checks: what stops the portal from starting, each naming the variable that is wrong."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.db import DatabaseError

from billing.services.maintenance import audit_retention
from billing.services.sign_in import identity_provider
from billing.services.storage import key_ring
from billing.services.tokens import upstream
from billing.vault import CannotUnseal, MalformedKeyRing


@register("portal")
def vault_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """VAULT_KEYS is there and well formed."""
    try:
        key_ring.key_ring()
    except MalformedKeyRing as error:
        return [Error(str(error), hint="`manage.py generate_vault_key` makes an entry.", id="billing.E001")]
    return []


@register("portal")
def altostrat_address(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """ALTOSTRAT_API_URL and its companions make a transport."""
    try:
        upstream.transport_config()
    except ValueError as error:
        return [Error(str(error), id="billing.E002")]
    return []


@register("portal")
def single_sign_on(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The OIDC_ variables fit together. The provider itself is not asked: it may be down while we start."""
    try:
        if identity_provider.is_on():
            identity_provider.provider()
            identity_provider.role_map()
    except ValueError as error:
        return [Error(str(error), id="billing.E005")]
    return []


@register("portal")
def demo_stays_at_home(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The demo, with its printed passwords, talks to a sandbox on this machine and to nothing else."""
    if not settings.DEMO or _is_loopback(settings.ALTOSTRAT_API_URL):
        return []
    return [Error("DEMO is on, and ALTOSTRAT_API_URL is not on this machine.", id="billing.E004")]


@register("portal")
def demo_people_stay_out(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A provider over plain http, as the demo's is, where anybody may choose to be anybody, opens no real data."""
    if settings.DEMO or settings.DEBUG or not settings.OIDC_ISSUER.lower().startswith("http://"):
        return []
    if _is_loopback(settings.ALTOSTRAT_API_URL):
        return []
    return [
        Error(
            "OIDC_ISSUER is a plain http address, such as the demo's, and ALTOSTRAT_API_URL is not on this machine.",
            hint="A company's own provider has an https address.",
            id="billing.E007",
        )
    ]


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}


@register(Tags.database)
def vault_opens(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The keys in VAULT_KEYS are the ones that stored tokens were sealed with."""
    if not databases:
        return []
    try:
        key_ring.verify()
    except CannotUnseal as error:
        hint = "Put the key that sealed them back into VAULT_KEYS; it may stand behind a new first key."
        return [Error(f"VAULT_KEYS does not fit the stored tokens. {error}", hint=hint, id="billing.E003")]
    except (DatabaseError, MalformedKeyRing):
        return []  # a database that is away, or not migrated, is readiness' business; E001 speaks of the ring
    return []


@register(Tags.database, deploy=True)
def audit_is_out_of_reach(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The portal's role cannot rewrite or empty the audit. It always warns the role of `migrate`, which owns it."""
    try:
        powers = audit_retention.powers() if databases else []
    except DatabaseError:
        return []
    hint = "Let another role own the tables: README.md, The audit, has the grants."
    return [CheckWarning(f"The database role may {power}.", hint=hint, id="billing.W001") for power in powers]

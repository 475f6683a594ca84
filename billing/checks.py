"""System checks that stop the portal from starting and name the wrong variable."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import DatabaseError

from billing.altostrat.http.base_url import is_loopback
from billing.roles import Role
from billing.services.maintenance import audit_retention
from billing.services.sign_in import identity_provider
from billing.services.storage import key_ring
from billing.services.tokens import upstream
from billing.vault import CannotUnseal, MalformedKeyRing

# How the secrets in .env.example begin, and their vault key.
_SAMPLE_SECRET: Final = "replace-me"  # noqa: S105 - it is public
_SAMPLE_VAULT_KEY: Final = "cmVwbGFjZS1tZS13aXRoLWEtZ2VuZXJhdGVkLWtleSE="


@register("portal")
def vault_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check that VAULT_KEYS is set and well formed."""
    try:
        key_ring.key_ring()
    except MalformedKeyRing as error:
        return [
            Error(str(error), hint="Create an entry with `manage.py generate_vault_key`.", id="billing.E001")
        ]
    return []


@register("portal")
def no_sample_secrets(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse the secrets in `.env.example` except in development, because everyone knows them."""
    return [] if settings.DEBUG else _sample_secrets()


@register("portal", deploy=True)
def no_sample_secrets_in_production(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse them in a deployment check as well if DEBUG is still on."""
    return _sample_secrets() if settings.DEBUG else []


def _sample_secrets() -> list[CheckMessage]:
    errors: list[CheckMessage] = []
    if settings.SECRET_KEY.startswith(_SAMPLE_SECRET):
        hint = "Create one with `openssl rand -base64 48`."
        errors.append(Error("SECRET_KEY is the sample of .env.example.", hint=hint, id="billing.E008"))
    entries = (entry.strip().partition(":") for entry in settings.VAULT_KEYS.split(","))
    if any(name == "example" or key == _SAMPLE_VAULT_KEY for name, _, key in entries):
        hint = "Create an entry with `manage.py generate_vault_key`."
        errors.append(Error("VAULT_KEYS has the sample of .env.example.", hint=hint, id="billing.E009"))
    return errors


@register("portal")
def altostrat_address(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check that the ALTOSTRAT_ variables are valid."""
    try:
        upstream.transport_config()
    except ValueError as error:
        return [Error(str(error), id="billing.E002")]
    return []


@register("portal")
def single_sign_on(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check that the OIDC_ variables are valid together, without calling the provider, which may be down at startup."""
    try:
        if identity_provider.is_enabled():
            identity_provider.provider()
            identity_provider.role_map()
        elif settings.OIDC_API_AUDIENCE:
            raise ValueError("OIDC_API_AUDIENCE needs OIDC_ISSUER.")
    except ValueError as error:
        return [Error(str(error), id="billing.E005")]
    return []


@register("portal")
def masked_roles(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check that MASKED_ROLES names roles."""
    known = [role.value for role in Role]
    unknown = [name for name in settings.MASKED_ROLES if name not in known]
    if not unknown:
        return []
    text = f"MASKED_ROLES must be a list of the roles {', '.join(known)}, separated by commas."
    return [Error(text, id="billing.E010")]


@register("portal")
def mail_has_a_sender(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check that EMAIL_FROM is an address and PORTAL_URL a web address if mail is on."""
    if not settings.EMAIL_URL:
        return []
    errors: list[CheckMessage] = []
    try:
        validate_email(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    except ValidationError:
        errors.append(Error("EMAIL_URL needs EMAIL_FROM, the sender's email address.", id="billing.E011"))
    if urlsplit(settings.PORTAL_URL).scheme not in ("https", "http"):
        hint = "Set it to the address that people open, such as https://billing.example."
        errors.append(Error("EMAIL_URL needs PORTAL_URL for links.", hint=hint, id="billing.E012"))
    return errors


@register("portal")
def demo_uses_local_sandbox(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Allow the demo only a sandbox on this machine, because it prints its passwords."""
    if not settings.DEMO or _is_on_this_machine(settings.ALTOSTRAT_API_URL):
        return []
    return [Error("DEMO is on, but ALTOSTRAT_API_URL is not on this machine.", id="billing.E004")]


@register("portal")
def insecure_provider_gets_no_real_data(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse real data with a provider that uses plain http: the demo's lets anyone sign in as anyone."""
    if settings.DEMO or settings.DEBUG or not settings.OIDC_ISSUER.lower().startswith("http://"):
        return []
    if _is_on_this_machine(settings.ALTOSTRAT_API_URL):
        return []
    return [
        Error(
            "OIDC_ISSUER is a plain http address, such as the demo's, but ALTOSTRAT_API_URL is not on this machine.",
            hint="Use the https address of your company's provider.",
            id="billing.E007",
        )
    ]


def _is_on_this_machine(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")


@register(Tags.database)
def vault_keys_open_stored_tokens(
    app_configs: Any, databases: Any = None, **kwargs: Any
) -> list[CheckMessage]:
    """Check that VAULT_KEYS contains the keys that sealed the stored tokens."""
    if not databases:
        return []
    try:
        key_ring.verify()
    except CannotUnseal as error:
        hint = "Add the missing key to VAULT_KEYS again; it may follow a new first key."
        return [Error(f"VAULT_KEYS does not match the stored tokens. {error}", hint=hint, id="billing.E003")]
    except (DatabaseError, MalformedKeyRing):
        return []  # /readyz reports an unavailable or unmigrated database, and E001 a malformed ring
    return []


@register(Tags.database, deploy=True)
def audit_is_protected(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Check that the portal's role cannot change the audit log.

    The role that runs `migrate` owns the log and always gets a warning.
    """
    try:
        privileges = audit_retention.excess_privileges() if databases else []
    except DatabaseError:
        return []
    hint = "Let another role own the tables; README.md lists the grants under “The audit log”."
    return [
        CheckWarning(f"The database role may {privilege}.", hint=hint, id="billing.W001")
        for privilege in privileges
    ]


@register("portal", deploy=True)
def somebody_can_sign_in(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check that single sign-on or passwords are enabled."""
    if identity_provider.is_enabled() or settings.LOCAL_LOGIN:
        return []
    hint = "Set the OIDC_ variables, see docs/sso.md, or LOCAL_LOGIN=on."
    return [
        CheckWarning(
            "Nobody can sign in: OIDC_ISSUER is empty and LOCAL_LOGIN is off.", hint=hint, id="billing.W002"
        )
    ]


@register("portal", deploy=True)
def https_can_be_recognized(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Require a trusted proxy for HTTPS: `bin/serve` has no TLS, so only a proxy can tell that a request used it."""
    if settings.TRUSTED_PROXIES or not settings.SECURE_SSL_REDIRECT:
        return []
    hint = (
        "List the addresses of the proxy in front. Ignore this if another server than bin/serve handles TLS."
    )
    return [
        CheckWarning(
            "HTTPS_ONLY is on, but TRUSTED_PROXIES is empty, so the portal cannot tell which requests use HTTPS.",
            hint=hint,
            id="billing.W003",
        )
    ]

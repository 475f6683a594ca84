"""The provider that the settings describe, one a process; and which of its groups gives which role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from django.conf import settings

from billing.roles import Role
from billing.sso.config import SsoConfig
from billing.sso.provider import Provider


def is_on() -> bool:
    """Whether there is single sign-on at all."""
    return bool(settings.OIDC_ISSUER)


def provider() -> Provider:
    """The provider; nothing is asked of it yet. Raises ValueError naming the variable that is wrong."""
    return _provider(
        SsoConfig(
            issuer=settings.OIDC_ISSUER,
            client_id=settings.OIDC_CLIENT_ID,
            client_secret=settings.OIDC_CLIENT_SECRET,
            scopes=settings.OIDC_SCOPES,
            groups_claim=settings.OIDC_GROUPS_CLAIM,
        )
    )


def role_map() -> Mapping[str, frozenset[Role]]:
    """OIDC_ROLE_MAP, `group=role,…`: a group may give several roles. Raises ValueError."""
    roles: dict[str, frozenset[Role]] = {}
    for entry in filter(None, (part.strip() for part in settings.OIDC_ROLE_MAP.split(","))):
        group, _, word = entry.rpartition("=")
        if not group.strip() or word.strip() not in {role.value for role in Role}:
            known = ", ".join(role.value for role in Role)
            raise ValueError(f"OIDC_ROLE_MAP must be group=role,… with the roles {known}.")
        roles[group.strip()] = roles.get(group.strip(), frozenset()) | {Role(word.strip())}
    if not roles:
        raise ValueError("OIDC_ROLE_MAP must give at least one group a role when OIDC_ISSUER is set.")
    return roles


def reasons_for_roles(groups: Iterable[str]) -> dict[str, list[str]]:
    """Each role that these groups give, by name, with those of them that give it: `User.role_sources`."""
    given = role_map()
    reasons: dict[str, list[str]] = {}
    for group in sorted(set(groups)):
        for role in given.get(group, ()):
            reasons.setdefault(role.value, []).append(group)
    return reasons


def roles_given_by(groups: Iterable[str]) -> frozenset[Role]:
    """Everything that these groups of the provider give together."""
    given = role_map()
    return frozenset[Role]().union(*(given.get(group, frozenset()) for group in groups))


@lru_cache(maxsize=4)
def _provider(config: SsoConfig) -> Provider:
    return Provider(config)

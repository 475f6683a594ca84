"""The identity provider from the settings, one for each process, and the roles that its groups give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

from billing.models import User
from billing.roles import SUPERUSER, Permission, Role
from billing.services.actor import granted_by, is_masked
from billing.sso.config import SsoConfig

if TYPE_CHECKING:
    from billing.sso.provider import Provider


def is_enabled() -> bool:
    return bool(settings.OIDC_ISSUER)


def provider() -> Provider:
    """Return the provider, without a request to it. Raise ValueError naming the variable that is wrong."""
    return _provider(
        SsoConfig(
            issuer=settings.OIDC_ISSUER,
            client_id=settings.OIDC_CLIENT_ID,
            client_secret=settings.OIDC_CLIENT_SECRET,
            scopes=settings.OIDC_SCOPES,
            groups_claim=settings.OIDC_GROUPS_CLAIM,
        )
    )


def role_map() -> Mapping[str, frozenset[str]]:
    """Parse OIDC_ROLE_MAP, `group=role,…`. A group may give several roles, and SUPERUSER. Raise ValueError."""
    roles: dict[str, frozenset[str]] = {}
    known = [*(role.value for role in Role), SUPERUSER]
    for entry in filter(None, (part.strip() for part in settings.OIDC_ROLE_MAP.split(","))):
        group, _, word = entry.rpartition("=")
        if not group.strip() or word.strip() not in known:
            raise ValueError(f"OIDC_ROLE_MAP must be group=role,… with the roles {', '.join(known)}.")
        roles[group.strip()] = roles.get(group.strip(), frozenset()) | {word.strip()}
    if not roles:
        raise ValueError("OIDC_ROLE_MAP must give at least one group a role when OIDC_ISSUER is set.")
    return roles


def role_sources(groups: Iterable[str]) -> dict[str, list[str]]:
    """Return each role that these groups give, with the groups that give it: the value of `User.role_sources`."""
    mapped = role_map()
    sources: dict[str, list[str]] = {}
    for group in sorted(set(groups)):
        for role in mapped.get(group, ()):
            sources.setdefault(role, []).append(group)
    return sources


def roles_of_groups(groups: Iterable[str]) -> frozenset[str]:
    """Return the names of all roles that these groups of the provider give, and SUPERUSER if one gives that."""
    return frozenset(role_sources(groups))


def granted_by_groups(user: User, groups: Iterable[str]) -> frozenset[Permission]:
    """Return the permissions that a person has with these groups. What an operator gave stays."""
    return granted_by(_with_groups(user, groups), roles_of_groups(groups))


def is_masked_with_groups(user: User, groups: Iterable[str]) -> bool:
    """Return whether personal data is masked for a person with these groups."""
    return is_masked(_with_groups(user, groups), roles_of_groups(groups))


def _with_groups(user: User, groups: Iterable[str]) -> User:
    is_superuser = user.is_superuser and SUPERUSER not in user.role_sources
    is_superuser = is_superuser or SUPERUSER in roles_of_groups(groups)
    return User(is_active=user.is_active, is_superuser=is_superuser)


@lru_cache(maxsize=4)
def _provider(config: SsoConfig) -> Provider:
    from billing.sso.provider import (
        Provider,
    )  # with Authlib, which a portal without single sign-on does not load

    return Provider(config)

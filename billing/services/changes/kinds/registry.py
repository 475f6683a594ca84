"""Every kind of write."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from billing.services.changes.kind import Kind
from billing.services.changes.kinds import (
    billing_accounts,
    members,
    organization_deletion,
    organizations,
    payment_methods,
    subscriptions,
    workspaces,
)

ALL: Final[tuple[Kind, ...]] = (
    billing_accounts.CREATE,
    billing_accounts.UPDATE,
    billing_accounts.DELETE,
    payment_methods.SET_DEFAULT,
    payment_methods.DETACH,
    payment_methods.SETUP_INTENT,
    workspaces.CREATE,
    workspaces.UPDATE,
    workspaces.ARCHIVE,
    organizations.CREATE,
    organizations.CREATE_CHILD,
    organization_deletion.DELETE,
    members.ADD,
    members.UPDATE,
    members.REMOVE,
    *subscriptions.KINDS,
)
KINDS: Final[Mapping[str, Kind]] = MappingProxyType({kind.verb: kind for kind in ALL})


def kind_of(verb: str) -> Kind:
    """Return the kind with that verb. Raise KeyError."""
    return KINDS[verb]

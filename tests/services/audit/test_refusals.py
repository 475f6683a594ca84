"""What the portal refused is in the audit, and cannot fill it."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from billing.models import AuditEntry
from billing.roles import Permission, Role
from billing.services.people import keys
from tests.services.cast import actor_called

pytestmark = pytest.mark.django_db

ACCOUNT = "/api/v1/workspaces/ws_a1b2c3d4e5f6g7h8/billing-accounts/cus_a1b2c3d4e5f6g7h8"


def entries() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(verb="access.refused").order_by("pk"))


def call(key: str, address: str) -> int:
    """One call of a program's."""
    return Client().get(ACCOUNT, headers={"Authorization": f"Bearer {key}"}, REMOTE_ADDR=address).status_code


def test_a_wrong_key_is_noted_with_its_address() -> None:
    assert call("abp_wrong", "203.0.113.31") == 401

    (entry,) = entries()
    assert (entry.actor, entry.door, entry.address) == (None, "api", "203.0.113.31")
    assert (entry.outcome, entry.detail) == ("refused", "not a valid portal key")
    assert entry.request_id
    assert "abp_wrong" not in str(vars(entry))


def test_many_of_them_are_counted() -> None:
    call("abp_wrong", "203.0.113.32")
    for _ in range(20):
        call("abp_wrong", "203.0.113.32")
    call("abp_wrong", "203.0.113.33")
    cache.delete("access.refused:api:203.0.113.32:entry")  # a minute later
    call("abp_wrong", "203.0.113.32")

    told = [(entry.address, entry.detail) for entry in entries()]
    assert len(told) <= 4  # a minute may turn over on the way
    assert ("203.0.113.33", "not a valid portal key") in told
    assert told[-1][1].startswith("not a valid portal key, and ")


def test_a_call_without_a_key_is_no_attempt() -> None:
    assert Client().get(ACCOUNT).status_code == 401
    assert entries() == []


def test_a_key_whose_owner_may_not_is_noted_with_its_prefix(altostrat_url: str) -> None:
    actor = actor_called("alice", Role.EDITOR)
    row, key = keys.issue(actor, name="erp", scopes=[Permission.BILLING_READ])
    actor.user.groups.clear()

    assert call(key, "203.0.113.34") == 403
    (entry,) = entries()
    assert (entry.actor_name, entry.door, entry.key_prefix) == ("alice", "api", row.prefix)
    assert entry.detail == Permission.BILLING_READ.value

"""The audit log records what the portal refuses."""

from __future__ import annotations

import pytest
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
    return Client().get(ACCOUNT, headers={"Authorization": f"Bearer {key}"}, REMOTE_ADDR=address).status_code


def test_wrong_key_is_recorded_with_its_address() -> None:
    assert call("abp_wrong", "203.0.113.31") == 401

    (entry,) = entries()
    assert (entry.actor, entry.door, entry.address) == (None, "api", "203.0.113.31")
    assert (entry.outcome, entry.detail) == ("refused", "not a valid portal key")
    assert entry.request_id
    assert "abp_wrong" not in str(vars(entry))


def test_call_without_a_key_is_not_recorded() -> None:
    assert Client().get(ACCOUNT).status_code == 401
    assert entries() == []


def test_key_without_permission_is_recorded_with_its_prefix(altostrat_url: str) -> None:
    actor = actor_called("alice", Role.EDITOR)
    row, key = keys.issue(actor, name="erp", scopes=[Permission.BILLING_READ])
    actor.user.groups.clear()

    assert call(key, "203.0.113.34") == 403
    (entry,) = entries()
    assert (entry.actor_name, entry.door, entry.key_prefix) == ("alice", "api", row.prefix)
    assert entry.detail == Permission.BILLING_READ.value

"""Lets a test that commits be cleaned up: its tables are emptied afterwards, which the audit's triggers refuse.

The owner of the table takes the triggers off between the test's own work and the flush. Behind it they come back, and
so does what migrations had put there: the roles, and the end of the audit's chain. Which tests of a process come after
such a one is the scheduler's choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models.signals import post_migrate

from billing.models import AuditHead
from billing.roles import Role

_missing: list[str] = []


def _put_back(sender: Any, **kwargs: Any) -> None:
    """Django says "migrated" after a flush, too."""
    if sender.label != "billing":
        return
    with connection.cursor() as cursor:
        while _missing:
            cursor.execute(_missing.pop())
    Group.objects.bulk_create([Group(name=role.value) for role in Role], ignore_conflicts=True)
    AuditHead.objects.bulk_create([AuditHead(entry_id=0)], ignore_conflicts=True)


post_migrate.connect(_put_back)


@pytest.fixture(autouse=True)
def _audit_can_be_flushed(request: pytest.FixtureRequest, _django_db_marker: None) -> Iterator[None]:
    yield
    marker = request.node.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction"):
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE billing_auditentry DISABLE TRIGGER billing_audit_append_only")
            cursor.execute("GRANT TRUNCATE ON billing_auditentry TO CURRENT_USER")
            _missing.append("ALTER TABLE billing_auditentry ENABLE TRIGGER billing_audit_append_only")
            _missing.append("REVOKE TRUNCATE ON billing_auditentry FROM CURRENT_USER")
        else:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            for name, sql in cursor.fetchall():
                _missing.append(sql)
                cursor.execute(f"DROP TRIGGER {name}")

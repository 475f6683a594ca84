"""Empty tables after a test that commits, although triggers forbid deletions in the audit log.

The owner of the table drops the triggers before the flush. Afterwards they are restored, and so are the rows that
migrations had created: the roles, and the head of the audit log's chain.
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

_dropped: list[str] = []  # statements that restore what was dropped


def _restore(sender: Any, **kwargs: Any) -> None:
    """Restore the triggers and rows after a flush: Django then sends `post_migrate` as after a migration."""
    if sender.label != "billing":
        return
    with connection.cursor() as cursor:
        while _dropped:
            cursor.execute(_dropped.pop())
    Group.objects.bulk_create([Group(name=role.value) for role in Role], ignore_conflicts=True)
    AuditHead.objects.bulk_create([AuditHead(entry_id=0)], ignore_conflicts=True)


post_migrate.connect(_restore)


@pytest.fixture(autouse=True)
def _flushable_audit_log(request: pytest.FixtureRequest, _django_db_marker: None) -> Iterator[None]:
    yield
    marker = request.node.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction"):
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE billing_auditentry DISABLE TRIGGER billing_audit_append_only")
            cursor.execute("GRANT TRUNCATE ON billing_auditentry TO CURRENT_USER")
            _dropped.append("ALTER TABLE billing_auditentry ENABLE TRIGGER billing_audit_append_only")
            _dropped.append("REVOKE TRUNCATE ON billing_auditentry FROM CURRENT_USER")
        else:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            for name, sql in cursor.fetchall():
                _dropped.append(sql)
                cursor.execute(f"DROP TRIGGER {name}")

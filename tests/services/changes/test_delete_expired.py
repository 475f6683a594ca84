"""Changes that were not sent are deleted after a week, except one that is being sent at that moment."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from billing.models import Change, User
from billing.services import changes
from tests.plugins.environment import ON_SERVICES
from tests.services.changes.conftest import UPDATE


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.skipif(not ON_SERVICES, reason="SQLite lets one write at a time")
@pytest.mark.django_db(transaction=True)
def test_change_claimed_during_deletion_is_kept() -> None:
    user = User.objects.create_user("erin")
    ago = timezone.now() - timedelta(days=8)
    change = Change.objects.create(user=user, verb=UPDATE, operation="x", fingerprint="f", created_at=ago)
    deleted: list[int] = []

    def clean() -> None:
        deleted.append(changes.delete_expired())
        connection.close()

    cleaner = threading.Thread(target=clean)
    with transaction.atomic():
        Change.objects.filter(pk=change.pk).update(state=Change.State.SENDING)
        cleaner.start()
        end = time.monotonic() + 20
        while not _somebody_waits() and time.monotonic() < end:
            time.sleep(0.05)
    cleaner.join()

    assert deleted == [0]
    assert Change.objects.get(pk=change.pk).state == Change.State.SENDING

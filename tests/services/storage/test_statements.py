"""SQL statements without the ORM: the same values, and the same errors, as with it."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.models import AltostratToken, AuditEntry, Change, IdempotencyKey, UsedOnce
from billing.services import audit
from billing.services.actor import Actor
from billing.services.storage import statements
from billing.services.tokens import manage
from tests.services.cast import actor_called
from tests.tokens import FINANCE


@pytest.fixture
def alice(db: None) -> Actor:
    return actor_called("alice")


def values_of(row: Model) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def new_change(alice: Actor) -> Change:
    return Change(
        user=alice.user,
        verb="a.change",
        ids={"workspace_id": "ws_1"},
        envelope="é %s",
        sent_at=timezone.now(),
    )


def test_inserted_row_has_the_values_of_its_instance(alice: Actor) -> None:
    change = new_change(alice)
    statements.insert_row(change)

    assert values_of(Change.objects.get()) == values_of(change)


def test_audit_entry_has_the_values_of_its_instance(alice: Actor) -> None:
    entry = audit.record(alice, "a.change", audit.Outcome.SUCCEEDED, upstream_status=200)

    assert entry.address
    assert values_of(AuditEntry.objects.get()) == values_of(entry)


def test_instance_is_that_of_the_orm(alice: Actor) -> None:
    manage.save(alice, text=FINANCE, label="t", verify=False)
    AltostratToken.objects.update(last_used_at=timezone.now())
    (columns,) = statements.rows_of(AltostratToken, "WHERE owner_id = %s", [alice.user.pk])
    found = statements.instance_of(AltostratToken, columns)

    row = AltostratToken.objects.get()
    assert values_of(found) == values_of(row)
    assert [type(value) for value in values_of(found).values()] == [
        type(value) for value in values_of(row).values()
    ]
    found.label = "other"
    found.save()
    assert AltostratToken.objects.get().label == "other"


def test_update_and_delete_say_whether_there_was_a_row(alice: Actor) -> None:
    change = new_change(alice)
    statements.insert_row(change)
    states = (Change.State.PREPARED, Change.State.SENDING)
    key = IdempotencyKey.objects.create(user=alice.user, digest="d", request_digest="r")

    ours = {"id": change.pk, "state": states, "sent_at": change.sent_at}
    assert statements.update(Change, ours, {"state": Change.State.SUCCEEDED, "settled_at": None})
    assert not statements.update(Change, ours, {"state": Change.State.UNKNOWN})
    assert statements.update(IdempotencyKey, {"digest": "d"}, {"change_id": change.pk})
    key.refresh_from_db()
    assert (key.change, Change.objects.get().state) == (change, Change.State.SUCCEEDED)
    assert statements.delete(IdempotencyKey, {"claimed_at": key.claimed_at})
    assert not statements.delete(IdempotencyKey, {"claimed_at": key.claimed_at})


def test_errors_are_those_of_django(alice: Actor) -> None:
    claim = {"digest": "d", "expires_at": timezone.now()}
    statements.insert(UsedOnce, claim)
    with pytest.raises(IntegrityError), transaction.atomic():
        statements.insert(UsedOnce, claim)
    with transaction.atomic():
        with pytest.raises(IntegrityError), transaction.atomic(savepoint=False):
            statements.insert(UsedOnce, claim)
        with pytest.raises(transaction.TransactionManagementError):
            statements.rows("SELECT 1", [])

    assert UsedOnce.objects.count() == 1


def test_errors_of_queries_are_those_of_django(alice: Actor) -> None:
    with pytest.raises(DatabaseError, match="no_such_table"), transaction.atomic():
        statements.rows("SELECT * FROM no_such_table WHERE id = %s", [1])


def test_statements_are_shown_to_those_who_count_them(alice: Actor) -> None:
    with CaptureQueriesContext(connection) as captured:
        statements.rows("SELECT %s", [7])

    assert [query["sql"] for query in captured] == ["SELECT 7"]

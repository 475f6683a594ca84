"""Creating, renaming and archiving a workspace."""

from __future__ import annotations

import pytest

from billing.models import AuditEntry, Change
from billing.services import changes
from billing.services.actor import Actor
from billing.services.changes import Attempt, Draft, Incomplete, Signature
from tests.plugins.processes import Sandbox
from tests.services.changes.steps import (
    ASSIGNED,
    change_upstream,
    list_upstream,
    prepare_and_send,
    refusal_of,
    sign_and_send,
)

State, Found = Change.State, Change.Found
CREATE, UPDATE, ARCHIVE = "workspace.create", "workspace.update", "workspace.archive"
NEW = {"name": "Cape Agulhas", "description": "", "billing_mode": "assigned"}
EMPTY = {"workspace_id": "ws_d7ubc5fz7oj1a1wf"}  # nothing in it


def test_new_workspace_is_read_and_can_be_undone(erin: Actor, upstream: Sandbox) -> None:
    sent = prepare_and_send(erin, CREATE, {}, NEW)

    assert sent.state == State.SUCCEEDED
    assert [row["body"] for row in upstream.writes()] == [
        {"name": "Cape Agulhas", "billing_mode": "assigned"}
    ]
    made = changes.payload_of(erin, sent)
    assert made.now is not None
    assert made.now["name"] == "Cape Agulhas"
    assert AuditEntry.objects.get(verb=CREATE).workspace_id == made.result_ids["workspace_id"]
    undone = sign_and_send(erin, changes.undo(erin, sent.pk))
    assert (undone.verb, undone.state) == (ARCHIVE, State.SUCCEEDED)


@pytest.mark.parametrize(
    ("fault", "found"), [("close_after", Found.APPLIED), ("close_before", Found.NOT_APPLIED)]
)
def test_workspace_created_without_answer_is_found(
    fault: str, found: Change.Found, erin: Actor, upstream: Sandbox
) -> None:
    row = changes.prepare(erin, Draft(CREATE, {}, NEW))
    upstream.fault(fault, method="POST")
    sent = sign_and_send(erin, row)

    assert (sent.state, sent.found) == (State.UNKNOWN, found)
    assert len(upstream.writes()) == 1


def test_only_changed_fields_are_sent_and_undone(erin: Actor, upstream: Sandbox) -> None:
    opened = changes.read_current_state(erin, changes.kind_of(UPDATE), EMPTY)
    wanted = {"name": opened["name"], "description": "Nothing here"}
    sent = sign_and_send(erin, changes.prepare(erin, Draft(UPDATE, EMPTY, wanted, opened=opened)))
    assert sign_and_send(erin, changes.undo(erin, sent.pk)).state == State.SUCCEEDED

    assert [row["body"] for row in upstream.writes()] == [
        {"description": "Nothing here"},
        {"description": opened["description"] or None},
    ]


def test_renamed_workspace_is_compared_first(erin: Actor, upstream: Sandbox) -> None:
    row = changes.prepare(erin, Draft(UPDATE, EMPTY, {"name": "Mine"}))
    change_upstream(upstream, "PATCH", f"workspaces/{EMPTY['workspace_id']}", {"name": "Theirs"})
    other = sign_and_send(erin, row)

    assert (other.state, other.pk == row.pk, upstream.writes()) == (State.PREPARED, False, [])
    (conflict,) = changes.find_conflicts(Attempt.of(erin, other))
    assert (conflict.now, conflict.yours) == ("Theirs", "Mine")


def test_archiving_needs_name_and_reason(erin: Actor, upstream: Sandbox) -> None:
    row = changes.prepare(erin, Draft(ARCHIVE, EMPTY, {}))
    with pytest.raises(Incomplete) as missing:
        changes.send(erin, row.pk, Signature(confirmation="empty quarter"))
    assert set(missing.value.fields) == {"reason", "ticket", "confirmation"}

    sent = changes.send(
        erin, row.pk, Signature(reason="Closed", ticket="FIN-1", confirmation="Empty Quarter")
    )
    assert sent.state == State.SUCCEEDED
    assert [row["method"] for row in upstream.writes()] == ["DELETE"]
    assert next(
        row["archived"] for row in list_upstream(upstream, "workspaces") if row["id"] == EMPTY["workspace_id"]
    )


def test_altostrat_refuses_to_archive_a_workspace_in_use(erin: Actor, upstream: Sandbox) -> None:
    sent = prepare_and_send(erin, ARCHIVE, {"workspace_id": ASSIGNED})

    assert sent.state == State.REFUSED
    assert refusal_of(erin, sent) == (
        "workspace_not_empty",
        "https://docs.altostrat.io/errors/workspace_not_empty",
    )


def test_archiving_without_answer_is_checked(erin: Actor, upstream: Sandbox) -> None:
    row = changes.prepare(erin, Draft(ARCHIVE, EMPTY, {}))
    upstream.fault("hang_after", method="DELETE")
    sent = sign_and_send(erin, row)

    assert (sent.state, sent.found) == (State.UNKNOWN, Found.APPLIED)
    assert len(upstream.writes()) == 1

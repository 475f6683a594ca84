"""Creating, renaming and archiving a workspace."""

from __future__ import annotations

import pytest

from billing.models import AuditEntry, Change
from billing.services import changes
from billing.services.actor import Actor
from billing.services.changes import Attempt, Draft, Incomplete, Signature
from tests.plugins.processes import Sandbox
from tests.services.changes.deeds import ASSIGNED, behind_our_back, do, listed, said, send

State, Found = Change.State, Change.Found
CREATE, UPDATE, ARCHIVE = "workspace.create", "workspace.update", "workspace.archive"
NEW = {"name": "Cape Agulhas", "description": "", "billing_mode": "assigned"}
EMPTY = {"workspace_id": "ws_d7ubc5fz7oj1a1wf"}  # nothing in it


def test_a_new_one_has_its_own_page_afterwards_and_can_be_archived_again(
    erin: Actor, upstream: Sandbox
) -> None:
    sent = do(erin, CREATE, {}, NEW)

    assert sent.state == State.SUCCEEDED
    assert [row["body"] for row in upstream.writes()] == [
        {"name": "Cape Agulhas", "billing_mode": "assigned"}
    ]
    made = changes.payload_of(erin, sent)
    assert made.now is not None
    assert made.now["name"] == "Cape Agulhas"
    assert AuditEntry.objects.get(verb=CREATE).workspace_id == made.result_ids["workspace_id"]
    undone = send(erin, changes.undo(erin, sent.pk))
    assert (undone.verb, undone.state) == (ARCHIVE, State.SUCCEEDED)


@pytest.mark.parametrize(
    ("fault", "found"), [("close_after", Found.APPLIED), ("close_before", Found.NOT_APPLIED)]
)
def test_one_without_an_answer_is_looked_for(
    fault: str, found: Change.Found, erin: Actor, upstream: Sandbox
) -> None:
    row = changes.prepare(erin, Draft(CREATE, {}, NEW))
    upstream.fault(fault, method="POST")
    sent = send(erin, row)

    assert (sent.state, sent.found) == (State.UNKNOWN, found)
    assert len(upstream.writes()) == 1


def test_only_what_changed_is_sent_and_undone(erin: Actor, upstream: Sandbox) -> None:
    opened = changes.read_current_state(erin, changes.kind_of(UPDATE), EMPTY)
    wanted = {"name": opened["name"], "description": "Nothing here"}
    sent = send(erin, changes.prepare(erin, Draft(UPDATE, EMPTY, wanted, opened=opened)))
    assert send(erin, changes.undo(erin, sent.pk)).state == State.SUCCEEDED

    assert [row["body"] for row in upstream.writes()] == [
        {"description": "Nothing here"},
        {"description": opened["description"] or None},
    ]


def test_what_somebody_else_renamed_is_compared_first(erin: Actor, upstream: Sandbox) -> None:
    row = changes.prepare(erin, Draft(UPDATE, EMPTY, {"name": "Mine"}))
    behind_our_back(upstream, "PATCH", f"workspaces/{EMPTY['workspace_id']}", {"name": "Theirs"})
    other = send(erin, row)

    assert (other.state, other.pk == row.pk, upstream.writes()) == (State.PREPARED, False, [])
    (conflict,) = changes.find_conflicts(Attempt.of(erin, other))
    assert (conflict.now, conflict.yours) == ("Theirs", "Mine")


def test_archiving_takes_the_name_and_a_reason(erin: Actor, upstream: Sandbox) -> None:
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
        row["archived"] for row in listed(upstream, "workspaces") if row["id"] == EMPTY["workspace_id"]
    )


def test_one_that_is_not_empty_is_refused_in_altostrats_words(erin: Actor, upstream: Sandbox) -> None:
    sent = do(erin, ARCHIVE, {"workspace_id": ASSIGNED})

    assert sent.state == State.REFUSED
    assert said(erin, sent) == ("workspace_not_empty", "https://docs.altostrat.io/errors/workspace_not_empty")


def test_an_archiving_without_an_answer_is_looked_up(erin: Actor, upstream: Sandbox) -> None:
    row = changes.prepare(erin, Draft(ARCHIVE, EMPTY, {}))
    upstream.fault("hang_after", method="DELETE")
    sent = send(erin, row)

    assert (sent.state, sent.found) == (State.UNKNOWN, Found.APPLIED)
    assert len(upstream.writes()) == 1

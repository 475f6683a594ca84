"""The history of a billing account, and who opened it recently."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from billing.models import AuditEntry, User
from billing.services import audit, history
from billing.services.actor import Actor, Door
from billing.services.audit import entries
from tests.html import text
from tests.pages.addresses import ACCOUNT, DOCUMENTED, WORKSPACE, failing
from tests.plugins.processes import Sandbox

pytestmark = pytest.mark.django_db

HISTORY = f"{DOCUMENTED}history/"


def record_action(verb: str, **more: str) -> AuditEntry:
    """Record an action of eve."""
    eve = Actor(User.objects.get_or_create(username="eve")[0], Door.PAGE, frozenset())
    about = {"workspace_id": WORKSPACE, "billing_account_id": ACCOUNT, **more}
    return audit.record(eve, verb, audit.Outcome.SUCCEEDED, **about)  # type: ignore[arg-type]


def test_history_shows_action_person_and_reason(alice: Client) -> None:
    record_action("billing_account.update", reason="Moved to Berlin", ticket="FIN-7")
    body = alice.get(HISTORY).content.decode()

    for shown in ("Edit billing account", "eve", "Moved to Berlin", "FIN-7", "ACME"):
        assert shown in body


def test_download_names_its_file_in_page_and_file(alice: Client) -> None:
    alice.get(f"{DOCUMENTED}payment-methods/", {"format": "csv"}).getvalue()
    entry = AuditEntry.objects.get(verb="list.download")
    shown = f"payment-methods-{ACCOUNT}-{entry.at:%Y-%m-%d}.csv: 2 rows"

    assert shown in text(alice.get(HISTORY))
    assert shown in alice.get(HISTORY, {"format": "csv"}).getvalue().decode()


def test_people_appear_with_their_full_names_or_else_usernames(alice: Client) -> None:
    record_action("billing_account.update")
    alice.get(HISTORY)
    User.objects.filter(username="eve").update(first_name="Eve", last_name="Moreau")
    for address in (HISTORY, DOCUMENTED):
        page = alice.get(address).text
        assert "Eve Moreau" in page
        assert "alice" in page
        assert "eve," not in page


def test_history_has_only_actions_on_this_account(alice: Client) -> None:
    record_action("other.account", billing_account_id="cus_other")
    record_action("other.workspace", workspace_id="ws_other")
    audit.record_read(Actor(User.objects.get(username="eve"), Door.PAGE, frozenset()), WORKSPACE, ACCOUNT)

    answer = alice.get(HISTORY)

    assert answer.context["entries"] == ()
    # Opening the history is recorded as well.
    assert [name for name, _ in answer.context["readers"]] == ["alice", "eve"]
    assert "Recently opened by alice" in answer.content.decode()


def test_opening_the_account_is_recorded(alice: Client) -> None:
    for _ in range(3):
        alice.get(DOCUMENTED)

    entry = AuditEntry.objects.get(verb="billing_account.read")
    assert (entry.actor_name, entry.role, entry.workspace_id, entry.billing_account_id) == (
        "alice",
        "editor",
        WORKSPACE,
        ACCOUNT,
    )
    assert "Recently opened by alice" in alice.get(HISTORY).content.decode()


@pytest.mark.parametrize(
    "path",
    [
        *(
            "panels/details/",
            "panels/invoices/",
            "panels/payment-methods/",
            "panels/notes/",
            "panels/timeline/",
        ),
        *(
            "panels/headline/",
            "subscriptions/",
            "payment-methods/",
            "invoices/",
            "spend/",
            "aging/",
            "history/",
        ),
        *("invoices/?format=csv&links=yes", "spend/?format=xlsx", "payment-methods/?format=csv"),
        "preview/",
    ],
)
def test_every_page_and_file_of_the_account_is_recorded_as_a_read(path: str, alice: Client) -> None:
    answer = alice.get(f"{DOCUMENTED}{path}")
    list(answer.streaming_content if answer.streaming else ())  # type: ignore[attr-defined]

    assert answer.status_code == 200
    entry = AuditEntry.objects.get(verb="billing_account.read")
    assert (entry.outcome, entry.detail, entry.upstream_status) == ("succeeded", "", 200)
    assert (entry.workspace_id, entry.billing_account_id) == (WORKSPACE, ACCOUNT)
    assert entry.upstream_request_id


def test_copy_is_recorded_with_the_status_of_the_failure(
    alice: Client, fresh_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "_READ_INTERVAL", timedelta(0))
    alice.get(f"{DOCUMENTED}payment-methods/")
    fresh_sandbox.fault("status:503", "", times=None)
    alice.get(f"{DOCUMENTED}payment-methods/")

    live, kept = AuditEntry.objects.filter(verb="billing_account.read").order_by("pk")
    assert (live.outcome, live.detail, live.upstream_status) == ("succeeded", "", 200)
    assert (kept.outcome, kept.detail, kept.upstream_status) == ("succeeded", audit.FROM_COPY, 503)


def test_download_is_in_the_history_but_not_in_the_timeline(alice: Client) -> None:
    list(alice.get(f"{DOCUMENTED}invoices/?format=csv").streaming_content)  # type: ignore[attr-defined]

    entry = AuditEntry.objects.get(verb="list.download")
    assert (entry.workspace_id, entry.billing_account_id) == (WORKSPACE, ACCOUNT)
    assert "Download a list" in alice.get(HISTORY).text
    assert "Download a list" not in alice.get(f"{DOCUMENTED}panels/timeline/").text


def test_refused_and_failed_reads_are_recorded(carol: Client, alice: Client) -> None:
    assert carol.get(DOCUMENTED).status_code in {403, 404}
    alice.get(failing("error500"))

    outcomes = AuditEntry.objects.filter(verb="billing_account.read").values_list("actor_name", "outcome")
    assert set(outcomes) == {("carol", "refused"), ("alice", "failed")}


def test_history_needs_access_to_the_account(carol: Client) -> None:
    record_action("billing_account.update", reason="Secret words")
    answer = carol.get(HISTORY)

    assert answer.status_code == carol.get(DOCUMENTED).status_code
    assert "Secret words" not in answer.content.decode()


def test_history_needs_a_token(bob: Client) -> None:
    assert bob.get(HISTORY).status_code == bob.get(DOCUMENTED).status_code == 424


def test_htmx_gets_only_the_panel(alice: Client) -> None:
    body = alice.get(HISTORY, headers={"HX-Request": "true"}).content.decode()

    assert body.lstrip().startswith("<section")
    assert "<html" not in body


def test_pages(alice: Client) -> None:
    for number in range(history.PAGE_SIZE + 1):
        record_action("billing_account.update", reason=f"change {number}")
    first = alice.get(HISTORY)
    second = alice.get(HISTORY + first.context["next_page"])

    assert len(first.context["entries"]) == history.PAGE_SIZE
    assert [entry.reason for entry in second.context["entries"]] == ["change 0"]
    assert second.context["next_page"] == ""


def test_only_own_changes_are_linked(alice: Client) -> None:
    record_action("billing_account.update", subject="javascript:alert(1)")

    assert 'href="javascript' not in alice.get(HISTORY).content.decode()


def test_note_is_not_linked_as_a_change(alice: Client) -> None:
    author = Actor(User.objects.get(username="alice"), Door.PAGE, frozenset())
    note_id = "5b1d2c3a-0000-4000-8000-000000000001"
    audit.record(
        author,
        "note.add",
        audit.Outcome.SUCCEEDED,
        subject=note_id,
        workspace_id=WORKSPACE,
        billing_account_id=ACCOUNT,
    )

    body = alice.get(HISTORY).content.decode()

    assert "Add a note" in body
    assert f"/changes/{note_id}/" not in body

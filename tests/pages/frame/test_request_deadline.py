"""One deadline covers all calls of a request, however many follow one another."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from billing.models import Change
from billing.services import changes
from billing.services.tokens import upstream
from tests import html
from tests.pages.addresses import ACCOUNT, DOCUMENTED, WORKSPACE, failing, panel
from tests.pages.forms import alice_as_actor
from tests.plugins.processes import Sandbox
from tests.services.changes.conftest import IDS, UPDATE

ORGANIZATIONS = f"/workspaces/{WORKSPACE}/organizations/"


def paths(sandbox: Sandbox) -> list[str]:
    return [row["path"].partition("?")[0] for row in sandbox.requests()]


@pytest.mark.parametrize("name", ["dripping", "drippinghead", "endless100"])
def test_panel_makes_no_second_call_after_the_deadline(
    name: str, alice: Client, fresh_sandbox: Sandbox
) -> None:
    answer = alice.get(panel(failing(name), "notes"))

    assert answer.status_code == 504
    assert "Altostrat did not respond in time" in html.text(answer)
    assert paths(fresh_sandbox) == [f"/workspaces/ws_failures/billing-accounts/cus_{name}"]


def test_change_is_not_sent_shortly_before_the_deadline(
    alice: Client, fresh_sandbox: Sandbox, settings: Settings
) -> None:
    settings.ALTOSTRAT_READ_TIMEOUT = settings.ALTOSTRAT_DEADLINE
    upstream.transport.cache_clear()
    change = changes.prepare(alice_as_actor(), changes.Draft(UPDATE, IDS, {"name": "Renamed"}))
    fresh_sandbox.clear()
    fresh_sandbox.fault(f"delay:{settings.ALTOSTRAT_DEADLINE * 0.8}", f"{ACCOUNT}$", method="GET")
    alice.post(f"/changes/{change.pk}/send/", {"attempt": "0"})

    change.refresh_from_db()
    assert fresh_sandbox.writes() == []
    assert change.state == Change.State.PREPARED
    alice.post(f"/changes/{change.pk}/send/", {"attempt": str(change.attempts)})
    change.refresh_from_db()
    assert change.state == Change.State.SUCCEEDED


def test_nothing_is_sent_without_time(alice: Client, fresh_sandbox: Sandbox, settings: Settings) -> None:
    settings.ALTOSTRAT_DEADLINE = 1e-9
    for address in (DOCUMENTED, ORGANIZATIONS, f"{DOCUMENTED}invoices/", panel(DOCUMENTED, "notes")):
        assert alice.get(address).status_code == 504, address

    assert paths(fresh_sandbox) == []


def test_file_of_all_invoices_has_a_deadline_of_its_own(
    alice: Client, fresh_sandbox: Sandbox, settings: Settings
) -> None:
    upstream.transport()  # with the usual deadline for a call
    settings.ALTOSTRAT_DEADLINE = 1e-9
    answer = alice.get(f"{DOCUMENTED}invoices/", {"format": "csv"})

    assert answer.status_code == 200
    assert b"in_" in answer.getvalue()
    assert paths(fresh_sandbox) == [f"/workspaces/{WORKSPACE}/billing-accounts/{ACCOUNT}/invoices"]

"""Altostrat does not answer, so nothing is sent: pages show copies, the API returns 503, and changes keep their input.

The clock of the circuits stands still, so that none of them lets a call pass.
"""

from __future__ import annotations

from django.test import Client

from billing.altostrat.errors import DeadlinePassed
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.http.call_failures import CallFailure
from billing.altostrat.http.circuits import FAILURES, Call
from billing.altostrat.http.deadlines import RunningCall
from billing.models import AltostratToken, Change
from billing.roles import Permission
from billing.services.people import keys
from billing.services.tokens import upstream
from tests import html
from tests.pages.addresses import ACCOUNT, DOCUMENTED, WORKSPACE
from tests.pages.forms import alice_as_actor, form_values, review_of
from tests.plugins.processes import Sandbox

EDIT = f"{DOCUMENTED}edit/"
API = f"/api/v1/workspaces/{WORKSPACE}/billing-accounts/{ACCOUNT}"


def stop_answering(sandbox: Sandbox) -> None:
    """Open the circuit of the documented account for the rest of the test, and empties the journal."""
    token, circuits = AltostratToken.objects.get(owner__username="alice"), upstream.transport().circuits
    circuits._clock = lambda: 0.0
    for _ in range(FAILURES):
        call = circuits.begin(str(token.pk), f"{WORKSPACE}/{ACCOUNT}", RunningCall(9e9))
        assert isinstance(call, Call)
        circuits.end(call, CallFailure(DeadlinePassed, FailureReason.READ_TIMEOUT))
    sandbox.clear()


def answer_again() -> None:
    upstream.transport.cache_clear()


def test_pages_show_copies_at_once(alice: Client, fresh_sandbox: Sandbox) -> None:
    for address in (DOCUMENTED, f"{DOCUMENTED}invoices/"):
        alice.get(address)
    stop_answering(fresh_sandbox)

    account, invoices = (html.text(alice.get(address)) for address in (DOCUMENTED, f"{DOCUMENTED}invoices/"))

    assert "ACME Corp Billing" in account
    assert "Altostrat is not responding." in account
    assert "Based in part on a copy from" in account
    assert "Based on a copy from" in invoices
    assert not [row["path"] for row in fresh_sandbox.requests() if ACCOUNT in row["path"]]


def test_page_without_a_copy_says_when_to_try_again(alice: Client, fresh_sandbox: Sandbox) -> None:
    stop_answering(fresh_sandbox)

    page = alice.get(f"{DOCUMENTED}invoices/")

    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "Altostrat is not responding" in html.text(page)
    assert fresh_sandbox.requests() == []


def test_api_returns_503(alice: Client, fresh_sandbox: Sandbox) -> None:
    key = keys.issue(alice_as_actor(), name="t", scopes=[Permission.BILLING_READ])[1]
    stop_answering(fresh_sandbox)

    answer = Client().get(API, headers={"Authorization": f"Bearer {key}"})

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["code"] == "altostrat_unavailable"
    assert fresh_sandbox.requests() == []


def test_form_keeps_its_input(alice: Client, fresh_sandbox: Sandbox) -> None:
    form = form_values(alice.get(EDIT)) | {"name": "Typed by hand"}
    stop_answering(fresh_sandbox)

    answer = alice.post(EDIT, form)

    assert answer.status_code == 503
    assert form_values(answer)["name"] == "Typed by hand"
    assert "Nothing was changed. Your input is still here." in html.text(answer)
    answer_again()
    assert alice.post(EDIT, form_values(answer)).status_code == 302


def test_change_is_not_sent_and_can_be_sent_later(alice: Client, fresh_sandbox: Sandbox) -> None:
    review = review_of(alice, EDIT, {"name": "Sent later"})
    form = form_values(alice.get(review))
    stop_answering(fresh_sandbox)

    answer = alice.post(f"{review}send/", form, follow=True)

    assert "Nothing was changed" in html.text(answer)
    assert fresh_sandbox.requests() == []
    assert Change.objects.get().sent_at is None
    answer_again()
    alice.post(f"{review}send/", form_values(alice.get(review)))
    assert [row["body"] for row in fresh_sandbox.writes()] == [{"name": "Sent later"}]
    assert Change.objects.get().state == Change.State.SUCCEEDED

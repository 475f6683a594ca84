"""The form for a new payment method: Stripe's, once, for the one who asked, and its secret nowhere else."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models import F
from django.test import Client

from billing.models import AuditEntry, Change, KeptCopy, UserSession
from tests.pages.addresses import DOCUMENTED
from tests.plugins.processes import Sandbox

NEW = f"{DOCUMENTED}payment-methods/new/"
STRIPE = "https://js.stripe.com"


def policy(response: object) -> dict[str, str]:
    header = response.headers["Content-Security-Policy"]  # type: ignore[attr-defined]
    return dict(part.partition(" ")[::2] for part in header.split("; "))


def secret_in(page: str) -> str:
    found = re.search(r'data-client-secret="(seti_\w+)"', page)
    assert found
    return found[1]


def test_the_form_of_stripe_is_on_the_answer_to_the_click_and_only_there(
    alice: Client, fresh_sandbox: Sandbox
) -> None:
    before = alice.get(NEW)
    shown = alice.post(NEW, {"change_id": uuid4()})
    directives = policy(shown)

    assert "stripe" not in before.headers["Content-Security-Policy"]
    assert directives["script-src"].split() == ["'self'", STRIPE, "https://*.js.stripe.com"]
    assert directives["frame-src"].split() == [
        STRIPE,
        "https://*.js.stripe.com",
        "https://hooks.stripe.com",
    ]
    assert directives["connect-src"].split() == ["'self'", "https://api.stripe.com"]
    assert directives["style-src"] == "'self'"
    assert shown.headers["Cache-Control"] == "no-store"
    assert secret_in(shown.text)
    assert 'data-key="pk_test_' in shown.text
    assert len(fresh_sandbox.writes()) == 1


def test_no_field_takes_a_number(alice: Client, fresh_sandbox: Sandbox) -> None:
    text = alice.get(NEW).text + alice.post(NEW, {"change_id": uuid4()}).text

    names = set(re.findall(r'<(?:input|textarea|select)\b[^>]*\bname="([^"]+)"', text))
    assert names <= {"csrfmiddlewaretoken", "change_id", "q"}


def test_loaded_again_it_says_so_and_asks_nobody(alice: Client, fresh_sandbox: Sandbox) -> None:
    form = {"change_id": uuid4()}
    secret = secret_in(alice.post(NEW, form).text)
    again = alice.post(NEW, form)

    assert "This form was shown once" in again.text
    assert secret not in again.text
    assert "stripe.com" not in again.headers["Content-Security-Policy"]
    assert len(fresh_sandbox.writes()) == 1
    outcome = alice.get(f"/changes/{form['change_id']}/")
    assert secret not in outcome.text
    alice.post(NEW, {"change_id": uuid4()})
    assert len(fresh_sandbox.writes()) == 2, "another click is another form"


def test_the_secret_is_neither_logged_nor_stored_nor_audited(
    alice: Client, fresh_sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    page = alice.post(NEW, {"change_id": uuid4()})
    secret = secret_in(page.text)
    address = re.search(r'data-return-url="http://testserver([^"]+)"', page.text)
    assert address
    alice.get(address[1], {"setup_intent_client_secret": secret, "redirect_status": "succeeded"})

    rows = [list(model._default_manager.values()) for model in (Change, AuditEntry, KeptCopy)]
    assert secret not in repr(rows)
    assert secret not in caplog.text
    assert secret not in repr(dict(alice.session))


def test_nobody_else_gets_it(alice: Client, bob: Client, fresh_sandbox: Sandbox) -> None:
    form = {"change_id": uuid4()}
    alice.post(NEW, form)

    assert bob.post(NEW, form).status_code == 403
    assert bob.get(f"{NEW}{form['change_id']}/back/").status_code == 404
    assert len(fresh_sandbox.writes()) == 1


def test_a_form_without_its_id_asks_nobody(alice: Client, fresh_sandbox: Sandbox) -> None:
    assert alice.post(NEW, {}).status_code == 422
    assert fresh_sandbox.writes() == []


def test_it_takes_a_fresh_sign_in(alice: Client, fresh_sandbox: Sandbox) -> None:
    UserSession.objects.update(signed_in_at=F("signed_in_at") - timedelta(hours=1))
    answer = alice.post(NEW, {"change_id": uuid4()})

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/confirm/")
    assert fresh_sandbox.writes() == []


def test_with_five_there_is_no_sixth(alice: Client, fresh_sandbox: Sandbox) -> None:
    full = "/workspaces/ws_ex6v0f7oxkpivd8q/billing-accounts/cus_izaumctstseorv3x/payment-methods/"
    page, form = alice.get(full).text, alice.get(f"{full}new/").text
    sent = alice.post(f"{full}new/", {"change_id": uuid4()})

    for text in (page, form, sent.text):
        assert "at most 5 payment methods" in text
    assert f'href="{full}new/"' not in page
    assert re.search(r"<button[^>]* disabled [^>]*>Ask for the form", form)
    assert sent.status_code == 409
    assert fresh_sandbox.writes() == []


def test_back_from_stripe_the_address_is_cleaned_and_the_list_read_anew(
    alice: Client, fresh_sandbox: Sandbox
) -> None:
    form = {"change_id": uuid4()}
    alice.post(NEW, form)
    back = f"{NEW}{form['change_id']}/back/"
    led = alice.get(back, {"setup_intent_client_secret": "seti_x_secret_y", "redirect_status": "succeeded"})
    assert (led.status_code, led.headers["Location"]) == (302, back)

    assert "lists nothing new yet" in alice.get(back).text, "whatever the address says"
    fresh_sandbox.add_payment_method("ws_a1b2c3d4e5f6g7h8", "cus_a1b2c3d4e5f6g7h8", last4="1881")
    page = alice.get(back).text
    assert "Altostrat has a new payment method" in page
    assert re.search(r"1881</span> <span class=\"tag tag-green\">New", page)


def test_without_an_answer_it_says_what_is_known(alice: Client, fresh_sandbox: Sandbox) -> None:
    fresh_sandbox.fault("close_after", method="POST")
    change_id = uuid4()
    sent = alice.post(NEW, {"change_id": change_id}, follow=True)

    assert "Outcome unknown" in sent.text
    assert len(fresh_sandbox.writes()) == 1
    again = alice.post(f"/changes/{change_id}/again/", follow=True)
    assert again.request["PATH_INFO"] == NEW, "reviewed on its own page"
    waiting = re.search(r'name="change_id" value="([^"]+)"', again.text)
    assert waiting
    assert alice.post(f"/changes/{waiting[1]}/send/").status_code == 302
    assert len(fresh_sandbox.writes()) == 1, "the common review does not send it"
    assert secret_in(alice.post(NEW, {"change_id": waiting[1]}).text)


def test_a_refusal_leads_to_altostrats_words(alice: Client, fresh_sandbox: Sandbox) -> None:
    fresh_sandbox.fault("status:422", method="POST")
    sent = alice.post(NEW, {"change_id": uuid4()}, follow=True)

    assert "Altostrat refused this change" in sent.text
    assert "A rule of the sandbox answers 422." in sent.text
    assert "stripe.com" not in sent.headers["Content-Security-Policy"]

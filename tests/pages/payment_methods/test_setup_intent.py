"""Stripe's form for a new payment method is shown once, to the person who requested it. Its secret is not stored."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F
from django.test import Client

from billing.models import AuditEntry, Change, KeptCopy, UserSession
from tests import html
from tests.pages.addresses import ACCOUNT, DOCUMENTED, WORKSPACE
from tests.plugins.processes import Sandbox

NEW = f"{DOCUMENTED}payment-methods/new/"
FULL = "/workspaces/ws_ex6v0f7oxkpivd8q/billing-accounts/cus_izaumctstseorv3x/payment-methods/"
STRIPE = "https://js.stripe.com"
FORM = "[data-payment-form]"


def new_form() -> dict[str, str]:
    return {"change_id": str(uuid4())}


def policy(response: Any) -> Mapping[str, str]:
    header = response.headers["Content-Security-Policy"]
    return dict(part.partition(" ")[::2] for part in header.split("; "))


def secret_in(page: html.Source) -> str:
    (secret,) = html.attributes(page, FORM, "data-client-secret")
    assert re.fullmatch(r"seti_\w+", secret)
    return secret


def test_only_the_answer_to_the_button_has_stripes_form(alice: Client, fresh_sandbox: Sandbox) -> None:
    before = alice.get(NEW)
    shown = alice.post(NEW, new_form())
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
    assert secret_in(shown)
    assert html.attributes(shown, FORM, "data-key")[0].startswith("pk_test_")
    assert len(fresh_sandbox.writes()) == 1


def test_no_field_takes_a_card_number(alice: Client, fresh_sandbox: Sandbox) -> None:
    pages = [alice.get(NEW), alice.post(NEW, new_form())]

    names = {name for page in pages for name in html.attributes(page, "input, textarea, select", "name")}
    assert names <= {"csrfmiddlewaretoken", "change_id", "q"}


def test_reloading_does_not_show_the_form_again(alice: Client, fresh_sandbox: Sandbox) -> None:
    form = new_form()
    secret = secret_in(alice.post(NEW, form))
    again = alice.post(NEW, form)

    assert html.text(html.one(again, "h1")) == "This form was already shown"
    assert secret not in again.text
    assert "stripe.com" not in again.headers["Content-Security-Policy"]
    assert len(fresh_sandbox.writes()) == 1
    assert secret not in alice.get(f"/changes/{form['change_id']}/").text


def test_another_click_asks_for_another_form(alice: Client, fresh_sandbox: Sandbox) -> None:
    alice.post(NEW, new_form())
    alice.post(NEW, new_form())

    assert len(fresh_sandbox.writes()) == 2


def test_the_secret_is_neither_logged_nor_stored_nor_audited(
    alice: Client, fresh_sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    page = alice.post(NEW, new_form())
    secret = secret_in(page)
    (address,) = html.attributes(page, FORM, "data-return-url")
    alice.get(address, {"setup_intent_client_secret": secret, "redirect_status": "succeeded"})

    rows = [list(model._default_manager.values()) for model in (Change, AuditEntry, KeptCopy)]
    assert secret not in repr(rows)
    assert secret not in caplog.text
    assert secret not in repr(dict(alice.session))


def test_nobody_else_gets_the_form(alice: Client, bob: Client, fresh_sandbox: Sandbox) -> None:
    form = new_form()
    alice.post(NEW, form)

    assert bob.post(NEW, form).status_code == 403
    back = bob.get(f"{NEW}{form['change_id']}/back/")
    assert (back.status_code, back.headers["Location"]) == (302, NEW.removesuffix("new/"))
    assert len(fresh_sandbox.writes()) == 1


def test_a_form_without_its_id_sends_nothing(alice: Client, fresh_sandbox: Sandbox) -> None:
    assert alice.post(NEW, {}).status_code == 422
    assert fresh_sandbox.writes() == []


def test_it_needs_a_fresh_sign_in(alice: Client, fresh_sandbox: Sandbox) -> None:
    UserSession.objects.update(signed_in_at=F("signed_in_at") - timedelta(hours=1))
    answer = alice.post(NEW, new_form())

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/confirm/")
    assert fresh_sandbox.writes() == []


def test_an_account_with_five_payment_methods_gets_no_sixth(alice: Client, fresh_sandbox: Sandbox) -> None:
    page, form = alice.get(FULL), alice.get(f"{FULL}new/")
    sent = alice.post(f"{FULL}new/", new_form())

    for shown in (page, form, sent):
        assert "can have 5 payment methods" in html.text(shown)
    assert f"{FULL}new/" not in html.attributes(page, "a", "href")
    assert "disabled" in html.button(form, "Show the form").attributes
    assert sent.status_code == 409
    assert fresh_sandbox.writes() == []


def test_on_return_from_stripe_the_address_is_cleaned_and_the_list_is_read(
    alice: Client, fresh_sandbox: Sandbox
) -> None:
    form = new_form()
    alice.post(NEW, form)
    back = f"{NEW}{form['change_id']}/back/"
    answer = alice.get(
        back, {"setup_intent_client_secret": "seti_x_secret_y", "redirect_status": "succeeded"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, back)
    # Whatever the address says.
    assert html.text(html.one(alice.get(back), "h1")) == "No new payment method yet"

    fresh_sandbox.add_payment_method(WORKSPACE, ACCOUNT, last4="1881")
    page = alice.get(back)
    assert html.text(html.one(page, "h1")) == "Altostrat has a new payment method"
    assert any("1881 New" in row for row in html.texts(page, "main li"))


def test_a_lost_answer_leads_to_an_unknown_outcome(alice: Client, fresh_sandbox: Sandbox) -> None:
    fresh_sandbox.fault("close_after", method="POST")
    form = new_form()
    sent = alice.post(NEW, form, follow=True)

    assert html.text(html.one(sent, "h1")) == "Outcome unknown"
    assert len(fresh_sandbox.writes()) == 1
    again = alice.post(f"/changes/{form['change_id']}/repeat/", follow=True)
    assert again.request["PATH_INFO"] == NEW, "its own page sends it"
    waiting = html.fields(again, f'form[action="{NEW}"]')["change_id"]
    assert alice.post(f"/changes/{waiting}/send/").status_code == 302
    assert len(fresh_sandbox.writes()) == 1, "the common review does not send it"
    assert secret_in(alice.post(NEW, {"change_id": waiting}))


def test_a_refusal_shows_altostrats_message(alice: Client, fresh_sandbox: Sandbox) -> None:
    fresh_sandbox.fault("status:422", method="POST")
    sent = alice.post(NEW, new_form(), follow=True)

    assert html.text(html.one(sent, "h1")) == "Altostrat refused this change"
    assert "A rule of the sandbox answers 422." in html.text(sent)
    assert "stripe.com" not in sent.headers["Content-Security-Policy"]

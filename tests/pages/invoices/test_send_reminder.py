"""Sending reminders: once per click, through a real mail server, with an outcome that is never guessed."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from threading import Thread

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from billing.models import AuditEntry, SentReminder, User
from billing.roles import Permission, Role
from billing.services.actor import Actor, Door
from billing.services.follow_ups import store
from billing.services.follow_ups.promises import Promise, Promised
from billing.services.reminders import delivery, sending
from tests.html import attributes, fields, select, text, texts
from tests.pages.addresses import ACCOUNT, DOCUMENTED, WORKSPACE, panel
from tests.pages.conftest import client_of
from tests.pages.invoices.conftest import PutInvoices
from tests.plugins import smtp
from tests.plugins.smtp import MailServer
from tests.tokens import FINANCE

REMINDER = f"{DOCUMENTED}reminder/"
SEND = f"{REMINDER}send/"
DUE = {"number": "A-1", "amount_due": 10_000, "due_date": "2026-02-01T00:00:00Z"}


def form(client: Client, address: str = REMINDER) -> dict[str, str]:
    """Return the fields of the only form that sends."""
    return fields(client.get(address), ".reminder-send")


def send(client: Client, data: dict[str, str]) -> str:
    answer = client.post(SEND, data, follow=True)
    assert answer.status_code == 200, answer.text
    return text(answer)


@pytest.fixture(autouse=True)
def due(put_invoices: PutInvoices, mail_server: MailServer) -> None:
    put_invoices(DUE)


def test_click_sends_what_the_page_shows(alice: Client, mail_server: MailServer) -> None:
    page = alice.get(REMINDER)
    said = send(alice, fields(page, ".reminder-send"))

    (mail,) = mail_server.received
    assert f"Send to {mail['To']}" in texts(page, ".reminder-send button")
    assert mail["From"] == "Billing <billing@portal.example>"
    assert mail["Subject"] == "Payment reminder: A-1, $100.00 USD"
    assert mail.get_content().split() == texts(page, ".reminder-text")[0].split()
    assert "Sent. The mail server accepted" in said
    entries = AuditEntry.objects.filter(verb="reminder.send").order_by("pk")
    assert [(row.outcome, row.detail) for row in entries] == [
        ("started", "USD, en"),
        ("succeeded", "USD, en"),
    ]
    assert mail["To"] not in str(list(entries.values()) + list(SentReminder.objects.values()))
    assert "Send a payment reminder" in text(alice.get(panel(DOCUMENTED, "timeline")))


def test_second_click_and_reload_send_nothing(alice: Client, mail_server: MailServer) -> None:
    data = form(alice)
    first = alice.post(SEND, data)
    again = alice.post(SEND, data)
    for _ in range(2):
        assert "Sent." in text(alice.get(first.headers["Location"]))

    assert again.headers["Location"] == first.headers["Location"]
    assert len(mail_server.raw) == 1


def test_next_reminder_of_the_day_needs_a_confirmation(alice: Client, mail_server: MailServer) -> None:
    send(alice, form(alice))
    data = form(alice)
    assert "A reminder was sent in the last day. Nothing was sent now" in send(alice, data)
    assert len(mail_server.raw) == 1
    send(alice, {**data, "confirmed": "on"})

    assert len(mail_server.raw) == 2


@pytest.mark.parametrize(
    ("days", "amounts", "needs_confirmation"),
    [(0, {"usd": 5_000}, True), (3, {}, True), (3, {"eur": 5_000}, False), (-1, {"usd": 5_000}, False)],
    ids=["today", "all invoices", "another currency", "broken"],
)
def test_promise_pauses_reminders_to_the_end_of_its_day(
    days: int, amounts: dict[str, int], needs_confirmation: bool, alice: Client, mail_server: MailServer
) -> None:
    actor = Actor(User.objects.get(username="alice"), Door.PAGE, frozenset(Permission))
    covered = {"in_1": Promised("usd", 10_000), "in_2": Promised("eur", 5_000)} if amounts else {}
    covered = covered or {"in_1": Promised("usd", 10_000)}
    promise = Promise(timezone.localdate() + timedelta(days=days), amounts, covered)
    store.set_promise(actor, (WORKSPACE, ACCOUNT), promise)
    page = alice.get(REMINDER)
    said = send(alice, fields(page, ".reminder-send"))

    assert bool(select(page, "input[name=confirmed]")) is needs_confirmation
    assert ("Payment is promised. Nothing was sent" in said) is needs_confirmation
    assert len(mail_server.raw) == (0 if needs_confirmation else 1)
    if needs_confirmation:
        send(alice, form(alice) | {"confirmed": "on"})
        assert len(mail_server.raw) == 1


def test_text_that_has_changed_is_not_sent(
    alice: Client, mail_server: MailServer, put_invoices: PutInvoices
) -> None:
    data = form(alice)
    put_invoices({**DUE, "amount_due": 9_000})

    assert "Nothing was sent: check the reminder" in send(alice, data)
    assert mail_server.raw == []
    assert not SentReminder.objects.exists()


@pytest.mark.parametrize(
    ("fault", "state", "said"),
    [
        (
            smtp.REFUSE_RECIPIENT,
            "refused",
            "Not sent. The mail server refused the recipient. Nothing was sent.",
        ),
        (smtp.CLOSE_AFTER_DATA, "unknown", "Outcome unknown. The connection ended before"),
        (smtp.REFUSE_AFTER_DATA, "unknown", "The mail server answered 554 after it had the message."),
    ],
)
def test_failure_says_whether_anything_was_sent(
    fault: str, state: str, said: str, alice: Client, mail_server: MailServer
) -> None:
    mail_server.fault = fault
    data = form(alice)
    shown = send(alice, data)
    mail_server.fault = smtp.ACCEPT
    again = send(alice, data)

    assert said in shown
    assert said in again
    assert "Erika" not in shown + str(list(AuditEntry.objects.values()))
    assert SentReminder.objects.get().state == state
    assert len(mail_server.raw) == (state == "unknown")
    outcome = AuditEntry.objects.filter(verb="reminder.send").order_by("-pk")[0].outcome
    assert outcome == ("refused" if state == "refused" else "failed")


@pytest.mark.parametrize("fault", [smtp.SILENT, smtp.DRIP])
def test_slow_server_is_left_in_time(
    fault: str, alice: Client, mail_server: MailServer, settings: Settings
) -> None:
    settings.MAIL_TIMEOUT = 0.3
    mail_server.fault = fault

    assert "Not sent. The mail server" in send(alice, form(alice))


def test_unreachable_server(alice: Client, mail_server: MailServer) -> None:
    data = form(alice)
    mail_server.shutdown()
    mail_server.server_close()

    assert "Not sent. The mail server cannot be reached. Nothing was sent." in send(alice, data)


def test_interrupted_attempt_becomes_unknown(alice: Client, mail_server: MailServer) -> None:
    send(alice, form(alice))
    long_ago = timezone.now() - timedelta(minutes=6)
    SentReminder.objects.update(state="sending", claimed_at=long_ago)

    assert "Outcome unknown: sent or not" in text(alice.get(REMINDER))
    assert SentReminder.objects.get().state == "unknown"
    assert delivery.settle_stale() == 0
    assert sending.delete_expired(timezone.now() + timedelta(days=91)) == 1


def test_attempt_that_nobody_began_to_send_was_not_sent(alice: Client, mail_server: MailServer) -> None:
    send(alice, form(alice))
    long_ago = timezone.now() - timedelta(minutes=6)
    SentReminder.objects.update(state="sending", claimed_at=long_ago, envelope="v1:k:sealed")
    row = SentReminder.objects.get()

    assert "Not sent. The portal was interrupted before it began to send." in text(
        alice.get(f"{REMINDER}?sent={row.pk}")
    )
    row.refresh_from_db()
    assert (row.state, row.envelope) == ("refused", "")


def test_viewer_cannot_send(alice: Client, mail_server: MailServer) -> None:
    data = form(alice)
    victor = client_of("victor", Role.VIEWER, FINANCE)

    assert select(victor.get(REMINDER), ".reminder-send") == []
    assert victor.post(SEND, data).status_code == 403
    assert mail_server.raw == []


def test_without_a_mail_server_nothing_is_offered(alice: Client, settings: Settings) -> None:
    data = form(alice)
    settings.EMAIL_URL = ""

    assert select(alice.get(REMINDER), ".reminder-send") == []
    assert alice.post(SEND, data).status_code == 422


def test_language_is_chosen_by_the_person(alice: Client, mail_server: MailServer) -> None:
    send(alice, form(alice, f"{REMINDER}?language=de"))

    (mail,) = mail_server.received
    assert mail["Subject"] == "Zahlungserinnerung: A-1, 100,00 USD"
    assert "Mit freundlichen Grüßen" in mail.get_content()


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_time_send_once(alice: Client, mail_server: MailServer) -> None:
    data, answers = form(alice), list[int]()

    def click() -> None:
        client = Client()
        client.cookies = alice.cookies
        try:
            # On a busy machine a click may be asked to try again.
            while (status := client.post(SEND, data).status_code) == HTTPStatus.SERVICE_UNAVAILABLE:
                pass
            answers.append(status)
        finally:
            connection.close()

    threads = [Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [302] * 4
    assert len(mail_server.raw) == 1


def test_administrator_edits_the_text(alice: Client, mail_server: MailServer) -> None:
    ada = client_of("ada", Role.ADMIN, FINANCE)
    address = "/reminder-texts/en/"
    data = fields(ada.get(address), ".card form")
    wrong = ada.post(address, {**data, "subject": "Dear {custmer}"})
    shown = ada.post(address, {**data, "subject": "Please pay {total}", "preview": "yes"})
    saved = ada.post(address, {**data, "subject": "Please pay {total}"})

    assert wrong.status_code == 422
    assert "Unknown placeholder {custmer}." in text(wrong)
    assert "Please pay €3,570.50 EUR" in text(shown)
    assert saved.status_code == 302
    assert ada.post(address, {**data, "subject": "Again"}).status_code == 409
    entry = AuditEntry.objects.get(verb="reminder_template.save")
    assert (entry.subject, entry.detail) == ("en", "version 1")
    assert alice.get(address).status_code == 403
    send(alice, form(alice))
    assert mail_server.received[0]["Subject"] == "Please pay $100.00 USD"
    assert attributes(ada.get(REMINDER), f'a[href="{address}"]', "href")


def test_person_who_sees_masks_sends_to_the_real_address(
    alice: Client, mail_server: MailServer, settings: Settings
) -> None:
    settings.MASKED_ROLES = ["editor"]
    page = alice.get(REMINDER)
    said = send(alice, fields(page, ".reminder-send"))

    (mail,) = mail_server.received
    address, domain = str(mail["To"]), str(mail["To"]).partition("@")[2]
    assert texts(page, ".reminder-send button") == [f"Send to {address[0]}•••@{domain}"]
    assert address not in page.text + said + str(list(AuditEntry.objects.values()))
    entries = AuditEntry.objects.filter(verb="reminder.send").order_by("pk")
    assert [row.outcome for row in entries] == ["started", "succeeded"]
    assert {row.detail for row in entries} == {"USD, en, to an address that the person sees masked"}

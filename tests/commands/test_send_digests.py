"""manage.py send_digests: one digest per person and period, with the person's own token and time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from billing.models import AltostratToken, AuditEntry, Digest, User
from billing.roles import Role
from billing.services.digests import periods, run
from tests.html import select, text
from tests.pages.conftest import client_of
from tests.plugins import smtp
from tests.plugins.smtp import MailServer
from tests.services.scans.pauses import skip_pauses
from tests.tokens import SUPPORT


def send(days: int = 1) -> dict[str, int]:
    return run.send_due(now=timezone.now() + timedelta(days=days), pause=lambda _: skip_pauses())


@pytest.fixture
def carol(db: None, static_files: None, altostrat_url: str, settings: Settings) -> Client:
    """Return a viewer with an address, who gets a digest every day."""
    settings.ALTOSTRAT_REQUESTS_PER_MINUTE = 6000
    client = client_of("carol", Role.VIEWER, SUPPORT)
    User.objects.update(email="carol@portal.example", first_name="Carol")
    assert client.post("/account/digest/", {"frequency": "daily", "hour": "0"}).status_code == 302
    return client


def test_digest_has_counts_names_and_links_and_is_sent_once(carol: Client, mail_server: MailServer) -> None:
    assert send(0) == {}
    assert send() == {run.SENT: 1}
    assert send() == {}

    (mail,) = mail_server.received
    plain, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    assert (mail["To"], mail["Auto-Submitted"]) == ("carol@portal.example", "auto-generated")
    words = plain.get_content()
    assert "Past due: 1 new, 1 in total\nhttps://billing.example/queues/past-due/" in words.replace("\r", "")
    assert "- Prairie Rural Clinics: https://billing.example/workspaces/ws_supportdesk0002/" in words
    assert "@" not in words
    assert "$" not in words
    assert 'href="https://billing.example/queues/past-due/"' in html.get_content()
    entries = AuditEntry.objects.filter(verb="digest.send")
    assert [(row.actor_name, row.outcome) for row in entries] == [("carol", "succeeded")]
    assert run.SENT in text(carol.get("/account/"))


def test_next_digest_has_only_what_is_new(carol: Client, mail_server: MailServer) -> None:
    send()
    assert send(2) == {run.NOTHING_NEW: 1}
    row = Digest.objects.get()
    row.seen["past-due"] = []
    row.save()
    assert send(3) == {run.SENT: 1}

    assert "1 new in your work queues" in mail_server.received[1]["Subject"]
    assert "Prairie" not in str(Digest.objects.values())


def test_deactivated_person_gets_nothing(carol: Client, mail_server: MailServer) -> None:
    User.objects.update(is_active=False)

    assert send() == {}
    assert mail_server.raw == []


def test_refused_token_is_stated_on_the_page(carol: Client, mail_server: MailServer) -> None:
    AltostratToken.objects.update(status=AltostratToken.Status.REFUSED)

    assert send() == {run.TOKEN_REFUSED: 1}
    assert mail_server.raw == []
    assert run.TOKEN_REFUSED in text(carol.get("/account/"))


def test_person_without_a_role_gets_nothing(carol: Client, mail_server: MailServer) -> None:
    User.objects.get().groups.clear()

    assert send() == {run.NO_ROLE: 1}
    assert mail_server.raw == []


def test_refusal_before_the_message_is_tried_again_and_an_unknown_outcome_is_not(
    carol: Client, mail_server: MailServer
) -> None:
    mail_server.fault = smtp.REFUSE_RECIPIENT
    assert list(send()) == ["Not sent: The mail server refused the recipient."]
    mail_server.fault = smtp.CLOSE_AFTER_DATA
    (result,) = send()
    assert result.startswith("Outcome unknown:")
    assert send() == {}

    assert len(mail_server.raw) == 1


def test_digest_of_unknown_outcome_is_stated_and_the_next_one_repeats_what_was_new(
    carol: Client, mail_server: MailServer
) -> None:
    mail_server.fault = smtp.CLOSE_AFTER_DATA
    send()
    home, page = text(carol.get("/")), text(carol.get("/account/"))
    mail_server.fault = smtp.ACCEPT
    assert send(2) == {run.SENT: 1}

    first, second = (mail.get_body(("plain",)) for mail in mail_server.received)
    assert first is not None
    assert second is not None
    assert "Past due: 1 new" in first.get_content()
    assert "Past due: 1 new" in second.get_content()
    assert "It is not known whether your digest of" in home
    assert "Outcome unknown: The connection ended" in page
    assert "The next one includes what was new in it." in page
    assert "It is not known" not in text(carol.get("/"))


def test_digest_of_a_killed_process_becomes_unknown_and_is_not_sent_again(
    carol: Client, mail_server: MailServer
) -> None:
    row = Digest.objects.get()
    now = timezone.now()
    period = periods.period_of(row, now + timedelta(days=1))
    Digest.objects.update(claimed_for=period, last_result=run.SENDING, last_at=now)
    assert run.SENDING in text(carol.get("/account/"))
    assert send() == {}
    Digest.objects.update(last_at=now - timedelta(minutes=6))
    assert send() == {}

    assert mail_server.raw == []
    assert "It is not known whether your digest of" in text(carol.get("/"))
    assert run.INTERRUPTED in text(carol.get("/account/"))
    assert [row.outcome for row in AuditEntry.objects.filter(verb="digest.send")] == ["failed"]


@pytest.mark.parametrize(
    ("zone", "frequency", "now", "day"),
    [
        ("UTC", "daily", datetime(2026, 3, 31, 7, tzinfo=UTC), "2026-03-31"),
        ("UTC", "daily", datetime(2026, 3, 31, 6, 59, tzinfo=UTC), "2026-03-30"),
        ("Pacific/Auckland", "daily", datetime(2026, 3, 30, 19, tzinfo=UTC), "2026-03-31"),
        ("America/New_York", "daily", datetime(2026, 3, 31, 10, tzinfo=UTC), "2026-03-30"),
        ("UTC", "weekly", datetime(2026, 3, 31, 7, tzinfo=UTC), "2026-03-30"),
        ("UTC", "weekly", datetime(2026, 3, 30, 6, tzinfo=UTC), "2026-03-23"),
    ],
)
def test_period_begins_in_the_zone_of_the_person(zone: str, frequency: str, now: datetime, day: str) -> None:
    row = Digest(user=User(time_zone=zone), frequency=frequency, hour=7)

    assert periods.period_of(row, now).isoformat() == day


def test_digest_can_be_ended_and_goes_with_its_person(carol: Client, mail_server: MailServer) -> None:
    assert carol.post("/account/digest/", {"frequency": "hourly", "hour": "0"}).status_code == 422
    carol.post("/account/digest/", {"frequency": "off", "hour": "0"})
    assert not Digest.objects.exists()
    carol.post("/account/digest/", {"frequency": "weekly", "hour": "7"})
    User.objects.filter(username="carol").delete()

    assert not Digest.objects.exists()


def test_without_a_mail_server(carol: Client) -> None:
    assert select(carol.get("/account/"), 'form[action="/account/digest/"]') == []
    with pytest.raises(CommandError, match="EMAIL_URL"):
        call_command("send_digests")


def test_command_prints_the_results(
    carol: Client, mail_server: MailServer, capsys: pytest.CaptureFixture[str]
) -> None:
    Digest.objects.update(claimed_for=None)
    AltostratToken.objects.all().delete()
    call_command("send_digests")

    assert capsys.readouterr().out == f"1: {run.NO_TOKEN}\n"

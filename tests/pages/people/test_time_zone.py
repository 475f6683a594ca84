"""The time zone of a person."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils import timezone

from billing.models import User
from billing.services.people import time_zones
from tests import html
from tests.pages.addresses import DOCUMENTED


def choose(client: Client, zone: str) -> None:
    """Send the form of My account."""
    answer = client.post("/account/", {"time_zone": zone})
    assert answer.status_code == 302, answer.text


def test_times_are_in_utc_by_default(alice: Client) -> None:
    assert "29 Oct 2025, 00:40:06\u00a0UTC" in alice.get(DOCUMENTED).text


def test_times_are_in_the_chosen_zone(alice: Client) -> None:
    choose(alice, "America/New_York")
    page = alice.get(DOCUMENTED)

    assert "28 Oct 2025, 20:40:06\u00a0EDT" in page.text
    assert "2025-10-29T00:40:06Z" in html.attributes(page, "time", "datetime")


def test_each_person_has_their_own_zone(alice: Client, carol: Client) -> None:
    choose(alice, "Asia/Kathmandu")

    assert html.fields(alice.get("/account/"), "form[data-zone]")["time_zone"] == "Asia/Kathmandu"
    assert html.fields(carol.get("/account/"), "form[data-zone]")["time_zone"] == "UTC"
    assert "Asia/Kathmandu" in html.text(html.one(alice.get("/account/"), "footer"))
    assert timezone.get_current_timezone_name() == "UTC"


def test_api_answers_in_utc(alice: Client) -> None:
    choose(alice, "Asia/Kathmandu")

    answer = alice.get(f"/api/v1{DOCUMENTED.rstrip('/')}")
    assert answer.json()["created_at"] == "2025-10-29T00:40:06.000000Z"


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("utc", "UTC"),
        ("Asia/Calcutta", "Asia/Calcutta"),  # an old name that browsers still use
        (" Africa/Johannesburg ", "Africa/Johannesburg"),
        ("São Paulo", "America/Sao_Paulo"),
        ("Port\u2011au\u2011Prince\u200b", "America/Port-au-Prince"),
        ("Curaçao", "America/Curacao"),
    ],
)
def test_zone_is_found_by(text: str, zone: str, alice: Client) -> None:
    choose(alice, text)

    assert User.objects.get(username="alice").time_zone == zone


@pytest.mark.parametrize("text", ["", "Atlantis", "../../etc/passwd", "+02:00", "localtime", "x" * 65])
def test_unknown_zone_is_refused(text: str, alice: Client) -> None:
    answer = alice.post("/account/", {"time_zone": text})

    assert answer.status_code == 422
    assert html.one(answer, "#id_time_zone").attributes["aria-invalid"] == "true"
    assert User.objects.get(username="alice").time_zone == "UTC"


def test_zone_that_does_not_exist_any_more_becomes_utc(alice: Client) -> None:
    User.objects.filter(username="alice").update(time_zone="Europe/Atlantis")

    assert "00:40:06\u00a0UTC" in alice.get(DOCUMENTED).text


def test_choices_have_the_offset_from_utc() -> None:
    choices = dict(time_zones.choices(datetime.now(UTC)))

    assert choices["UTC"] == "UTC+00:00"
    assert choices["Asia/Kolkata"] == "UTC+05:30"
    assert not any(name.startswith(("Etc/", "US/", "posix")) for name in choices)

"""The zone in which a person reads times."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from billing.models import User
from billing.services.people import time_zones
from tests.pages.addresses import DOCUMENTED


def choose(client: Client, zone: str) -> None:
    """Sends the form of My account."""
    answer = client.post("/account/", {"time_zone": zone})
    assert answer.status_code == 302, answer.text


def test_times_are_in_utc_before_a_zone_is_chosen(alice: Client) -> None:
    assert "29 Oct 2025, 00:40:06\u00a0UTC" in alice.get(DOCUMENTED).text


def test_times_are_in_the_zone_that_was_chosen(alice: Client) -> None:
    choose(alice, "America/New_York")
    page = alice.get(DOCUMENTED).text

    assert "28 Oct 2025, 20:40:06\u00a0EDT" in page
    assert 'datetime="2025-10-29T00:40:06Z"' in page


def test_the_zone_is_the_persons_own(alice: Client, carol: Client) -> None:
    choose(alice, "Asia/Kathmandu")

    assert "Time zone: Asia/Kathmandu" in alice.get("/account/").text
    assert "Time zone: UTC" in carol.get("/account/").text
    assert timezone.get_current_timezone_name() == "UTC"


def test_programs_are_answered_in_utc(alice: Client) -> None:
    choose(alice, "Asia/Kathmandu")

    answer = alice.get(f"/api/v1{DOCUMENTED.rstrip('/')}")
    assert answer.json()["created_at"] == "2025-10-29T00:40:06.000000Z"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("utc", "UTC"),
        ("Asia/Calcutta", "Asia/Calcutta"),  # the old name, which browsers still say
        (" Africa/Johannesburg ", "Africa/Johannesburg"),
    ],
)
def test_it_takes_what_people_and_browsers_call_a_zone(typed: str, kept: str, alice: Client) -> None:
    choose(alice, typed)

    assert User.objects.get(username="alice").time_zone == kept


@pytest.mark.parametrize("typed", ["", "Atlantis", "../../etc/passwd", "+02:00", "localtime", "x" * 65])
def test_it_refuses_what_is_no_zone(typed: str, alice: Client) -> None:
    answer = alice.post("/account/", {"time_zone": typed})

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert User.objects.get(username="alice").time_zone == "UTC"


def test_a_zone_that_is_gone_reads_as_utc(alice: Client) -> None:
    User.objects.filter(username="alice").update(time_zone="Europe/Atlantis")

    assert "00:40:06\u00a0UTC" in alice.get(DOCUMENTED).text


def test_the_list_tells_how_far_each_zone_is_from_utc() -> None:
    offered = dict(time_zones.offered())

    assert offered["UTC"] == "UTC+00:00"
    assert offered["Asia/Kolkata"] == "UTC+05:30"
    assert not any(name.startswith(("Etc/", "US/", "posix")) for name in offered)

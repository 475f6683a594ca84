"""Request ids, and answers that nobody may keep."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_it_keeps_a_harmless_request_id(client: Client) -> None:
    assert (
        client.get("/readyz", headers={"x-request-id": "erp-2026.11_23"})["X-Request-ID"] == "erp-2026.11_23"
    )


@pytest.mark.parametrize("offered", ["", "short", "a" * 65, "has blanks in it", "<script>alert(1)</script>"])
def test_it_makes_its_own_in_place_of_a_strange_one(client: Client, offered: str) -> None:
    made = client.get("/readyz", headers={"x-request-id": offered})["X-Request-ID"]

    assert made != offered
    assert len(made) == 32


def test_two_requests_have_two_ids(client: Client) -> None:
    assert client.get("/readyz")["X-Request-ID"] != client.get("/readyz")["X-Request-ID"]


@pytest.mark.parametrize("path", ["/", "/accounts/sign-in/", "/healthz", "/no/such/page"])
def test_every_answer_is_private(client: Client, path: str) -> None:
    assert client.get(path)["Cache-Control"] == "no-store"

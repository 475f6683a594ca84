"""Every exception of Django and of the REST framework has a status, from the API and as a page."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from billing.api.codes import CODES
from tests.portal.exceptions import EXPECTED, FAULTS, found, name_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]

ALL = dict.fromkeys(FAULTS, (500, 500)) | EXPECTED


@pytest.fixture
def visitor(client: Client, settings: Settings) -> Client:
    """Return a browser of a portal whose views raise what it asks for."""
    settings.ROOT_URLCONF = "tests.portal.exception_urls"
    client.raise_request_exception = False
    return client


def test_the_lists_are_complete() -> None:
    assert found() == set(ALL)


@pytest.mark.parametrize("kind", ALL, ids=name_of)
def test_the_api_answers_with_the_status_of_the_exception(kind: type[Exception], visitor: Client) -> None:
    answer = visitor.get(f"/api/v1/raise/{name_of(kind)}")

    assert answer.status_code == ALL[kind][0]
    assert CODES[answer.json()["code"]].status == answer.status_code
    assert "private text" not in answer.text


@pytest.mark.parametrize("kind", ALL, ids=name_of)
def test_a_page_answers_with_the_status_of_the_exception(kind: type[Exception], visitor: Client) -> None:
    answer = visitor.get(f"/raise/{name_of(kind)}/")

    assert answer.status_code == ALL[kind][1]
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "private text" not in answer.text

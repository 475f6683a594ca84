"""Error pages of Django: unknown URLs, expired forms and faults."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connections
from django.http import HttpRequest
from django.test import Client, RequestFactory

from billing.pages.frame import errors
from tests import html
from tests.pages.addresses import DOCUMENTED


def test_unknown_url_is_a_404_page(db: None, client: Client) -> None:
    answer = client.get("/nowhere/")

    assert answer.status_code == 404
    assert "Page not found" in answer.text


@pytest.mark.parametrize("view", [errors.not_found, errors.permission_denied, errors.bad_request])
def test_api_errors_are_json(view: Any, rf: RequestFactory) -> None:
    request = rf.get("/api/v1/x")
    request.request_id = "json-test-0001"  # type: ignore[attr-defined]
    answer = view(request, None)

    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Portal-Origin"] == "portal"
    assert b'"request_id": "json-test-0001"' in answer.content


def test_expired_form_is_a_403_page(static_files: None, db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post("/accounts/sign-in/", {"username": "x", "password": "y"})

    assert answer.status_code == 403
    assert "This form has expired" in answer.text


def test_fault_page_works_without_the_database(alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("away")

    alice.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(connections["default"], "cursor", away)
        answer = alice.get(DOCUMENTED)

    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert html.select(answer, ".failure-title"), (
        "the template could not be rendered, so this is the fallback"
    )
    assert answer.headers["X-Request-ID"] in answer.text


def test_fault_page_works_without_templates(rf: RequestFactory, settings: Any) -> None:
    settings.TEMPLATES = []
    answer = errors.server_error(HttpRequest())

    assert answer.status_code == 500
    assert b"Something went wrong" in answer.content

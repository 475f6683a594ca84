"""Logs contain no database rows and no search terms."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client

from billing.models import User

pytestmark = pytest.mark.django_db

CANARY = "erika.canary@example.com"


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Yield the lines that the root handler would print."""
    written: list[str] = []
    root = logging.getLogger()
    ours = next(one for one in root.handlers if type(one.formatter).__name__ == "LineFormatter")
    handler = logging.Handler()
    handler.setFormatter(ours.formatter)
    for one in ours.filters:
        handler.addFilter(one)
    handler.emit = lambda record: written.append(handler.format(record))  # type: ignore[method-assign]
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)


def test_database_error_is_logged_without_its_row(lines: list[str]) -> None:
    User.objects.create(username=CANARY)
    try:
        with transaction.atomic():
            User.objects.create(username=CANARY)
    except IntegrityError:
        logging.getLogger("billing").exception("a write failed")

    (line,) = lines
    assert "a write failed" in line
    assert "django.db.utils.IntegrityError: (not logged" in line
    assert "test_logs.py" in line
    assert CANARY not in line
    code = "23505" if connection.vendor == "postgresql" else "SQLITE_CONSTRAINT_UNIQUE"
    assert f"django.db.utils.IntegrityError: (not logged: it may quote a row) {code}" in line
    assert line.count(code) == 2  # of Django's error and of its cause


def test_database_error_as_a_cause_is_logged_without_its_row(lines: list[str]) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT CAST('{CANARY}' AS integer) FROM no_such_{len(CANARY)}")
    except DatabaseError as error:
        try:
            raise RuntimeError("a consequence") from error
        except RuntimeError:
            logging.getLogger("billing").exception("it ended")

    (line,) = lines
    assert "RuntimeError: a consequence" in line
    assert CANARY not in line


@pytest.mark.parametrize("path", ["/no/such/page", "/search/", "/api/v1/no/such", "/accounts/sso/callback/"])
def test_query_strings_are_not_logged(
    path: str, client: Client, lines: list[str], static_files: None
) -> None:
    client.get(f"{path}?q={CANARY}&state=s&code={CANARY}")
    client.post(f"{path}?q={CANARY}", {"q": CANARY})

    assert CANARY not in "\n".join(lines)


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"Host": f"{CANARY}"}, "Refused: DisallowedHost"),
        ({"Host": "erika.canary.example"}, "Refused: DisallowedHost"),
        (
            {"Origin": "https://erika.canary.example"},
            "Forbidden (Origin checking failed): /accounts/sign-in/",
        ),
        (
            {"Referer": f"https://x.example/{CANARY}"},
            "Forbidden (Referer checking failed): /accounts/sign-in/",
        ),
    ],
)
def test_refusals_do_not_quote_the_caller(
    headers: dict[str, str], kind: str, lines: list[str], static_files: None
) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/accounts/sign-in/", {"username": CANARY}, secure=True, headers=headers)

    (line,) = [one for one in lines if " django.security." in one]
    assert line.endswith(f"request_id={answer['X-Request-ID']} {kind}")
    assert "erika.canary" not in "\n".join(lines)

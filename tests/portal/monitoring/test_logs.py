"""Logs contain no database rows and no search terms, and no value can forge a line or a field."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client, RequestFactory
from structlog.stdlib import ProcessorFormatter

from billing.altostrat.trace import current_parent, parent_of
from billing.models import User
from portal.logs.context import current_request
from portal.logs.lines import FORMATS, Output, describe_event, formatter, renderer

pytestmark = pytest.mark.django_db

CANARY = "erika.canary@example.com"


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Yield the lines that the root handler would print."""
    written: list[str] = []
    root = logging.getLogger()
    ours = next(one for one in root.handlers if isinstance(one.formatter, ProcessorFormatter))
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
    assert json.loads(line)["logger"] == "billing"
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

    (line,) = [one for one in map(json.loads, lines) if one["logger"].startswith("django.security.")]
    assert (line["request_id"], line["event"]) == (answer["X-Request-ID"], kind)
    assert "erika.canary" not in "\n".join(lines)


FORGERIES = [
    'one\n2026-11-29T00:00:00.000+00:00 INFO audit request_id=- "two',
    '\u2028"}\n{"event": "forged", "logger": "audit"}',
    "\x1b[2K\rforged \x00 \\",
    "a status=200 event=forged",
]


@pytest.fixture(params=FORMATS)
def written(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Return a function that logs a text with structlog and with logging, and returns what is written."""

    def write(text: str) -> str:
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(formatter(request.param))
        logger = logging.getLogger("tests.forgery")
        monkeypatch.setattr(logger, "handlers", [handler])
        monkeypatch.setattr(logger, "propagate", False)
        try:
            raise ValueError(text)
        except ValueError:
            logger.exception("it says %s", text)
        structlog.wrap_logger(
            Output("tests.forgery", stream), processors=[describe_event, renderer(request.param)]
        ).info("an event", value=text)
        return stream.getvalue()

    write.form = request.param  # type: ignore[attr-defined]
    return write


@pytest.mark.parametrize("text", FORGERIES)
def test_no_value_forges_a_line_or_a_field(written: Any, text: str) -> None:
    lines = written(text).splitlines()

    if written.form == "json":
        first, second = map(json.loads, lines)
        assert first["event"] == f"it says {text}"
        assert first["exception"].endswith(f"ValueError: {text}".rstrip("\n"))
        assert list(second)[:5] == ["time", "level", "logger", "event", "request_id"]
        assert second["value"] == text
    else:
        own = [line for line in lines if not line.startswith("    ")]
        assert [line.split()[1:3] for line in own] == [["ERROR", "tests.forgery"], ["INFO", "tests.forgery"]]
        assert own[-1].endswith(f" an event value={json.dumps(text)}")
        assert all(line.isprintable() for line in own)


def test_a_line_names_its_trace(client: Client, static_files: None) -> None:
    stream = io.StringIO()
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    reset = current_parent.set(parent_of(f"00-{trace_id}-00f067aa0ba902b7-01"))
    request = RequestFactory().get("/")
    request.request_id = "r-1"  # type: ignore[attr-defined]
    token = current_request.set(request)
    try:
        structlog.wrap_logger(Output("tests", stream), processors=[describe_event, renderer("json")]).info(
            "x"
        )
    finally:
        current_request.reset(token)
        current_parent.reset(reset)

    line = json.loads(stream.getvalue())
    assert (line["request_id"], line["trace_id"]) == ("r-1", trace_id)

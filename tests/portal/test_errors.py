"""Tracebacks show lines of code but no variables, even with DEBUG on."""

from __future__ import annotations

import sys

from django.test import RequestFactory
from django.views.debug import ExceptionReporter
from pytest_django import Settings

CANARY = "alto_sk_canary_in_a_local_variable"


def report(*, debug: bool, settings: Settings) -> str:
    settings.DEBUG = debug
    request = RequestFactory().post("/tokens/", {"token": CANARY})

    def fails() -> None:
        token = CANARY
        raise RuntimeError(len(token))

    try:
        fails()
    except RuntimeError:
        reporter = ExceptionReporter(request, *sys.exc_info())
        return reporter.get_traceback_html() + reporter.get_traceback_text()
    raise AssertionError


def test_debug_page_shows_no_variables_or_form_input(settings: Settings) -> None:
    page = report(debug=True, settings=settings)

    assert "fails" in page
    assert "token = CANARY" in page  # the line is shown, the value is not
    assert CANARY not in page.replace('CANARY = "alto_sk_canary_in_a_local_variable"', "")


def test_production_report_shows_no_variables_or_form_input(settings: Settings) -> None:
    assert CANARY not in report(debug=False, settings=settings)

"""Tracebacks keep their lines and lose their variables, with DEBUG on too."""

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


def test_no_variable_and_no_form_input_is_in_the_debug_page(settings: Settings) -> None:
    page = report(debug=True, settings=settings)

    assert "fails" in page
    assert "token = CANARY" in page  # the line is there, its value is not
    assert CANARY not in page.replace('CANARY = "alto_sk_canary_in_a_local_variable"', "")


def test_nor_in_the_report_of_production(settings: Settings) -> None:
    assert CANARY not in report(debug=False, settings=settings)

from __future__ import annotations

import logging

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from billing.pages.rendering.icons import ICONS, icon
from billing.pages.rendering.sprite import draw
from tests import html


def test_file_has_a_drawing_of_each_icon() -> None:
    symbols = html.select(draw(), "symbol")

    assert {symbol.attributes["id"] for symbol in symbols} == ICONS
    assert all(symbol.css_first("path") for symbol in symbols)


def test_development_server_finds_the_file() -> None:
    path = finders.find("img/icons.svg")

    assert isinstance(path, str)
    with open(path) as file:
        assert file.read() == draw()


@pytest.mark.django_db  # closing a response closes old connections
def test_tag_refers_to_an_icon_in_the_file(client: Client) -> None:
    drawn = html.one(icon("pencil", "small"), "svg.icon.small[aria-hidden=true] > use")

    address, _, name = (drawn.attributes["href"] or "").partition("#")
    answer = client.get(address)
    answer.close()
    assert name == "pencil"
    assert answer["Content-Type"] == "image/svg+xml"
    assert "immutable" in answer["Cache-Control"]


@pytest.mark.django_db
def test_favicon_is_cached_and_needs_neither_session_nor_database(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/favicon.ico")
        content = answer.getvalue()
        answer.close()

    assert answer.status_code == 200
    assert content.startswith(b"\x00\x00\x01\x00")
    assert answer["Cache-Control"] == "max-age=604800, public"
    assert not answer.cookies
    assert 'href="/favicon.ico"' in client.get("/sign-in/").text


def test_unknown_icon_is_left_out_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert icon("no-such-icon") == ""

    assert "no-such-icon" in caplog.text

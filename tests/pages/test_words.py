"""What is said of what Altostrat sends."""

from __future__ import annotations

import pytest

from billing.pages.acts import act
from billing.pages.scan_words import Told
from billing.pages.words import is_web_link
from billing.services.scan.found import NotRead, Progress


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("https://invoice.example/i/1", True),
        ("HTTPS://invoice.example/", True),
        ("http://invoice.example/", False),
        ("javascript:alert(1)", False),
        ("//invoice.example/", False),
        ("https://[", False),
        ("", False),
        (None, False),
    ],
)
def test_a_browser_is_led_to_https_alone_and_no_address_breaks_a_page(
    address: str | None, is_one: bool
) -> None:
    assert is_web_link(address) is is_one


def test_what_could_not_be_read_is_named_though_no_page_has_its_id() -> None:
    told = Told(
        Progress(
            "directory", not_read=(NotRead("Odd", workspace_id="ws_a/b"), NotRead("X", workspace_id="ws_1"))
        )
    )

    assert [(one.what, bool(one.link)) for one in told.missing] == [("Odd", False), ("X", True)]


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("billing_account.update", "Edit the billing account"),
        ("note.add", "Write a note"),
        ("token.renew", "token.renew"),
    ],
)
def test_an_act_is_told_in_the_words_of_its_page(verb: str, words: str) -> None:
    assert act(verb) == words

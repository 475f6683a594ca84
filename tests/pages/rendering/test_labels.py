"""What is said of what Altostrat sends."""

from __future__ import annotations

import re

import pytest

from billing.pages.rendering.action_labels import ACTS, act
from billing.pages.rendering.labels import is_web_link
from billing.pages.scans.progress_text import Told
from billing.services.scans.results import NotRead, Progress
from tests.plugins.processes import ROOT


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
        ("token.renew", "Renew a token"),
        ("act.of_tomorrow", "act.of_tomorrow"),
    ],
)
def test_an_act_is_told_in_the_words_of_its_page(verb: str, words: str) -> None:
    assert act(verb) == words


def test_every_act_of_the_portal_has_words() -> None:
    nouns = "audit|billing_account|key|list|note|session|staff|token"
    pattern = re.compile(rf'"((?:{nouns})\.[a-z_]+)"')
    services = [*(ROOT / "billing" / "services").rglob("*.py"), *(ROOT / "billing").glob("*.py")]
    verbs = {verb for path in services for verb in pattern.findall(path.read_text())}

    assert len(verbs) > 15
    assert verbs <= set(ACTS), (
        f"give it words in billing/pages/rendering/action_labels.py: {verbs - set(ACTS)}"
    )

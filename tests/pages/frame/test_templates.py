"""Rules of the templates and of our own scripts and styles."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from billing.pages.rendering import tags
from tests.plugins.processes import ROOT

TEMPLATES = [path for path in (ROOT / "templates").rglob("*.html") if "admin" not in path.parts]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_needs_more_than_the_policy_allows(path: Path) -> None:
    found = re.findall(
        r'\sstyle=|<style|\son[a-z]+=|hx-on|javascript:|"js:|<script(?! src=)', path.read_text()
    )

    assert not found, "the Content-Security-Policy blocks this: use a class, or a file below static/"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_icon_is_there(path: Path) -> None:
    missing = [
        name for name in re.findall(r'{% icon "([^"]+)"', path.read_text()) if not tags.icon_exists(name)
    ]

    assert not missing, "see https://tabler.io/icons for the names"


def test_nothing_is_loaded_from_elsewhere() -> None:
    sources = [*TEMPLATES, *(ROOT / "static").rglob("*.js"), *(ROOT / "static").rglob("*.css")]
    loads = re.compile(r"""(src|import|url)\s*[=(]\s*["']?(https?:)?//""")

    # Stripe wants its script from its own host, on the one page that adds a payment method.
    stripes = ROOT / "static" / "js" / "payment-element.js"
    assert not [path for path in sources if path != stripes and loads.search(path.read_text())]
    assert set(re.findall(r"https?://[\w.-]+", stripes.read_text())) <= {
        "https://js.stripe.com",
        "https://docs.stripe.com",
    }

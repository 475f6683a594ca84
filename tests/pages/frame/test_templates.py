"""Rules for templates, scripts and styles."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from billing.pages.rendering.icons import ICONS
from tests.plugins.processes import ROOT

TEMPLATES = [path for path in (ROOT / "templates").rglob("*.html") if "admin" not in path.parts]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_template_respects_the_content_security_policy(path: Path) -> None:
    found = re.findall(
        r'\sstyle=|<style|\son[a-z]+=|hx-on|javascript:|"js:|<script(?! src=)', path.read_text()
    )

    assert not found, "the Content-Security-Policy blocks this: use a class, or a file below static/"


def test_icons_that_templates_name_are_in_the_list() -> None:
    texts = [path.read_text() for path in TEMPLATES]
    names = {name for text in texts for name in re.findall(r'{% icon "([^"]+)"|icon_name="([^"]+)"', text)}

    assert {first or second for first, second in names} <= ICONS, "add it to billing/pages/rendering/icons.py"


def test_no_file_is_loaded_from_another_host() -> None:
    sources = [*TEMPLATES, *(ROOT / "static").rglob("*.js"), *(ROOT / "static").rglob("*.css")]
    loads = re.compile(r"""(src|import|url)\s*[=(]\s*["']?(https?:)?//""")

    # Stripe requires that its script comes from its own host; one page uses it.
    stripes = ROOT / "static" / "js" / "payment-element.js"
    assert not [path for path in sources if path != stripes and loads.search(path.read_text())]
    assert set(re.findall(r"https?://[\w.-]+", stripes.read_text())) <= {
        "https://js.stripe.com",
        "https://docs.stripe.com",
    }

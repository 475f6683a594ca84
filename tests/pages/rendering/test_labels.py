"""Labels of codes and actions."""

from __future__ import annotations

import re

import pytest

from billing.pages.rendering.action_labels import ACTION_LABELS, action_label
from billing.pages.rendering.labels import invoice_status
from billing.pages.scans.scan_progress import ScanProgress
from billing.services.scans.results import NotRead, Progress
from billing.web_links import is_web_link
from tests.plugins.processes import ROOT


@pytest.mark.parametrize(
    ("address", "is_linked"),
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
def test_pages_link_only_to_https(address: str | None, is_linked: bool) -> None:
    assert is_web_link(address) is is_linked


def test_entry_with_an_impossible_id_is_named_without_a_link() -> None:
    scan = ScanProgress(
        Progress(
            "directory", not_read=(NotRead("Odd", workspace_id="ws_a/b"), NotRead("X", workspace_id="ws_1"))
        )
    )

    assert [(one.what, bool(one.link)) for one in scan.missing] == [("Odd", False), ("X", True)]


@pytest.mark.parametrize(
    ("verb", "label"),
    [
        ("billing_account.update", "Edit billing account"),
        ("note.add", "Add a note"),
        ("token.renew", "Renew a token"),
        ("unknown.verb", "unknown.verb"),
    ],
)
def test_action_label(verb: str, label: str) -> None:
    assert action_label(verb) == label


def test_every_verb_has_a_label() -> None:
    nouns = "audit|billing_account|key|list|note|session|staff|token"
    pattern = re.compile(rf'"((?:{nouns})\.[a-z_]+)"')
    services = [*(ROOT / "billing" / "services").rglob("*.py"), *(ROOT / "billing").glob("*.py")]
    verbs = {verb for path in services for verb in pattern.findall(path.read_text())}

    assert len(verbs) > 15
    assert verbs <= set(ACTION_LABELS), (
        f"add a label in billing/pages/rendering/action_labels.py: {verbs - set(ACTION_LABELS)}"
    )


@pytest.mark.parametrize(
    ("code", "title"),
    [("open", "Open"), ("grace", "Unknown status “grace”"), ("", "Unknown status"), (None, "Unknown status")],
)
def test_unknown_status_is_named_as_unknown(code: str | None, title: str) -> None:
    assert invoice_status(code).title == title

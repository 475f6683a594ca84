"""The documents name files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = "billing|portal|templates|tests|bin|bench|contract|deploy|docs|identity_provider|static"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_linked_files_exist(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())

    missing = [link for link in links if not (document.parent / link).exists()]

    assert not missing, f"Correct these links: {missing}"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_named_files_exist(name: str) -> None:
    text = (ROOT / name).read_text().replace("\\_", "_")  # as Markdown shows it
    names = re.findall(rf"(?<![\w/.])(?:{FOLDERS})/[\w/.-]*\w/?", text)

    missing = [path for path in names if not (ROOT / path).exists()]

    assert names
    assert not missing, f"These files have moved: {missing}"

"""The documents name files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = [
    *(
        path
        for folder in ("portal", "billing", "tests", "bin", "bench")
        for path in (ROOT / folder).rglob("*.py")
    ),
    *(ROOT / "identity_provider").glob("*.mjs"),
    *(ROOT / "static").rglob("*.js"),
]
WRITTEN = {"bench/ratios.json", "docs/performance.md"}  # by `python -m bench --save`
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


def test_files_named_in_code_exist() -> None:
    pattern = re.compile(rf"(?<![\w/.{{}}$-])(?:{FOLDERS})/[\w/-]+\.(?:py|md|html|js|mjs|json|yaml)\b")
    names = {name: path for path in CODE for name in pattern.findall(path.read_text())}

    missing = {
        name: str(path.relative_to(ROOT))
        for name, path in names.items()
        if name not in WRITTEN and not any((ROOT / folder / name).exists() for folder in ("", "templates"))
    }

    assert names
    assert not missing, f"These files have moved: {missing}"

"""docs/security.md maps every requirement of OWASP ASVS 5.0 at levels 1 and 2, to tests that exist or to a reason."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from tests.rules.test_documents import ROOT

DOCUMENT: Final = (ROOT / "docs" / "security.md").read_text()
# The levels of the requirements of each section, in order: 1.2.1 has level 1, and 1.2.10 level 3.
# https://github.com/OWASP/ASVS/tree/v5.0.0/5.0
LEVELS: Final = (
    "1.1:22 1.2:1111122223 1.3:112222222223 1.4:222 1.5:123 2.1:122 2.2:112 2.3:12223 2.4:23 3.1:3 3.2:113 3.3:12223"
    " 3.4:11222233 3.5:11122333 3.6:3 3.7:22333 4.1:12233 4.2:23333 4.3:22 4.4:1222 5.1:2 5.2:112333 5.3:113 5.4:222"
    " 6.1:122 6.2:111111112222 6.3:11223333 6.4:112233 6.5:22222333 6.6:2223 6.7:33 6.8:2222 7.1:222 7.2:1111 7.3:22"
    " 7.4:11222 7.5:223 7.6:22 8.1:1233 8.2:1123 8.3:133 8.4:23 9.1:111 9.2:1222 10.1:22 10.2:223 10.3:22223"
    " 10.4:1111122222233333 10.5:22222 10.6:22 10.7:222 11.1:2233 11.2:22233 11.3:11233 11.4:1222 11.5:23 11.6:23"
    " 11.7:33 12.1:12233 12.2:11 12.3:22223 13.1:2333 13.2:222223 13.3:2233 13.4:1222233 14.1:22 14.2:12223333"
    " 14.3:122 15.1:12233 15.2:12233 15.3:1222222 15.4:3333 16.1:2 16.2:22222 16.3:2222 16.4:222 16.5:2223 17.1:23"
    " 17.2:22223333 17.3:22"
)
REQUIREMENTS: Final = [
    (f"{section}.{number}", level)
    for section, levels in (part.split(":") for part in LEVELS.split())
    for number, level in enumerate(levels, 1)
]
STATES: Final = ("tested", "met", "not applicable", "not met")
ROWS: Final = re.findall(r"^\| (\d+\.\d+\.\d+) \| ([a-z ]+) \| (.+) \|$", DOCUMENT, re.MULTILINE)
TEST: Final = re.compile(r"tests/([\w/]+\.py)::(\w+)")


def test_there_are_as_many_requirements_as_in_the_standard() -> None:
    assert Counter(level for _, level in REQUIREMENTS) == {"1": 70, "2": 183, "3": 92}


def test_every_requirement_up_to_level_2_has_one_row() -> None:
    assert [row[0] for row in ROWS] == [name for name, level in REQUIREMENTS if level in "12"]


def test_every_row_has_a_test_or_a_reason() -> None:
    for name, state, evidence in ROWS:
        assert state in STATES, f"{name} is {state!r}"
        assert (state != "tested") or TEST.search(evidence), f"{name} names no test"


def test_every_named_test_exists() -> None:
    named = {match for _, _, evidence in ROWS for match in TEST.findall(evidence)}
    missing = [
        f"{path}::{test}"
        for path, test in sorted(named)
        if not (ROOT / "tests" / path).is_file() or f"def {test}(" not in (ROOT / "tests" / path).read_text()
    ]

    assert len(named) > 100
    assert not missing, f"docs/security.md names tests that have moved: {missing}"


def test_the_counts_are_those_of_the_table() -> None:
    counts = Counter(state for _, state, _ in ROWS)

    for state in STATES:
        assert f"{counts[state]} {state}" in DOCUMENT, f"There are {counts[state]} rows that are {state!r}"


def test_scripts_store_only_preferences_in_the_browser() -> None:
    scripts = {path.name: path.read_text() for path in (ROOT / "static" / "js").rglob("*.js")}
    stored = {
        name for text in scripts.values() for name in re.findall(r'localStorage\.setItem\("(\w+)"', text)
    }

    assert stored == {"theme", "keys"}
    assert not [
        name
        for name, text in scripts.items()
        if re.search(r"sessionStorage|indexedDB|document\.cookie", text)
    ]

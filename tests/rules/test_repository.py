"""Rules about files that neither types nor linters can check. Each failure says what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from billing.roles import TABLE, Role
from tests.plugins.processes import ROOT

README = (ROOT / "README.md").read_text()
VARIABLES = set(re.findall(r"""env\.\w+\(\s*"([A-Z_]+)\"""", (ROOT / "portal" / "settings.py").read_text()))
PYTHON = [
    path
    for folder in ("portal", "billing", "tests", "bin", "bench")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts
]
TEMPLATES = list((ROOT / "templates").rglob("*.html"))
FOLDERS = sorted({path.parent for path in [*PYTHON, *TEMPLATES]})
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_settings_are_found() -> None:
    assert {"SECRET_KEY", "VAULT_KEYS", "ALTOSTRAT_DEADLINE"} <= VARIABLES


def test_example_environment_has_exactly_the_variables_of_the_settings() -> None:
    example = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert example == VARIABLES, (
        "Add to .env.example what settings.py reads, and delete what it does not read."
    )


@pytest.mark.parametrize("name", sorted(VARIABLES - {"DEMO"}))
def test_readme_documents_every_variable(name: str) -> None:
    assert f"| `{name}` |" in README, f"Add a row for {name} to the configuration table in README.md."


def test_only_the_settings_read_the_environment() -> None:
    readers = {_name(path) for path in PYTHON if re.search(r"os\.environ|getenv", path.read_text())}
    allowed = {
        "portal/wsgi.py",  # sets the settings module
        "portal/worker.py",  # the same
        "portal/server/run_folder.py",  # names the folder for prometheus_client and child processes
        "billing/sandbox/state.py",  # reads the tests' additional tokens
        "portal/handlers.py",  # keeps the variables' names out of requests
        "bin/demo.py",
        "bin/tests.py",
    }
    others = {name for name in readers - allowed if not name.startswith(("tests/", "bench/"))}
    assert not others, f"Read a setting instead, in {sorted(others)}."


@pytest.mark.parametrize("path", PYTHON, ids=_name)
def test_module_has_at_most_250_lines(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= 250 or "tests" in path.parts, f"{path.name} has {lines} lines: split it by what it does."


@pytest.mark.parametrize("folder", FOLDERS, ids=_name)
def test_folder_has_at_most_16_modules(folder: Path) -> None:
    modules = {path.name for path in folder.iterdir() if path.suffix in {".py", ".html"}} - {"__init__.py"}
    assert len(modules) <= 16, (
        f"{folder} has {len(modules)} modules: move one of its nouns to a folder of its own."
    )


@pytest.mark.parametrize("path", DECISIONS, ids=_name)
def test_decision_has_a_date_and_a_status(path: Path) -> None:
    assert re.search(
        r"^Date: \d{4}-\d\d-\d\d\. Status: (accepted|replaced by \[decision \d+\]\(.+\))\.$",
        path.read_text(),
        re.MULTILINE,
    ), "Write below the title: Date: 2026-11-28. Status: accepted."


def test_each_decision_has_its_own_number() -> None:
    numbers = [int(path.name.partition("-")[0]) for path in DECISIONS]
    assert numbers == list(range(1, len(DECISIONS) + 1)), "Give a new decision the next free number."
    for path, number in zip(DECISIONS, numbers, strict=True):
        assert path.read_text().startswith(f"# {number}. "), (
            f"The title of {path.name} starts with its number."
        )


def test_links_to_decisions_name_their_number() -> None:
    files = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    links = [
        link
        for path in files
        for link in re.findall(r"[Dd]ecision (\d+)\]\((?:[\w./]*/)?(\d{4})-", path.read_text())
    ]
    assert len(links) > 5
    assert [link for link in links if int(link[0]) != int(link[1])] == []


@pytest.mark.parametrize(
    "name", ["requirements.txt", *(f"requirements-{name}.txt" for name in ("extras", "dev", "next", "node"))]
)
def test_every_requirement_is_pinned_with_a_hash(name: str) -> None:
    pins = re.findall(r"^[A-Za-z0-9_.\[\]-]+==.*$", (ROOT / name).read_text(), re.MULTILINE)
    assert pins, f"{name} is empty; `make lock` fills it."
    assert all(pin.endswith("\\") for pin in pins), f"{name} has no hashes; `make lock` adds them."


def test_no_lock_file_names_a_registry() -> None:
    for path in ROOT.glob("requirements*.txt"):
        assert "://" not in path.read_text(), f"{path.name} contains a host; recreate it with `make lock`."
    locked = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in locked, "package-lock.json contains a host; .npmrc prevents that."


def test_requirements_of_the_next_django_differ_in_django_only() -> None:
    current, following = (_pins(name) for name in ("requirements-dev.txt", "requirements-next.txt"))
    changed = {name for name in following if current.get(name) != following[name]}
    assert changed <= {"django"}, f"{sorted(changed - {'django'})} differ as well: run `make lock`."


def _pins(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text()
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)", text, re.MULTILINE))


def test_readme_has_the_table_of_roles() -> None:
    roles = " | ".join(role.value for role in Role)
    rows = [
        f"| {row.allows} (`{permission.value}`) | "
        + " | ".join("yes" if role in row.roles else "" for role in Role)
        + " |"
        for permission, row in TABLE.items()
    ]
    table = "\n".join([f"| may | {roles} |", "|---|" + "---|" * len(Role), *rows])

    assert table in README, f"Put this table into README.md:\n\n{table}"

"""Rules of the house that no type can keep. Each failure says what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from billing.roles import TABLE, Role

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = (ROOT / "portal" / "settings.py").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
README = (ROOT / "README.md").read_text()

READ = set(re.findall(r"""env\.\w+\(\s*"([A-Z_]+)\"""", SETTINGS))
DOCUMENTED = set(re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE))
PYTHON = [
    path
    for folder in ("portal", "billing", "tests", "bin", "bench")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts
]


def test_the_settings_are_found_at_all() -> None:
    assert {"SECRET_KEY", "VAULT_KEYS", "ALTOSTRAT_DEADLINE"} <= READ


def test_every_variable_stands_in_the_example() -> None:
    assert READ == DOCUMENTED, "Add to .env.example what settings.py reads, and take out what it does not."


@pytest.mark.parametrize("name", sorted(READ - {"DEMO"}))
def test_every_variable_stands_in_the_readme(name: str) -> None:
    assert f"| `{name}` |" in README, f"Add a row for {name} to the configuration table in README.md."


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for path in PYTHON
        if re.search(r"os\.environ|getenv", path.read_text()) and path.parts[-2] not in {"plugins", "rules"}
    }
    allowed = {
        "portal/wsgi.py",  # names the settings module
        "billing/sandbox/state.py",  # extra tokens, for tests
        "bin/demo.py",
        "bin/tests.py",
    }
    outside = {name for name in readers if not name.startswith(("tests/", "bench/"))} - allowed
    assert not outside, f"Read settings.X instead, in {sorted(outside)}."


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_grows_beyond_250_lines(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= 250 or "tests" in path.parts, f"{path.name} has {lines} lines: split it by what it does."


FOLDERS = sorted(
    {path.parent for path in PYTHON} | {path.parent for path in (ROOT / "templates").rglob("*.html")}
)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_folder_has_more_than_16_modules(folder: Path) -> None:
    modules = {path.name for path in folder.iterdir() if path.suffix in {".py", ".html"}} - {"__init__.py"}
    assert len(modules) <= 16, f"{folder} has {len(modules)} modules: give a noun of it a folder of its own."


OPERATIONS = "".join(path.read_text() for path in (ROOT / "billing/altostrat/operations").glob("*.py"))
WIRE_NAMES = sorted(set(re.findall(r"\{([a-z]+[A-Z]\w*)\}", OPERATIONS)))
SHOWN = [*(ROOT / "billing/pages").rglob("*.py"), *(ROOT / "templates").rglob("*.html")]


def test_pages_do_not_use_names_of_altostrats_parameters() -> None:
    assert {"workspaceId", "billingAccountId", "memberId"} <= set(WIRE_NAMES)
    users = {
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in SHOWN
        if (found := re.search(rf"\b({'|'.join(WIRE_NAMES)})\b", path.read_text()))
    }
    assert not users, (
        f"Use the portal's names, and a function of services/<noun>/reads.py, in {sorted(users)}."
    )


def test_every_requirement_is_pinned_with_a_hash() -> None:
    for name in (
        "requirements.txt",
        "requirements-dev.txt",
        "requirements-next.txt",
        "requirements-node.txt",
    ):
        pins = re.findall(r"^[A-Za-z0-9_.\[\]-]+==.*$", (ROOT / name).read_text(), re.MULTILINE)
        assert pins, f"{name} is empty; `make lock` fills it."
        assert all(pin.endswith("\\") for pin in pins), f"{name} lacks hashes; `make lock` adds them."


def test_no_lock_file_names_a_registry() -> None:
    for path in ROOT.glob("requirements*.txt"):
        assert "http" not in path.read_text(), f"{path.name} names a host; make it anew with `make lock`."
    locked = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in locked, "package-lock.json names a host; .npmrc is there to prevent that."


def test_the_next_django_is_a_change_of_one_pin() -> None:
    now, following = ((ROOT / name).read_text() for name in ("requirements-dev.txt", "requirements-next.txt"))

    def pins(text: str) -> dict[str, str]:
        return dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)", text, re.MULTILINE))

    changed = {name for name in pins(following) if pins(now).get(name) != pins(following)[name]}
    assert changed <= {"django"}, f"Besides Django, {sorted(changed)} differ."


def test_the_readme_tells_the_roles_as_the_table_has_them() -> None:
    roles = " | ".join(role.value for role in Role)
    rows = [
        f"| {row.lets} (`{permission.value}`) | "
        + " | ".join("yes" if role in row.roles else "" for role in Role)
        + " |"
        for permission, row in TABLE.items()
    ]
    wanted = "\n".join([f"| may | {roles} |", "|---|" + "---|" * len(Role), *rows])

    assert wanted in README, f"Put this into README.md:\n\n{wanted}"

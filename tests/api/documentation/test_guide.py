"""The tasks of docs/api.md work as they are written, in the shell and in Python, and /api/docs/ shows them."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import requests

from tests import html
from tests.api.conftest import Caller
from tests.plugins.processes import ROOT, Portal, Sandbox

pytestmark = pytest.mark.sqlite_only

GUIDE: Final = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
_BLOCK: Final = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DEFINITIONS: Final = dict(_BLOCK.findall(GUIDE.partition("### 1. ")[0]))
TASKS: Final[dict[str, dict[str, str]]] = {
    title: dict(_BLOCK.findall(text))
    for title, text in re.findall(r"^### (\d+\. .*)\n((?:(?!^##).*\n)*)", GUIDE, re.MULTILINE)
}


def test_there_are_ten_tasks_in_both_languages() -> None:
    assert len(TASKS) == 10
    assert all(set(task) == {"sh", "python"} for task in TASKS.values())


@pytest.fixture
def environment(editor: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the variables of the guide, and a folder for its files."""
    assert editor.key is not None
    monkeypatch.setenv("PORTAL", editor.base)
    monkeypatch.setenv("PORTAL_KEY", editor.key)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("title", TASKS)
def test_task_works_in_the_shell(title: str, environment: None, fresh_sandbox: Sandbox) -> None:
    definitions = "\n".join(line for line in DEFINITIONS["sh"].splitlines() if "export" not in line)
    script = f"set -euo pipefail\n{definitions}\n{TASKS[title]['sh']}"

    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    _check(title, done.stdout, fresh_sandbox)


@pytest.mark.parametrize("title", TASKS)
def test_task_works_in_python(
    title: str, environment: None, fresh_sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {}
    try:
        exec(DEFINITIONS["python"] + TASKS[title]["python"], names)
    finally:
        names["portal"].close()

    _check(title, capsys.readouterr().out, fresh_sandbox)


@pytest.mark.parametrize("failures", [1, 3, 4])
def test_the_last_task_waits_after_lost_connections(
    failures: int, environment: None, fresh_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: dict[str, Any] = {}
    exec(DEFINITIONS["python"] + list(TASKS.values())[-1]["python"], names)
    pauses: list[float] = []
    monkeypatch.setattr(names["time"], "sleep", pauses.append)
    original, lost = names["portal"].request, [requests.ConnectionError()] * failures

    def request(*arguments: Any, **options: Any) -> Any:
        if lost:
            raise lost.pop()
        return original(*arguments, **options)

    monkeypatch.setattr(names["portal"], "request", request)
    try:
        if failures > 3:
            with pytest.raises(requests.ConnectionError):
                names["patiently"]("GET", names["account"])
        else:
            assert names["patiently"]("GET", names["account"]).status_code == 200
    finally:
        names["portal"].close()

    assert pauses == [1, 5, 30][:failures]


def _check(title: str, printed: str, sandbox: Sandbox) -> None:
    """Check what a task has printed, saved or written, where it does."""
    number = int(title.partition(".")[0])
    assert len(sandbox.writes()) == (1 if number in (7, 8, 9) else 0)
    expected = {1: "ACME Corp Billing", 2: "cus_a1b2c3d4e5f6g7h8", 6: "usd", 9: "succeeded"}
    assert expected.get(number, "") in printed
    if number == 5:
        assert os.path.getsize("usage.csv") > 0


def test_the_page_shows_the_guide(portal: Portal) -> None:
    page = requests.get(f"{portal.url}/api/docs/", timeout=20).text

    assert set(TASKS) <= set(html.texts(page, "h3"))
    blocks = html.texts(page, "pre code")
    for task in TASKS.values():
        assert all(
            " ".join(code.split()) in (" ".join(block.split()) for block in blocks) for code in task.values()
        )

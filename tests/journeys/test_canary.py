"""A token stored on the page appears in no page, log, database file or command line."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import requests

from tests.disguises import disguises
from tests.pages.addresses import ACCOUNTS, DOCUMENTED, failing
from tests.plugins.environment import ON_SERVICES
from tests.plugins.processes import Portal, running_portal, running_sandbox

CANARY = "alto_sk_canary_Zx81Qm47Lp20Rt96Vw35Ky58Hd19Nc73Jb64Gf02Su"
REFUSED_CANARY = "alto_sk_refused_Aq17Wd28Er39Ft40Gy51Hu62Ji73Ko84Lp95Za06"
PARTS = [CANARY[15:], REFUSED_CANARY[16:]]


def _found_in(content: bytes) -> bool:
    return any(disguise in content for part in PARTS for disguise in disguises(part))


class Person:
    """A person with a browser's cookies; every response is recorded."""

    def __init__(self, portal: Portal, name: str) -> None:
        self._portal = portal
        self._session = requests.Session()
        self._session.trust_env = False
        self.answers: list[bytes] = []
        self.get("/accounts/sign-in/")
        self.post("/accounts/sign-in/", username=name, password=portal.passwords[name])

    def get(self, path: str) -> requests.Response:
        return self._record(self._session.get(self._portal.url + path, timeout=30))

    def post(self, path: str, **fields: str) -> requests.Response:
        fields["csrfmiddlewaretoken"] = self._session.cookies["csrftoken"]
        return self._record(self._session.post(self._portal.url + path, data=fields, timeout=30))

    def _record(self, response: requests.Response) -> requests.Response:
        self.answers.append(repr(response.headers).encode() + response.content)
        return response


@pytest.fixture(scope="module")
def scene(
    tmp_path_factory: pytest.TempPathFactory, static_files: None
) -> Iterator[tuple[Portal, Person, Path]]:
    """Yield a portal with log level DEBUG, where a person stored the canary, used it, and met many failures."""
    folder = tmp_path_factory.mktemp("canary")
    with (
        running_sandbox(json.dumps({CANARY: ["*"]})) as sandbox,
        running_portal(folder, sandbox.url) as portal,
    ):
        portal.staff("erin", "editor")
        erin = Person(portal, "erin")
        _store(erin, CANARY)
        _store(erin, REFUSED_CANARY)
        _store(erin, f"{REFUSED_CANARY} and a blank")
        key = portal.key("erin", "billing:read")
        for name in ("unauthorized", "error500", "notjson", "slow", "badjson", "missing"):
            erin.get(failing(name))
            _ask_api(erin, key, f"/api/v1{failing(name).rstrip('/')}")
        for path in ("/", "/tokens/", "/workspaces/", ACCOUNTS, DOCUMENTED, "/nowhere/", "/admin/"):
            erin.get(path)
        erin.get(f"/nowhere/{CANARY[:8]}/")
        yield portal, erin, folder


def _store(person: Person, token: str) -> None:
    page = person.get("/tokens/").text
    form_id = page.split('name="form_id" value="')[1].split('"')[0]
    person.post("/tokens/", token=token, label="Canary", workspace_id="", form_id=form_id)


def _ask_api(person: Person, key: str, path: str) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    response = requests.get(person._portal.url + path, headers=headers, timeout=30)
    person.answers.append(repr(response.headers).encode() + response.content)


def test_search_finds_a_canary() -> None:
    wrapped = base64.b64encode(f"a token {CANARY} in base64".encode())

    assert _found_in(f"x{CANARY}y".encode())
    assert _found_in(wrapped)
    assert not _found_in(b"alto_sk_cana")


def test_canary_was_stored_and_used(scene: tuple[Portal, Person, Path]) -> None:
    _, erin, _ = scene

    assert any(b"It can access 13 workspaces" in answer for answer in erin.answers)
    assert any(b"ACME Corp Billing" in answer for answer in erin.answers)


def test_no_page_and_no_api_response_contains_it(scene: tuple[Portal, Person, Path]) -> None:
    _, erin, _ = scene

    assert not [answer for answer in erin.answers if _found_in(answer)]


def test_log_does_not_contain_it(scene: tuple[Portal, Person, Path]) -> None:
    portal, _, _ = scene

    assert portal.environment["LOG_LEVEL"] == "DEBUG"
    assert "billing.services.tokens.upstream" in portal.log
    assert not _found_in(portal.log.encode())


def test_no_database_file_contains_it(scene: tuple[Portal, Person, Path]) -> None:
    portal, _, folder = scene
    contents = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    if ON_SERVICES:
        contents = [_all_rows(portal.environment["DATABASE_URL"])]

    assert any(b"alto_sk_cana" in content for content in contents)
    assert not any(_found_in(content) for content in contents)


def test_no_command_line_contains_it(scene: tuple[Portal, Person, Path]) -> None:
    listing = subprocess.run(["ps", "axww", "-o", "pid,args"], capture_output=True, check=True).stdout

    assert {scene[0].pid, *scene[0].workers()} <= {int(line.split()[0]) for line in listing.splitlines()[1:]}
    assert not _found_in(listing)


def _all_rows(url: str) -> bytes:
    """Return all rows of all tables of a PostgreSQL database, as text."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        rows = [
            row
            for (table,) in tables
            for row in connection.execute(f"SELECT t::text FROM {table} t".encode()).fetchall()
        ]
    return "\n".join(str(row[0]) for row in rows).encode()

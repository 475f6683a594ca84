"""Errors of SQLite itself that no server can be brought to: each is named, and other errors are not outages."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from billing.services.storage.outage import Outage
from billing.services.storage.outages import outage_of

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "outage.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE one (id INTEGER PRIMARY KEY, text TEXT)")
    connection.close()
    return path


@pytest.fixture
def opened(file: Path) -> Iterator[Any]:
    """Yield Django's connections to the file, with the options of a test."""
    made: list[BaseDatabaseWrapper] = []

    def connect(mode: str, *pragmas: str) -> BaseDatabaseWrapper:
        connection = connections.create_connection("default")
        options = {"uri": True, "timeout": 0, "init_command": ";".join(pragmas)}
        connection.settings_dict = {
            **connection.settings_dict,
            "NAME": f"file:{file}?mode={mode}",
            "OPTIONS": options,
        }
        made.append(connection)
        return connection

    yield connect
    for connection in made:
        connection.close()


def failure(connection: BaseDatabaseWrapper, statement: str) -> Error:
    # Not the connection that pytest-django forbids to use: this one belongs to the test.
    with pytest.raises(Error) as raised, connection.wrap_database_errors:
        connection.get_new_connection(connection.get_connection_params()).execute(statement)
    return raised.value


@pytest.mark.parametrize(
    ("mode", "pragmas", "outage"),
    [
        ("ro", [], Outage.READ_ONLY),
        ("rw", ["PRAGMA query_only = on"], Outage.READ_ONLY),
        ("rw", ["PRAGMA max_page_count = 2"], Outage.FULL),
    ],
)
def test_a_write_that_fails_names_the_outage(
    opened: Any, mode: str, pragmas: list[str], outage: Outage
) -> None:
    error = failure(opened(mode, *pragmas), "INSERT INTO one (text) VALUES (hex(randomblob(20000)))")

    assert outage_of(error) is outage


def test_a_missing_file_is_down(opened: Any, file: Path) -> None:
    file.unlink()

    assert outage_of(failure(opened("rw"), "SELECT 1")) is Outage.DOWN


def test_a_damaged_file_is_down(opened: Any, file: Path) -> None:
    file.write_bytes(b"not a database".ljust(8192))

    assert outage_of(failure(opened("rw"), "SELECT * FROM one")) is Outage.DOWN


def test_a_wrong_statement_is_no_outage(opened: Any) -> None:
    assert outage_of(failure(opened("rw"), "SELECT nothing")) is None


def test_a_violated_constraint_is_no_outage(opened: Any) -> None:
    assert outage_of(failure(opened("rw"), "INSERT INTO one (id) VALUES (1), (1)")) is None

"""The sandbox inside this process, on a real port, and the contract that it has to keep."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
import requests
from openapi_core import OpenAPI

from billing.sandbox.server import SandboxServer
from billing.sandbox.state import State
from tests.plugins.processes import ROOT
from tests.tokens import FINANCE


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    """A running sandbox."""
    running = SandboxServer(("127.0.0.1", 0), State.from_seed())
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def get(server: SandboxServer) -> Callable[..., requests.Response]:
    """Asks the sandbox, by default with the token that sees everything."""

    def ask(path: str, token: str | None = FINANCE, method: str = "GET") -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return requests.request(method, server.url + path, headers=headers, allow_redirects=False, timeout=10)

    return ask


@pytest.fixture(scope="session")
def contract() -> OpenAPI:
    """Altostrat's published contract."""
    return OpenAPI.from_file_path(str(ROOT / "contract" / "altostrat" / "openapi.yaml"))

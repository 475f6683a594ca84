"""The sandbox inside this process, on a real port, and the contract that it has to keep."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse

from billing.sandbox.interference import Interference
from billing.sandbox.server import SandboxServer
from billing.sandbox.state import State
from tests.plugins.processes import ROOT
from tests.tokens import FINANCE


class Ask(Protocol):
    """Asks the fresh sandbox, and holds every exchange against the contract."""

    def __call__(
        self, method: str, path: str, body: Any = None, *, token: str = FINANCE
    ) -> requests.Response: ...


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
def fresh(server: SandboxServer) -> Iterator[SandboxServer]:
    """The same with its seed, no faults and an empty journal; and again afterwards."""
    _renew(server)
    yield server
    _renew(server)


def _renew(server: SandboxServer) -> None:
    server.state, server.interference = State.from_seed(), Interference()
    server.journal.clear()


@pytest.fixture
def get(server: SandboxServer) -> Callable[..., requests.Response]:
    """Asks the sandbox, by default with the token that sees everything."""

    def ask(path: str, token: str | None = FINANCE, method: str = "GET") -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return requests.request(method, server.url + path, headers=headers, allow_redirects=False, timeout=10)

    return ask


@pytest.fixture
def ask(fresh: SandboxServer, contract: OpenAPI) -> Ask:
    """Asks with any method and body; the answer has to be in the contract, and so has a request that was taken."""

    def asked(method: str, path: str, body: Any = None, *, token: str = FINANCE) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.request(method, fresh.url + path, json=body, headers=headers, timeout=10)
        validate(contract, answer, request_too=answer.ok)
        return answer

    return asked


@pytest.fixture(scope="session")
def contract() -> OpenAPI:
    """Altostrat's published contract."""
    return OpenAPI.from_file_path(str(ROOT / "contract" / "altostrat" / "openapi.yaml"))


def validate(contract: OpenAPI, answer: requests.Response, *, request_too: bool = True) -> None:
    """Raises when the exchange is not what the contract says."""
    asked = answer.request
    address = urlsplit(str(asked.url))
    sent = requests.Request(
        asked.method,
        f"https://v1.api.altostrat.io{address.path}",
        headers=asked.headers,
        params=parse_qsl(address.query),
        data=asked.body,
    )
    request = RequestsOpenAPIRequest(sent)
    if request_too:
        contract.validate_request(request)
    contract.validate_response(request, RequestsOpenAPIResponse(answer))


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker("sqlite_only")

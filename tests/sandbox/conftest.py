"""A sandbox in this process, on a real port, and Altostrat's contract."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse

from billing.sandbox.controls import control
from billing.sandbox.server import SandboxServer
from billing.sandbox.state import State
from tests.plugins.processes import ROOT
from tests.tokens import FINANCE


class Ask(Protocol):
    """A function that sends a request to the fresh sandbox and validates the exchange against the contract."""

    def __call__(
        self, method: str, path: str, body: Any = None, *, token: str = FINANCE
    ) -> requests.Response: ...


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    running = SandboxServer(("127.0.0.1", 0), State.from_seed())
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def fresh(server: SandboxServer) -> Iterator[SandboxServer]:
    """Yield the server with its initial data, no faults and an empty journal. Reset it again afterwards."""
    _reset(server)
    yield server
    _reset(server)


def _reset(server: SandboxServer) -> None:
    control(server, "POST", "/_sandbox/reset", b"")


@pytest.fixture
def get(server: SandboxServer) -> Callable[..., requests.Response]:
    """Return a function that sends a request to the sandbox, by default with the token that sees everything."""

    def send(path: str, token: str | None = FINANCE, method: str = "GET") -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return requests.request(method, server.url + path, headers=headers, allow_redirects=False, timeout=10)

    return send


@pytest.fixture
def ask(fresh: SandboxServer, contract: OpenAPI) -> Ask:
    """Return a function that checks each response against the contract, and the request of each successful one."""

    def send(method: str, path: str, body: Any = None, *, token: str = FINANCE) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.request(method, fresh.url + path, json=body, headers=headers, timeout=10)
        validate(contract, answer, request_too=answer.ok)
        return answer

    return send


@pytest.fixture(scope="session")
def contract() -> OpenAPI:
    return OpenAPI.from_file_path(str(ROOT / "contract" / "altostrat" / "openapi.yaml"))


def validate(contract: OpenAPI, answer: requests.Response, *, request_too: bool = True) -> None:
    """Raise if the exchange does not match the contract."""
    sent_request = answer.request
    url = urlsplit(str(sent_request.url))
    sent = requests.Request(
        sent_request.method,
        f"https://v1.api.altostrat.io{url.path}",
        headers=sent_request.headers,
        params=parse_qsl(url.query),
        data=sent_request.body,
    )
    request = RequestsOpenAPIRequest(sent)
    if request_too:
        contract.validate_request(request)
    contract.validate_response(request, RequestsOpenAPIResponse(answer))

"""An Altostrat whose answers a test can change. Tokens stay valid, since they are bound to its address."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pytest_django import Settings

from billing.altostrat.operations.billing_accounts import RETRIEVE_BILLING_ACCOUNT
from billing.altostrat.operations.invoices import LIST_INVOICES
from billing.altostrat.operations.subscriptions import LIST_SUBSCRIPTIONS
from billing.services.reads import Read
from billing.services.tokens import upstream
from tests.altostrat.upstream import Upstream, answer

PATH = {"workspace_id": "ws_1", "billing_account_id": "cus_1"}
ACCOUNT = Read(RETRIEVE_BILLING_ACCOUNT, PATH)
SUBSCRIPTIONS = Read(LIST_SUBSCRIPTIONS, PATH)
INVOICES = Read(LIST_INVOICES, PATH, {"limit": "10"})

_NAMED = json.dumps({"id": "cus_1", "workspace_id": "ws_1", "name": "Erika Musterfrau"}).encode()


class Changing:
    """An Altostrat whose answers depend on the last segment of the path: bytes, a function, or an empty list."""

    def __init__(self) -> None:
        self.says: dict[str, bytes | Callable[[socket.socket], object]] = {}
        self.before: Callable[[], object] = lambda: None
        self.is_well()
        self.server = Upstream(self._script)

    def is_well(self) -> None:
        """Reset all answers. The name of the account is that of a person."""
        self.says = {"cus_1": answer(_NAMED)}

    def fails_with(self, status: str, *ends: str) -> None:
        """Make paths with these ends answer with a status such as "503 Service Unavailable"."""
        self.says.update(dict.fromkeys(ends, answer(b'{"message": "no"}', status=status)))

    def asked(self) -> int:
        """Return the number of requests that arrived."""
        return len(self.server.requests)

    def _script(self, connection: socket.socket, number: int) -> None:
        path = self.server.requests[number].split()[1].decode().partition("?")[0]
        self.before()
        said = self.says.get(path.rpartition("/")[2], answer(b'{"data": []}'))
        if callable(said):
            said(connection)
        else:
            connection.sendall(said)


@contextmanager
def changing(settings: Settings) -> Iterator[Changing]:
    """Make this process call an Altostrat that changes its answers."""
    altostrat = Changing()
    settings.ALTOSTRAT_API_URL = altostrat.server.url
    upstream.transport.cache_clear()
    yield altostrat
    upstream.transport.cache_clear()
    altostrat.server.close()

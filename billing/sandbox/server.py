"""The server: routing, tokens, the journal, and answers in Altostrat's form. Bound to loopback by default."""

from __future__ import annotations

import hashlib
import json
import re
import select
import socket
import threading
import time
import uuid
from collections import deque
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from billing.sandbox import faults
from billing.sandbox.state import State, Token

_ROUTES: Final = (
    (re.compile(r"/workspaces"), "list_workspaces"),
    (re.compile(r"/workspaces/([^/]+)"), "retrieve_workspace"),
    (re.compile(r"/workspaces/([^/]+)/billing-accounts"), "list_billing_accounts"),
    (re.compile(r"/workspaces/([^/]+)/billing-accounts/([^/]+)"), "retrieve_billing_account"),
)
_NOT_FOUND: Final = {"message": "Not found."}
_JOURNAL_LENGTH: Final = 10_000


class SandboxServer(ThreadingHTTPServer):
    """A small Altostrat. `journal` is what arrived, oldest first, with a digest in place of each token."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], state: State) -> None:
        super().__init__(address, _Handler)
        self.state = state
        self.journal: deque[dict[str, Any]] = deque(maxlen=_JOURNAL_LENGTH)
        self.stopping = threading.Event()

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def server_close(self) -> None:
        """Stops slow answers too."""
        self.stopping.set()
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is part of the play."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Sandbox"
    disable_nagle_algorithm = True
    timeout = 120
    server: SandboxServer
    account_id = ""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/_sandbox/requests":
            self.answer(200, list(self.server.journal.copy()))
            return
        self._note()
        token = self._token()
        if token is None:
            return
        for pattern, operation in _ROUTES:
            match = pattern.fullmatch(path)
            if match and not query:
                getattr(self, f"_{operation}")(token, *match.groups())
                return
        self.answer(404, _NOT_FOUND)

    def do_DELETE(self) -> None:
        if self.path == "/_sandbox/requests":
            self.server.journal.clear()
            self.answer(200, [])
        else:
            self._not_allowed()

    def _not_allowed(self) -> None:
        self._note()
        self.close_connection = True  # a body may follow, and is not read
        self.answer(405, {"message": "Method not allowed."}, {"Allow": "GET"})

    do_POST = do_PATCH = do_PUT = _not_allowed

    # --- the operations ---------------------------------------------------------------------------------

    def _list_workspaces(self, token: Token) -> None:
        self._answer_list(self.server.state.workspaces_of(token))

    def _retrieve_workspace(self, token: Token, workspace_id: str) -> None:
        found = self.server.state.workspace(workspace_id)
        if found is None or not token.sees(workspace_id):
            self.answer(404, _NOT_FOUND)
        else:
            self.answer(200, found)

    def _list_billing_accounts(self, token: Token, workspace_id: str) -> None:
        if self.server.state.workspace(workspace_id) is None or not token.sees(workspace_id):
            self.answer(404, _NOT_FOUND)
        elif workspace_id == faults.WORKSPACE:
            self._answer_list(faults.listed())
        else:
            self._answer_list(self.server.state.accounts_of(workspace_id))

    def _retrieve_billing_account(self, token: Token, workspace_id: str, account_id: str) -> None:
        self.account_id = account_id
        fault = faults.FAULTS.get(account_id.removeprefix("cus_"))
        found = self.server.state.account(workspace_id, account_id)
        if workspace_id == faults.WORKSPACE and token.sees(workspace_id) and fault is not None:
            fault[1](self)
        elif found is None or not token.sees(workspace_id):
            self.answer(404, _NOT_FOUND)
        else:
            self.answer(200, found)

    # --- answers ----------------------------------------------------------------------------------------

    def answer(self, status: int, document: Any, headers: dict[str, str] | None = None) -> None:
        """A well-formed answer, always the same bytes for the same document."""
        body = json.dumps(document, indent=1, separators=(" ,", " : ")).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Request-Id", f"req_{uuid.uuid4().hex[:20]}")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def raw(self, *pieces: bytes, every_seconds: float = 0) -> None:
        """Bytes as they are, until the caller goes or the server stops; then the connection is closed."""
        self.close_connection = True
        with suppress(OSError):
            for piece in pieces:
                self.wfile.write(piece)
                if every_seconds and not self.wait(every_seconds):
                    return

    def wait(self, seconds: float) -> bool:
        """Waits; false as soon as the caller has gone or the server stops."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            readable, _, _ = select.select([self.connection], [], [], min(left, 0.2))
            if self.server.stopping.is_set() or (readable and self._is_gone()):
                return False
        return True

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: a request line is the journal's."""

    def _is_gone(self) -> bool:
        try:
            return not self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def _answer_list(self, rows: list[Any]) -> None:
        self.answer(200, {"data": rows, "has_more": False})

    def _note(self) -> None:
        headers = [[name, value] for name, value in self.headers.items() if name.lower() != "authorization"]
        token = hashlib.sha256(self.headers.get("Authorization", "").encode()).hexdigest()
        entry = {"method": self.command, "path": self.path, "headers": headers, "authorization_sha256": token}
        self.server.journal.append(entry)

    def _token(self) -> Token | None:
        scheme, _, text = self.headers.get("Authorization", "").partition(" ")
        token = self.server.state.tokens.get(text) if scheme.lower() == "bearer" else None
        if token is None or token.refused is not None:
            message = (token and token.refused) or "Unauthorized or invalid token provided."
            self.answer(401, {"message": message})
            return None
        return token

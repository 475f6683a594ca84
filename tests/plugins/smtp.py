"""A mail server on a free port, which keeps what it gets and fails as a test wants."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Final

import pytest
from pytest_django import Settings

ACCEPT: Final = "accept"
REFUSE_RECIPIENT: Final = "refuse recipient"
CLOSE_AFTER_DATA: Final = "close after data"
REFUSE_AFTER_DATA: Final = "refuse after data"
SILENT: Final = "silent"
DRIP: Final = "drip"


class MailServer(socketserver.ThreadingTCPServer):
    """`fault` is what the next connections meet; `received` has every message that arrived, confirmed or not."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.fault = ACCEPT
        self.raw: list[bytes] = []
        self.recipients: list[str] = []

    @property
    def received(self) -> list[EmailMessage]:
        return [message_from_bytes(one, policy=policy.default) for one in self.raw]


class _Session(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        if self.server.fault == SILENT:
            self.rfile.readline()
            return
        if self.server.fault == DRIP:
            self._drip()
            return
        self._say("220 mail.example")
        for line in iter(self.rfile.readline, b""):
            verb = line[:4].upper()
            if verb in (b"EHLO", b"HELO", b"RSET", b"MAIL"):
                self._say("250 OK")
            elif verb == b"RCPT":
                self._recipient(line)
            elif verb == b"DATA":
                if not self._data():
                    return
            elif verb == b"QUIT":
                self._say("221 Bye")
                return

    def _recipient(self, line: bytes) -> None:
        if self.server.fault == REFUSE_RECIPIENT:
            self._say("550 5.1.1 Erika is unknown here")
        else:
            self.server.recipients.append(line.decode().split("<")[1].split(">")[0])
            self._say("250 OK")

    def _data(self) -> bool:
        self._say("354 Go on")
        lines = iter(self.rfile.readline, b".\r\n")
        self.server.raw.append(b"".join(line.removeprefix(b".") for line in lines))
        if self.server.fault == CLOSE_AFTER_DATA:
            return False
        self._say("554 Erika's mailbox is full" if self.server.fault == REFUSE_AFTER_DATA else "250 OK")
        return True

    def _drip(self) -> None:
        for _ in range(600):
            if threading.Event().wait(0.1):
                return
            try:
                self._say("220-wait")
            except OSError:
                return

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def mail_server(settings: Settings) -> Iterator[MailServer]:
    """Yield a running mail server that the portal uses."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        settings.EMAIL_URL = "smtp://127.0.0.1"
        settings.MAIL_SERVER = {"host": "127.0.0.1", "port": server.server_address[1]}
        settings.MAIL_TIMEOUT = 5
        settings.DEFAULT_FROM_EMAIL = "Billing <billing@portal.example>"
        settings.PORTAL_URL = "https://billing.example"
        yield server
        server.shutdown()

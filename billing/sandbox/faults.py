"""The failure gallery: one account of `ws_failures` for each way in which Altostrat can fail.

A fault responds through its Exchange, with a valid response or with raw bytes and a closed connection.
"""

from __future__ import annotations

import gzip
import itertools
import json
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from billing.sandbox import Document

WORKSPACE = "ws_failures"


class Exchange(Protocol):
    """The request to which a fault responds."""

    account_id: str

    def answer(self, status: int, document: Any, headers: dict[str, str] | None = None) -> None:
        """Send a valid JSON response."""

    def raw(self, *chunks: bytes, every_seconds: float = 0) -> None:
        """Send chunks of bytes as they are, then closes the connection."""

    def wait(self, seconds: float) -> bool:
        """Wait and returns whether the caller is still connected."""


Fault = Callable[[Exchange], None]


def listed() -> list[Document]:
    """Return the gallery as billing accounts. The name of each account describes its fault."""
    return [_account(f"cus_{name}", about) for name, (about, _) in FAULTS.items()]


def _account(account_id: str, name: str, **changes: Any) -> Document:
    document: Document = {
        "id": account_id,
        "workspace_id": WORKSPACE,
        "name": name,
        "email": "failures@sandbox.example",
        "phone": None,
        "description": "An example of a failure.",
        "currency": "usd",
        "address": {
            "country": "US",
            "line1": "1 Broken Way",
            "city": "Springfield",
            "state": "IL",
            "postal_code": "62701",
        },
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00.000000Z",
    }
    return document | changes


def _status(status: int, message: str, **headers: str) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda exchange: exchange.answer(status, {"message": message}, named)


def _body(body: bytes, content_type: str = "application/json") -> Fault:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return lambda exchange: exchange.raw(head.encode() + body)


def _head(*lines: str, body: bytes = b"{}") -> Fault:
    head = "\r\n".join(lines) + "\r\n\r\n"
    return lambda exchange: exchange.raw(head.encode() + body)


def _as_account(**changes: Any) -> Fault:
    def respond(exchange: Exchange) -> None:
        exchange.answer(200, _account(exchange.account_id, "An account in the gallery", **changes))

    return respond


def _sparse(exchange: Exchange) -> None:
    exchange.answer(200, {"id": exchange.account_id})


def _nulls(exchange: Exchange) -> None:
    seed = json.loads(Path(__file__).with_name("seed.json").read_text(encoding="utf-8"))
    document = dict.fromkeys(seed["billing_accounts"][0], None)
    exchange.answer(200, document | {"id": exchange.account_id, "workspace_id": WORKSPACE})


def _slow(exchange: Exchange) -> None:
    if exchange.wait(60):
        exchange.answer(200, _account(exchange.account_id, "Answers after 60 s"))


def _drip(head: bytes, body: bytes) -> Fault:
    single_bytes = [body[at : at + 1] for at in range(len(body))]
    return lambda exchange: exchange.raw(head, *single_bytes, every_seconds=0.5)


def _huge(exchange: Exchange) -> None:
    size = 12 * 1024 * 1024
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
    exchange.raw(head.encode(), b'{"id": "', *itertools.repeat(b"x" * 65536, size // 65536 - 1))


@cache
def _compressed() -> bytes:
    # Cached: compressing takes longer than an impatient client waits for the first byte.
    return gzip.compress(b'{"id": "' + b"x" * (16 * 1024 * 1024))


def _bomb(exchange: Exchange) -> None:
    body = _compressed()
    head = f"Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    exchange.raw(b"HTTP/1.1 200 OK\r\n" + head.encode() + body)


def _redirect(exchange: Exchange) -> None:
    exchange.answer(302, {"message": "Moved."}, {"Location": "http://127.0.0.1:9/elsewhere"})


class _Flaky:
    """A server that responds to every other request with 503."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def __call__(self, exchange: Exchange) -> None:
        with self._lock:
            self._count += 1
            fails = self._count % 2 == 1
        if fails:
            exchange.answer(503, {"message": "Service Unavailable"})
        else:
            exchange.answer(200, _account(exchange.account_id, "Answers every other request with 503"))


_OK = "HTTP/1.1 200 OK"
_JSON = "Content-Type: application/json"
_COMPLETE = json.dumps(_account("cus_cutoff", "Closes the connection within the body")).encode()
_REFUSED = {
    "message": "The given data was invalid.",
    "errors": {"billingAccountId": ["The billing account is not in a state that allows this."]},
}
_FUTURE = {
    "tax_ids": [{"type": "za_vat", "value": "4000000000"}],
    "metadata": [],
    "delinquent": False,
    "risk_level": "<b>low</b>",
    "currency": "xau",
}

# Faults of the account's own document. Its invoices, subscriptions and so on work.
DETAILS_ONLY = frozenset(
    {"nan", "duplicate", "otheraccount", "otherworkspace", "sparse", "nulls", "future", "flaky", "cookie"}
    | {"ratelimited", "ratelimited_nohint"}  # a 429 pauses the whole token, so a scan must not meet it
)

FAULTS: dict[str, tuple[str, Fault]] = {
    "unauthorized": ("Answers 401", _status(401, "Unauthorized or invalid token provided.")),
    "forbidden": ("Answers 403", _status(403, "This action is unauthorized.")),
    "missing": ("Answers 404", _status(404, "Not found.")),
    "invalid": ("Answers 422", lambda exchange: exchange.answer(422, _REFUSED)),
    "teapot": ("Answers 418", _status(418, "I'm a teapot.")),
    "ratelimited": ("Answers 429 with Retry-After: 30", _status(429, "Too Many Attempts.", Retry_After="30")),
    "ratelimited_nohint": ("Answers 429 without Retry-After", _status(429, "Too Many Attempts.")),
    "error500": ("Answers 500", _status(500, "Server Error")),
    "error502": ("Answers 502", _status(502, "Bad Gateway")),
    "unavailable": (
        "Answers 503 with Retry-After: 20",
        _status(503, "Service Unavailable", Retry_After="20"),
    ),
    "unavailable_nohint": ("Answers 503 without Retry-After", _status(503, "Service Unavailable")),
    "error504": ("Answers 504", _status(504, "Gateway Timeout")),
    "slow": ("Answers after 60 s", _slow),
    "dripping": (
        "Sends one byte of its body every half second",
        _drip(f"{_OK}\r\n{_JSON}\r\nContent-Length: 120\r\n\r\n".encode(), b'{"id": "' + b"x" * 112),
    ),
    "drippinghead": (
        "Sends one byte of its headers every half second",
        _drip(b"", (f"{_OK}\r\nX-Slow: " + "x" * 100).encode()),
    ),
    "endless100": (
        "Sends 100 Continue without end",
        lambda exchange: exchange.raw(*[b"HTTP/1.1 100 Continue\r\n\r\n"] * 120, every_seconds=0.5),
    ),
    "cutoff": (
        "Closes the connection within the body",
        _head(_OK, _JSON, f"Content-Length: {len(_COMPLETE)}", body=_COMPLETE[: len(_COMPLETE) // 2]),
    ),
    "cuthead": (
        "Closes the connection within the headers",
        lambda exchange: exchange.raw(f"{_OK}\r\nContent-Ty".encode()),
    ),
    "noanswer": ("Closes the connection without a response", lambda exchange: exchange.raw()),
    "notjson": ("Answers 200 with a web page", _body(b"<!doctype html><h1>It works!</h1>", "text/html")),
    "badjson": ("Answers 200 with broken JSON", _body(b'{"id": "cus_badjson", "name": ')),
    "nan": ("Answers 200 with NaN in its JSON", _body(b'{"id": "cus_nan", "balance": NaN}')),
    "deep": ("Answers 200 with JSON 100,000 levels deep", _body(b'{"id":"cus_deep","x":' + b"[" * 100_000)),
    "duplicate": (
        "Answers 200 with a duplicate key in its JSON",
        _body(b'{"id": "cus_duplicate", "id": "cus_other"}'),
    ),
    "huge": ("Answers 200 with 12 MiB", _huge),
    "bomb": ("Answers 200 with 16 MiB, compressed to 16 KiB", _bomb),
    "redirect": ("Redirects to another host", _redirect),
    "otheraccount": ("Answers with another account", _as_account(id="cus_somebodyelse")),
    "otherworkspace": (
        "Answers with another workspace's account",
        _as_account(workspace_id="ws_somebodyelse"),
    ),
    "badlength": ("Answers 200 with an invalid Content-Length", _head(_OK, _JSON, "Content-Length: -5")),
    "bothframings": (
        "Answers 200 with Content-Length and Transfer-Encoding",
        _head(_OK, _JSON, "Content-Length: 2", "Transfer-Encoding: chunked", body=b"2\r\n{}\r\n0\r\n\r\n"),
    ),
    "extrabytes": (
        "Sends extra bytes after its response",
        _head(_OK, _JSON, "Content-Length: 2", body=b"{}HTTP/1.1 200 OK"),
    ),
    "status999": ("Answers 999", _head("HTTP/1.1 999 Whatever", _JSON, "Content-Length: 2")),
    "status103": ("Answers 103 and nothing else", _head("HTTP/1.1 103 Early Hints", body=b"")),
    "sparse": ("Answers 200 with only an ID", _sparse),
    "nulls": ("Answers 200 with null in every field", _nulls),
    "future": ("Answers 200 with unknown fields and values", _as_account(**_FUTURE)),
    "flaky": ("Answers every other request with 503", _Flaky()),
    "cookie": (
        "Sets a cookie",
        lambda exchange: exchange.answer(
            200, _account(exchange.account_id, "Sets a cookie"), {"Set-Cookie": "session=of-somebody; Path=/"}
        ),
    ),
}

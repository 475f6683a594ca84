"""A provider that forges answers: a real server on loopback. Tests decide what it answers."""

from __future__ import annotations

import base64
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, BinaryIO
from urllib.parse import parse_qs, urlsplit

from joserfc import jws
from joserfc.jwk import RSAKey

CLIENT_ID = "portal"
CLIENT_SECRET = "a-secret-of-the-tests"


@cache
def a_key(kid: str = "first", holder: str = "provider") -> RSAKey:
    """Return the signing key of this holder with this id. Cached, because generating one is slow."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


@dataclass
class ForgingProvider:
    """A provider that answers correctly unless a test sets one of these. `requested` has the paths of all requests."""

    url: str
    key: RSAKey = field(default_factory=a_key)
    other_keys: tuple[Any, ...] = ()
    claims: dict[str, Any] = field(default_factory=dict)
    omitted: tuple[str, ...] = ()
    discovery: dict[str, Any] = field(default_factory=dict)
    sign: Callable[[dict[str, Any], RSAKey], str] | None = None
    answer: Callable[[dict[str, Any]], Any] = lambda said: said
    status: dict[str, int] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)
    nonce: str = ""
    nonces: dict[str, str] = field(default_factory=dict)
    requested: list[str] = field(default_factory=list)
    forms: list[dict[str, list[str]]] = field(default_factory=list)
    raw_answers: dict[str, Callable[[BinaryIO], None]] = field(default_factory=dict)
    id_tokens: list[str] = field(default_factory=list)
    used_codes: set[str] = field(default_factory=set)

    def document(self) -> dict[str, Any]:
        """Return the discovery document."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "end_session_endpoint": f"{self.url}/end",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            **self.discovery,
        }

    def keys(self) -> dict[str, Any]:
        """Return the key set, public halves only, with the signing key last."""
        return {"keys": [*self.other_keys, self.key.as_dict(private=False)]}

    def token_answer(self, code: str) -> Any:
        """Return the token endpoint's answer."""
        now = int(time.time())
        claims = {
            **{"iss": self.url, "aud": CLIENT_ID, "sub": "person-1", "iat": now, "exp": now + 300},
            **{"nonce": self.nonces.get(code, self.nonce), "groups": ["staff"], "preferred_username": "ada"},
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if name not in self.omitted}
        id_token = (self.sign or signed)(claims, self.key)
        self.id_tokens.append(id_token)
        return self.answer({"access_token": "a", "token_type": "Bearer", "id_token": id_token})


def signed(claims: dict[str, Any], key: RSAKey, **header: Any) -> str:
    """Sign correctly. `header` overrides members of the header."""
    head = {"alg": "RS256", "kid": key.kid, **header}
    return jws.serialize_compact(head, json.dumps(claims), key)


def signed_without_kid(claims: dict[str, Any], key: RSAKey) -> str:
    """Sign correctly, without naming the key."""
    return jws.serialize_compact({"alg": "RS256"}, json.dumps(claims), key)


def unsigned(claims: dict[str, Any], key: RSAKey) -> str:
    """Return a token with alg none, without a signature."""
    parts = ({"alg": "none", "kid": key.kid}, claims)
    return ".".join(encoded(json.dumps(part).encode()) for part in parts) + "."


def signed_with_the_public_key(claims: dict[str, Any], key: RSAKey) -> str:
    """Return a token signed by HS256 with the public key as the secret."""
    return signed_with(key.as_pem(private=False), claims, key)


def signed_with(secret: bytes, claims: dict[str, Any], key: RSAKey) -> str:
    """Return a token signed by HS256. The library refuses to sign with a public key or an empty secret."""
    parts = ({"alg": "HS256", "kid": key.kid}, claims)
    head_and_body = ".".join(encoded(json.dumps(part).encode()) for part in parts)
    return f"{head_and_body}.{encoded(hmac.digest(secret, head_and_body.encode(), 'sha256'))}"


def with_a_bad_signature(claims: dict[str, Any], key: RSAKey) -> str:
    """Return a token signed with another key that has the same id."""
    return signed(claims, a_key("first", "forger"))


def encoded(data: bytes) -> str:
    """Encode in base64 as JOSE does."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@contextmanager
def running_forger() -> Iterator[ForgingProvider]:
    """Run the provider on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.forger = ForgingProvider(f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.forger  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        forger = self._forger()
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        if address.path in forger.documents:
            return self._send(forger.documents[address.path])
        if address.path == "/keys":
            return self._send(forger.keys())
        if address.path == "/authorize":  # without asking
            code = f"of-{query['state']}"
            forger.nonces[code] = query["nonce"]
            return self._redirect(f"{query['redirect_uri']}?code={code}&state={query['state']}")
        if address.path == "/end":
            return self._redirect(f"{query['post_logout_redirect_uri']}?state={query['state']}")
        return self._send(forger.document())

    def do_POST(self) -> None:
        forger = self._forger()
        length = int(self.headers["Content-Length"])
        form = parse_qs(self.rfile.read(length).decode())
        forger.forms.append(form)
        code = form["code"][0]
        replayed = code.startswith("once-") and code in forger.used_codes
        forger.used_codes.add(code)
        self._send({"error": "invalid_grant"} if replayed else forger.token_answer(code))

    def _redirect(self, address: str) -> None:
        self.send_response(303)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _forger(self) -> ForgingProvider:
        forger: ForgingProvider = self.server.forger  # type: ignore[attr-defined]
        forger.requested.append(urlsplit(self.path).path)
        return forger

    def _send(self, what: Any) -> None:
        if write := self.server.forger.raw_answers.get(self.path):  # type: ignore[attr-defined]
            self.close_connection = True
            with suppress(OSError):
                write(self.wfile)
            return
        body = what if isinstance(what, bytes) else json.dumps(what).encode()
        self.send_response(self.server.forger.status.get(self.path, 200))  # type: ignore[attr-defined]
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass

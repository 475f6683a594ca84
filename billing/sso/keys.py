"""The provider's public keys. It may replace them at any time, under the same ids or without any.

https://openid.net/specs/openid-connect-core-1_0.html#RotateSigKeys
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from joserfc import jws, jwt
from joserfc.errors import (
    BadSignatureError,
    InvalidKeyCurveError,
    InvalidKeyIdError,
    JoseError,
    KeyParameterError,
)
from joserfc.jwk import JWKRegistry, Key
from joserfc.jws import JWSRegistry
from requests import RequestException

from billing.sso.bounded import Unusable, get_json

REFETCH_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 3.0
# Another key may verify the token: one of the same set, or one that the provider has published since.
_ANOTHER_KEY_MAY_FIT: Final = (BadSignatureError, InvalidKeyIdError, KeyParameterError, InvalidKeyCurveError)

Keys = tuple[Key, ...]


class ProviderKeys:
    """The provider's public keys, for all threads of a process. They verify signatures.

    If no key verifies one, the keys are fetched again: for a bad signature at most once a minute, for an unknown key id
    and after a failure every few seconds. If that does not help, `find_moved` finds the keys that the provider
    publishes elsewhere, or returns None.
    """

    def __init__(
        self,
        jwks_uri: str,
        algorithms: Sequence[str],
        find_moved: Callable[[ProviderKeys], ProviderKeys | None],
    ) -> None:
        self._jwks_uri = jwks_uri
        self._find_moved = find_moved
        self._registry = JWSRegistry(algorithms=[*algorithms], strict_check_header=False)
        self._lock = threading.Lock()
        self._keys: Keys | None = None
        self._has_failed = False
        self._fetched_again_at = float("-inf")

    def decode(self, token: str) -> jwt.Token:
        """Return header and claims of a token with a valid signature.

        Raise JoseError, ValueError for a malformed token, and requests.RequestException if there are no keys.
        """
        try:
            return self._decode(token)
        except (RequestException, *_ANOTHER_KEY_MAY_FIT):
            moved = self._find_moved(self)
            if moved is None:
                raise
        return moved._decode(token)

    def _decode(self, token: str) -> jwt.Token:
        keys = self._keys or self._fetched(self._keys)
        try:
            return self._decoded(token, keys)
        except _ANOTHER_KEY_MAY_FIT as error:
            is_unknown = isinstance(error, InvalidKeyIdError)
            newer = self._fetched(keys, RETRY_SECONDS if is_unknown else REFETCH_SECONDS)
            if newer is keys:
                raise
        return self._decoded(token, newer)

    def _decoded(self, token: str, keys: Keys) -> jwt.Token:
        kid = jws.extract_compact(token.encode()).headers().get("kid")
        failure: JoseError = InvalidKeyIdError()
        for key in keys:
            if kid and key.kid not in (kid, None):
                continue
            try:
                return jwt.decode(token, key, registry=self._registry)
            except _ANOTHER_KEY_MAY_FIT as error:
                if not isinstance(failure, BadSignatureError):
                    failure = error
        raise failure

    def _fetched(self, known: Keys | None, pause: float = RETRY_SECONDS) -> Keys:
        """Return newer keys than `known`, or the same if they were fetched again less than `pause` seconds ago."""
        with self._lock:
            if self._keys is not None and self._keys is not known:
                return self._keys  # another thread has fetched them
            pause = RETRY_SECONDS if self._has_failed else pause
            if time.monotonic() < self._fetched_again_at + pause:
                if self._keys is None or self._has_failed:
                    raise Unusable("the keys could not be fetched a moment ago")
                return self._keys
            self._has_failed = True
            try:
                self._keys = _published(self._jwks_uri)
                self._has_failed = False
            finally:
                # After a failure, requests that wait for this lock fail at once, instead of one after the other.
                if self._has_failed or known is not None:
                    self._fetched_again_at = time.monotonic()
            return self._keys


def _published(jwks_uri: str) -> Keys:
    try:
        document = get_json(jwks_uri)
    except (ValueError, RecursionError):  # one of the JSON errors of requests is both
        raise Unusable("the document of keys is malformed") from None
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise Unusable("the document of keys has none")
    return tuple(_usable(listed))


def _usable(listed: Sequence[object]) -> Iterator[Key]:
    """Yield the keys that joserfc knows. A set may have others as well: RFC 7517, section 5."""
    for described in listed:
        try:
            yield JWKRegistry.import_key(described)  # type: ignore[arg-type]
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            continue

"""The vault: AES-256-GCM with a key ring. The only module that imports `cryptography`.

An envelope is the text `v1:<key id>:<base64 of nonce and ciphertext>`. The key id and the caller's context, such as
owner, API origin and row, are its associated data: an envelope moved to another row, owner or API does not open.

https://cryptography.io/en/latest/hazmat/primitives/aead/#cryptography.hazmat.primitives.ciphers.aead.AESGCM
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Mapping, Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION: Final = "v1"
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class MalformedKeyRing(ValueError):
    """VAULT_KEYS is invalid. The message says why and shows no key."""


class CannotUnseal(Exception):
    """The envelope does not open: the key is wrong or missing, or the envelope belongs to another row, owner or API."""


class KeyRing:
    """The configured keys: the first one seals, all of them open."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.key_ids: tuple[str, ...] = tuple(keys)

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Parse `id:base64of32bytes,…`. Raise MalformedKeyRing."""
        keys: dict[str, bytes] = {}
        for number, entry in enumerate(filter(None, (part.strip() for part in text.split(","))), start=1):
            key_id, _, encoded = entry.partition(":")
            # Ids that differ only in case count as equal, because some databases ignore case in prefixes.
            if not _KEY_ID.fullmatch(key_id) or key_id.lower() in map(str.lower, keys):
                raise MalformedKeyRing(
                    f"Entry {number} of VAULT_KEYS needs a unique ID of letters, digits, - and _."
                )
            keys[key_id] = _decoded(encoded, number)
        if not keys:
            raise MalformedKeyRing("VAULT_KEYS is not set.")
        return cls(keys)

    def seal(self, secret: str, context: Sequence[str]) -> str:
        """Encrypt `secret` with the first key, bound to `context`."""
        key_id = self.key_ids[0]
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[key_id].encrypt(nonce, secret.encode(), _associated_data(key_id, context))
        return f"{_VERSION}:{key_id}:{base64.b64encode(nonce + sealed).decode('ascii')}"

    def unseal(self, envelope: str, context: Sequence[str]) -> str:
        """Return the secret. Raise CannotUnseal rather than return anything else."""
        version, _, rest = envelope.partition(":")
        key_id, _, encoded = rest.partition(":")
        cipher = self._ciphers.get(key_id)
        if version != _VERSION or cipher is None:
            raise CannotUnseal("The key that sealed this value is not in VAULT_KEYS.")
        try:
            raw = base64.b64decode(encoded, validate=True)
            opened = cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _associated_data(key_id, context))
        except (InvalidTag, binascii.Error, ValueError):
            raise CannotUnseal(
                "This value was sealed with another key, or for another row, owner or API."
            ) from None
        return opened.decode()

    @property
    def first_prefix(self) -> str:
        """The prefix of envelopes sealed with the first key."""
        return f"{_VERSION}:{self.key_ids[0]}:"

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The prefixes of the envelopes that this ring opens, one for each key."""
        return tuple(f"{_VERSION}:{key_id}:" for key_id in self.key_ids)

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self.key_ids)})"


def generate_key(key_id: str) -> str:
    """Return a new entry for VAULT_KEYS."""
    if not _KEY_ID.fullmatch(key_id):
        raise MalformedKeyRing("A key ID consists of letters, digits, - and _.")
    return f"{key_id}:{base64.b64encode(AESGCM.generate_key(_KEY_BYTES * 8)).decode('ascii')}"


def _decoded(encoded: str, number: int) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise MalformedKeyRing(f"Entry {number} of VAULT_KEYS must be an ID, a colon and 32 bytes in base64.")
    return key


def _associated_data(key_id: str, context: Sequence[str]) -> bytes:
    # Length prefixes, so that different contexts never yield the same bytes.
    data = b""
    for part in (_VERSION, key_id, *context):
        encoded = part.encode()
        data += len(encoded).to_bytes(4, "big") + encoded
    return data

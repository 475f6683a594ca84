"""The safe: AES-256-GCM under a key ring. The only module that imports `cryptography`.

An envelope is the text `v1:<key id>:<base64 of nonce and ciphertext>`. The key id and the caller's context (owner, API
origin, row) are its associated data: moved to another row, another owner or another API, it does not open.

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
    """VAULT_KEYS cannot be used. The text says why and shows no key."""


class CannotUnseal(Exception):
    """The envelope does not open: wrong or missing key, or not the row, owner or API it was sealed for."""


class KeyRing:
    """The keys in force: the first one seals, every one of them opens."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.key_ids: tuple[str, ...] = tuple(keys)

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """The ring written as `id:base64of32bytes,…`; raises MalformedKeyRing."""
        keys: dict[str, bytes] = {}
        for number, entry in enumerate(filter(None, (part.strip() for part in text.split(","))), start=1):
            key_id, _, encoded = entry.partition(":")
            # Alike but for case counts as the same: some databases compare prefixes without regard to case.
            if not _KEY_ID.fullmatch(key_id) or key_id.lower() in map(str.lower, keys):
                raise MalformedKeyRing(
                    f"Entry {number} of VAULT_KEYS needs an id of its own: letters, digits, - and _."
                )
            keys[key_id] = _decoded(encoded, number)
        if not keys:
            raise MalformedKeyRing("VAULT_KEYS is not set.")
        return cls(keys)

    def seal(self, secret: str, context: Sequence[str]) -> str:
        """The envelope of `secret`, under the first key, bound to `context`."""
        key_id = self.key_ids[0]
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[key_id].encrypt(nonce, secret.encode(), _associated_data(key_id, context))
        return f"{_VERSION}:{key_id}:{base64.b64encode(nonce + sealed).decode('ascii')}"

    def unseal(self, envelope: str, context: Sequence[str]) -> str:
        """The secret inside; raises CannotUnseal, never returns anything else."""
        version, _, rest = envelope.partition(":")
        key_id, _, encoded = rest.partition(":")
        cipher = self._ciphers.get(key_id)
        if version != _VERSION or cipher is None:
            raise CannotUnseal("The key that sealed this is not in VAULT_KEYS.")
        try:
            raw = base64.b64decode(encoded, validate=True)
            opened = cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _associated_data(key_id, context))
        except (InvalidTag, binascii.Error, ValueError):
            raise CannotUnseal(
                "This was sealed with another key, or for another row, owner or API."
            ) from None
        return opened.decode()

    @property
    def first_prefix(self) -> str:
        """What every envelope of the first key begins with."""
        return f"{_VERSION}:{self.key_ids[0]}:"

    @property
    def prefixes(self) -> tuple[str, ...]:
        """What the envelopes of this ring begin with, one entry a key."""
        return tuple(f"{_VERSION}:{key_id}:" for key_id in self.key_ids)

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self.key_ids)})"


def generate_key(key_id: str) -> str:
    """A fresh entry for VAULT_KEYS."""
    if not _KEY_ID.fullmatch(key_id):
        raise MalformedKeyRing("A key id has letters, digits, - and _ only.")
    return f"{key_id}:{base64.b64encode(AESGCM.generate_key(_KEY_BYTES * 8)).decode('ascii')}"


def _decoded(encoded: str, number: int) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise MalformedKeyRing(f"Entry {number} of VAULT_KEYS must be an id, a colon and 32 bytes in base64.")
    return key


def _associated_data(key_id: str, context: Sequence[str]) -> bytes:
    # Lengths first, so that no two different contexts can be written alike.
    parts = [_VERSION, key_id, *context]
    return b"".join(
        len(encoded).to_bytes(4, "big") + encoded for encoded in (part.encode() for part in parts)
    )

"""The key ring that VAULT_KEYS describes, and the check that it opens what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from django.conf import settings
from django.db.models import Q

from billing.models import AltostratToken, Note, VaultKeyCheck
from billing.vault import CannotUnseal, KeyRing

_PLAIN_TEXT = "the key ring opens"


def key_ring() -> KeyRing:
    """Return the configured key ring. Raise `vault.MalformedKeyRing`."""
    return _parsed(settings.VAULT_KEYS)


def resealed(envelope: str, context: Sequence[str]) -> str:
    """Return an envelope with the same contents, sealed with the first key. Raise `vault.CannotUnseal`."""
    ring = key_ring()
    return ring.seal(ring.unseal(envelope, context), context)


@lru_cache(maxsize=4)
def _parsed(text: str) -> KeyRing:
    return KeyRing.parse(text)


def verify() -> None:
    """Raise CannotUnseal if a key of stored tokens or notes is missing, or if its id now belongs to another key."""
    ring = key_ring()
    in_ring = Q()
    for prefix in ring.prefixes:
        in_ring |= Q(envelope__startswith=prefix)
    if AltostratToken.objects.exclude(in_ring).exists():
        raise CannotUnseal("Some stored tokens were sealed with a key that is not in VAULT_KEYS.")
    if Note.objects.exclude(in_ring).exists():
        raise CannotUnseal("Some notes were sealed with a key that is not in VAULT_KEYS.")
    for row in VaultKeyCheck.objects.filter(key_id__in=ring.key_ids):
        ring.unseal(row.envelope, _context(row.key_id))


def remember_first_key() -> None:
    """Seal a known text with the first key, so that `verify` notices another key under the same id.

    Raise CannotUnseal if the id already belongs to another key.
    """
    ring = key_ring()
    key_id = ring.key_ids[0]
    row, _ = VaultKeyCheck.objects.get_or_create(
        key_id=key_id, defaults={"envelope": ring.seal(_PLAIN_TEXT, _context(key_id))}
    )
    ring.unseal(row.envelope, _context(key_id))


def _context(key_id: str) -> tuple[str, ...]:
    return ("vault-key-check", key_id)

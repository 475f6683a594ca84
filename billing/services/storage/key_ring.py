"""The key ring in force, and whether it is the right one."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.db.models import Q

from billing.models import AltostratToken, Note, VaultKeyCheck
from billing.vault import CannotUnseal, KeyRing

_KNOWN = "the key ring opens"


def key_ring() -> KeyRing:
    """The ring that VAULT_KEYS describes; raises `vault.MalformedKeyRing`."""
    return _parsed(settings.VAULT_KEYS)


@lru_cache(maxsize=4)
def _parsed(text: str) -> KeyRing:
    return KeyRing.parse(text)


def verify() -> None:
    """Raises CannotUnseal unless every key that stored tokens need is in the ring and is the right one."""
    ring = key_ring()
    known = Q()
    for prefix in ring.prefixes:
        known |= Q(envelope__startswith=prefix)
    if AltostratToken.objects.exclude(known).exists():
        raise CannotUnseal("Some stored tokens were sealed with a key that is not in VAULT_KEYS.")
    if Note.objects.exclude(known).exists():
        raise CannotUnseal("Some notes were sealed with a key that is not in VAULT_KEYS.")
    for row in VaultKeyCheck.objects.filter(key_id__in=ring.key_ids):
        ring.unseal(row.envelope, _context(row.key_id))


def remember_first_key() -> None:
    """Leaves a known text sealed under the first key, so that another key of the same id is noticed later.

    Raises CannotUnseal when the first key is not the one that its id stood for before.
    """
    ring = key_ring()
    key_id = ring.key_ids[0]
    row, _ = VaultKeyCheck.objects.get_or_create(
        key_id=key_id, defaults={"envelope": ring.seal(_KNOWN, _context(key_id))}
    )
    ring.unseal(row.envelope, _context(key_id))


def _context(key_id: str) -> tuple[str, ...]:
    return ("vault-key-check", key_id)

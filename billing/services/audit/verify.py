"""Verification of the chain: no entry was changed, removed, inserted or moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from billing.models import AuditContent, AuditEntry, AuditHead
from billing.models.chain import hash_of
from billing.services.audit import content, prunings
from billing.services.audit.content import ContentForged
from billing.vault import CannotUnseal

_BATCH: Final = 500


class Broken(Exception):
    """The chain is broken. `entry_id` is the first entry that shows it."""

    def __init__(self, entry_id: int, why: str) -> None:
        super().__init__(f"Entry {entry_id}: {why}")
        self.entry_id = entry_id


@dataclass(frozen=True, slots=True)
class Anchor:
    """A hash that was noted elsewhere. The chain must still contain it, at `entry_id` if that is given."""

    hash: str
    entry_id: int | None = None


@dataclass(slots=True)
class Proof:
    """The result of a verification.

    `start` is the hash that the first entry follows and `head` the hash of the last entry. `contents` were opened.
    `pruned` contents are missing, but a pruning in the chain covers them: it deleted all up to `pruned_up_to`.
    """

    start: str = ""
    entries: int = 0
    contents: int = 0
    pruned: int = 0
    pruned_up_to: int = 0
    first_id: int = 0
    last_id: int = 0
    head: str = ""


def verify(anchors: Iterable[Anchor] = (), *, with_contents: bool = True) -> Proof:
    """Verify all entries in batches; the portal may keep running. Raise Broken.

    With contents, open each one and compare it with its digest, which needs the vault's keys.
    """
    wanted = {anchor.hash: anchor for anchor in anchors}
    initial_head = AuditHead.objects.first() or AuditHead(entry_id=0)
    proof = _start(wanted)
    for batch in _batches():
        contents = AuditContent.objects.in_bulk([entry.pk for entry in batch if entry.content_digest])
        for entry in batch:
            if entry.previous_hash != proof.head:
                proof = _after_pruning(entry, proof, wanted)
            _check_entry(entry, proof, initial_head)
            _check_anchor(entry, wanted)
            if with_contents and entry.content_digest:
                _check_content(entry, contents.get(entry.pk), proof)
    _check_end(proof, initial_head, wanted)
    return proof


def _start(wanted: dict[str, Anchor]) -> Proof:
    start = prunings.start_of_chain()
    wanted.pop(start, None)  # this was the last pruned entry
    return Proof(start=start, head=start)


def _after_pruning(entry: AuditEntry, proof: Proof, wanted: dict[str, Anchor]) -> Proof:
    """Start again at `entry` if all earlier entries were pruned during this verification."""
    fresh = _start(wanted)
    return fresh if fresh.start != proof.start else proof


def _batches() -> Iterator[list[AuditEntry]]:
    last_id = 0
    while batch := list(AuditEntry.objects.filter(pk__gt=last_id).order_by("pk")[:_BATCH]):
        yield batch
        last_id = batch[-1].pk


def _check_entry(entry: AuditEntry, proof: Proof, head: AuditHead) -> None:
    if entry.previous_hash != proof.head:
        raise Broken(
            entry.pk, "it does not follow the previous entry, which was removed, inserted or changed"
        )
    if hash_of(entry) != entry.hash:
        raise Broken(entry.pk, "it was changed after it was written")
    if entry.pk == head.entry_id and entry.hash != head.hash:
        raise Broken(entry.pk, "it is not the last entry that the portal wrote")
    proof.entries += 1
    proof.first_id = proof.first_id or entry.pk
    proof.last_id, proof.head = entry.pk, entry.hash


def _check_anchor(entry: AuditEntry, wanted: dict[str, Anchor]) -> None:
    for anchor in list(wanted.values()):
        if anchor.entry_id == entry.pk and anchor.hash != entry.hash:
            raise Broken(entry.pk, "its hash differs from the expected one")
    wanted.pop(entry.hash, None)


def _check_content(entry: AuditEntry, row: AuditContent | None, proof: Proof) -> None:
    if row is None:
        _require_retention(entry, proof)
        proof.pruned += 1
        return
    try:
        content.check(entry, row)
    except (ContentForged, CannotUnseal):
        raise Broken(
            entry.pk, "its before and after values do not open, or differ from what was recorded"
        ) from None
    proof.contents += 1


def _require_retention(entry: AuditEntry, proof: Proof) -> None:
    if entry.pk <= proof.pruned_up_to:
        return
    proof.pruned_up_to = prunings.contents_pruned_up_to()  # a pruning may be running
    if entry.pk > proof.pruned_up_to and AuditEntry.objects.filter(pk=entry.pk).exists():
        raise Broken(entry.pk, "its before and after values are missing, and no pruning covers it")


def _check_end(proof: Proof, initial_head: AuditHead, wanted: dict[str, Anchor]) -> None:
    head = AuditHead.objects.first() or AuditHead(entry_id=0)
    if proof.last_id < initial_head.entry_id and proof.entries:
        raise Broken(initial_head.entry_id, f"it is missing, like all entries after {proof.last_id}")
    if proof.head != head.hash and not proof.entries:
        raise Broken(head.entry_id, "it is missing, like all other entries")
    if proof.last_id > head.entry_id:
        raise Broken(proof.last_id, "it was not written by the portal")
    for anchor in wanted.values():
        raise Broken(
            anchor.entry_id or proof.last_id + 1, f"the expected hash {anchor.hash} is no longer in the chain"
        )

"""Walking the chain: whether any entry was changed, removed, put in or moved."""

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
    """The chain does not hold. `entry_id` is the first entry at which that shows."""

    def __init__(self, entry_id: int, why: str) -> None:
        super().__init__(f"Entry {entry_id}: {why}")
        self.entry_id = entry_id


@dataclass(frozen=True, slots=True)
class Anchor:
    """A hash noted earlier, in another place: the chain must still hold it, at `entry_id` if that is known."""

    hash: str
    entry_id: int | None = None


@dataclass(slots=True)
class Proof:
    """What was walked. `start` is what the first entry follows, `head` the hash of the last; `contents` were opened,
    `pruned` are gone by retention, as a pruning in the chain says: that took all up to `gone_up_to`."""

    start: str = ""
    entries: int = 0
    contents: int = 0
    pruned: int = 0
    gone_up_to: int = 0
    first_id: int = 0
    last_id: int = 0
    head: str = ""


def verify(anchors: Iterable[Anchor] = (), *, with_contents: bool = True) -> Proof:
    """Walks all entries in batches, so that memory does not grow with them; the site may go on meanwhile.

    Raises Broken. Contents are opened and compared with their digests, for which the vault's keys are needed.
    """
    wanted = {anchor.hash: anchor for anchor in anchors}
    head_at_first = AuditHead.objects.first() or AuditHead(entry_id=0)
    proof = _beginning(wanted)
    for batch in _batches():
        contents = AuditContent.objects.in_bulk([entry.pk for entry in batch if entry.content_digest])
        for entry in batch:
            if entry.previous_hash != proof.head:
                proof = _after_pruning(entry, proof, wanted)
            _check_entry(entry, proof, head_at_first)
            _check_anchor(entry, wanted)
            if with_contents and entry.content_digest:
                _check_content(entry, contents.get(entry.pk), proof)
    _check_end(proof, head_at_first, wanted)
    return proof


def _beginning(wanted: dict[str, Anchor]) -> Proof:
    start = prunings.start_of_chain()
    wanted.pop(start, None)  # it was the last to go
    return Proof(start=start, head=start)


def _after_pruning(entry: AuditEntry, proof: Proof, wanted: dict[str, Anchor]) -> Proof:
    """A new beginning at `entry`, when what was before it has been pruned while this walk was under way."""
    fresh = _beginning(wanted)
    return fresh if fresh.start != proof.start else proof


def _batches() -> Iterator[list[AuditEntry]]:
    last_id = 0
    while batch := list(AuditEntry.objects.filter(pk__gt=last_id).order_by("pk")[:_BATCH]):
        yield batch
        last_id = batch[-1].pk


def _check_entry(entry: AuditEntry, proof: Proof, head: AuditHead) -> None:
    if entry.previous_hash != proof.head:
        raise Broken(entry.pk, "it does not follow the entry before it, which was removed, put in or changed")
    if hash_of(entry) != entry.hash:
        raise Broken(entry.pk, "it was changed after it was written")
    if entry.pk == head.entry_id and entry.hash != head.hash:
        raise Broken(entry.pk, "it is not the entry that was written last")
    proof.entries += 1
    proof.first_id = proof.first_id or entry.pk
    proof.last_id, proof.head = entry.pk, entry.hash


def _check_anchor(entry: AuditEntry, wanted: dict[str, Anchor]) -> None:
    for anchor in list(wanted.values()):
        if anchor.entry_id == entry.pk and anchor.hash != entry.hash:
            raise Broken(entry.pk, "its hash is not the one that was noted")
    wanted.pop(entry.hash, None)


def _check_content(entry: AuditEntry, row: AuditContent | None, proof: Proof) -> None:
    if row is None:
        _require_retention(entry, proof)
        proof.pruned += 1
        return
    try:
        content.check(entry, row)
    except (ContentForged, CannotUnseal):
        raise Broken(entry.pk, "what it found and left does not open, or is not what was recorded") from None
    proof.contents += 1


def _require_retention(entry: AuditEntry, proof: Proof) -> None:
    if entry.pk <= proof.gone_up_to:
        return
    proof.gone_up_to = prunings.contents_gone_up_to()  # a pruning may be under way
    if entry.pk > proof.gone_up_to and AuditEntry.objects.filter(pk=entry.pk).exists():
        raise Broken(entry.pk, "what it found and left is missing, and no retention explains it")


def _check_end(proof: Proof, head_at_first: AuditHead, wanted: dict[str, Anchor]) -> None:
    head = AuditHead.objects.first() or AuditHead(entry_id=0)
    if proof.last_id < head_at_first.entry_id and proof.entries:
        raise Broken(head_at_first.entry_id, f"it is missing, with all that came after {proof.last_id}")
    if proof.head != head.hash and not proof.entries:
        raise Broken(head.entry_id, "it is missing, with all others")
    if proof.last_id > head.entry_id:
        raise Broken(proof.last_id, "it was not written by the portal")
    for anchor in wanted.values():
        raise Broken(
            anchor.entry_id or proof.last_id + 1, f"the noted hash {anchor.hash} is not in the chain any more"
        )

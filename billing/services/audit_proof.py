"""Walking the chain: whether any entry was changed, removed, put in or moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from billing.models import AuditContent, AuditEntry, AuditHead
from billing.models.chain import hash_of
from billing.services import audit_content
from billing.services.audit_content import ContentForged
from billing.vault import CannotUnseal

# The entry that a pruning leaves: its subject is the hash of the last entry that went.
PRUNED: Final = "audit.prune"
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
    """What was walked. `head` is the hash of the last entry; `contents` were opened, `pruned` are gone by command."""

    entries: int = 0
    contents: int = 0
    pruned: int = 0
    last_id: int = 0
    head: str = ""


def start_of_chain() -> str:
    """What the first entry must follow: nothing, or the last entry that was pruned."""
    pruning = AuditEntry.objects.filter(verb=PRUNED, outcome=AuditEntry.Outcome.SUCCEEDED).order_by("-pk")
    return pruning.values_list("subject", flat=True).first() or ""


def verify(anchors: Iterable[Anchor] = (), *, with_contents: bool = True) -> Proof:
    """Walks all entries in batches, so that memory does not grow with them; the site may go on meanwhile.

    Raises Broken. Contents are opened and compared with their digests, for which the vault's keys are needed.
    """
    wanted = {anchor.hash: anchor for anchor in anchors}
    head_at_first = AuditHead.objects.first() or AuditHead(entry_id=0)
    proof = Proof(head=start_of_chain())
    wanted.pop(proof.head, None)  # it was the last to go
    for batch in _batches():
        contents = AuditContent.objects.in_bulk([entry.pk for entry in batch if entry.content_digest])
        for entry in batch:
            _check_entry(entry, proof, head_at_first)
            _check_anchor(entry, wanted)
            if with_contents and entry.content_digest:
                _check_content(entry, contents.get(entry.pk), proof)
    _check_end(proof, head_at_first, wanted)
    return proof


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
    proof.last_id, proof.head = entry.pk, entry.hash


def _check_anchor(entry: AuditEntry, wanted: dict[str, Anchor]) -> None:
    for anchor in list(wanted.values()):
        if anchor.entry_id == entry.pk and anchor.hash != entry.hash:
            raise Broken(entry.pk, "its hash is not the one that was noted")
    wanted.pop(entry.hash, None)


def _check_content(entry: AuditEntry, row: AuditContent | None, proof: Proof) -> None:
    if row is None:
        proof.pruned += 1
        return
    try:
        audit_content.check(entry, row)
    except (ContentForged, CannotUnseal):
        raise Broken(entry.pk, "what it found and left does not open, or is not what was recorded") from None
    proof.contents += 1


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

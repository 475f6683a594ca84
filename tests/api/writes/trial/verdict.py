"""The verdict: the answers, the sandbox's journal and the portal's changes must agree."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.api.writes.trial.clients import FINAL, Clients, Heard, Said
from tests.api.writes.trial.plan import Plan
from tests.plugins.processes import Sandbox

Manage = Callable[..., str]  # runs `manage.py` with these words

# The changes, with the outcomes of their audit entries.
_CHANGES: Final = """
import json
from collections import defaultdict
from billing.models import AuditEntry, Change
audited = defaultdict(list)
for subject, outcome in AuditEntry.objects.values_list('subject', 'outcome'):
    audited[subject].append(outcome)
rows = Change.objects.values('id', 'state', 'found', 'settled_at')
print(json.dumps({str(row['id']): {**row, 'audited': audited[str(row['id'])]} for row in rows}, default=str))
"""


@dataclass(frozen=True)
class Verdict:
    """The counts of a trial. `faults` has a sentence for each thing that is wrong."""

    counts: dict[str, int]
    duplicates: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not (self.duplicates or self.lost or self.faults)

    def __str__(self) -> str:
        lines = [f"{count:6} {what}" for what, count in self.counts.items()]
        lines += [f"{len(self.duplicates):6} duplicates", f"{len(self.lost):6} lost outcomes"]
        return "\n".join([*lines, *self.duplicates, *self.lost, *self.faults])


def compare(plan: Plan, clients: Clients, sandbox: Sandbox, manage: Manage, kills: int = 0) -> Verdict:
    """Compare what the clients have heard with what arrived at the sandbox and what the portal has recorded."""
    arrived = _arrived(plan, sandbox.writes())
    changes = json.loads(manage("shell", "-v0", "-c", _CHANGES))
    verdict = Verdict(_counts(plan, clients, arrived, changes, kills))
    for write in plan.writes:
        heard, rows = clients.heard[write.number], arrived[write.number]
        if len(rows) > 1:
            verdict.duplicates.append(f"{write.marker}: arrived {len(rows)} times")
        if not any(one.said in FINAL for one in heard):
            verdict.lost.append(f"{write.marker}: no final answer, but {_list(heard)}")
        verdict.faults.extend(f"{write.marker}: {fault}" for fault in faults_of_write(heard, rows, changes))
    verdict.faults.extend(_faults_of_changes(changes))
    return verdict


def _arrived(plan: Plan, journal: Sequence[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    """Return the requests that arrived at the sandbox for each write."""
    by_marker = {write.marker: write.number for write in plan.writes}
    arrived: dict[int, list[dict[str, Any]]] = {number: [] for number in by_marker.values()}
    for row in journal:
        body = row["body"]
        marker = body.get("description") or body.get("name") or body["metadata"]["trial"]
        arrived[by_marker[marker]].append(row)
    return arrived


def faults_of_write(
    heard: Sequence[Heard], arrived: Sequence[dict[str, Any]], changes: dict[str, Any]
) -> Iterator[str]:
    """Yield a sentence for each answer that does not agree with the other answers, the journal or the changes."""
    said = {one.said for one in heard}
    finals = said & FINAL
    if len(finals) > 1 or Said.NONSENSE in finals:
        yield f"contradictory answers: {_list(heard)}"
    was_applied = any(map(_is_applied, arrived))
    if finals and (Said.APPLIED in finals) != was_applied:
        yield f"Altostrat {'applied' if was_applied else 'did not apply'} it: {_list(heard)}"
    ids = {one.change_id for one in heard if one.change_id}
    if len(ids) > 1 or not ids <= changes.keys():
        yield f"it has the changes {ids}"
    is_settled = Said.NOT_APPLIED in said or any(one.is_settled for one in heard)
    # Without an answer, its worker was killed. While the database fails, the portal may not learn that it was recorded.
    was_outage = Said.APPLIED not in said and any(one.code == "portal_unavailable" for one in heard)
    if is_settled and not was_outage and said.isdisjoint((Said.UNKNOWN, Said.NOTHING)):
        yield f"its outcome was unknown, and no answer said so: {_list(heard)}"


def _is_applied(row: dict[str, Any]) -> bool:
    return row["status"] is not None and row["status"] < 300


def _faults_of_changes(changes: dict[str, Any]) -> Iterator[str]:
    for change_id, row in changes.items():
        if row["state"] in ("prepared", "sending"):
            yield f"change {change_id} is {row['state']}"
        if row["state"] == "unknown" and row["found"] not in ("applied", "not applied"):
            yield f"change {change_id} is unknown, and a read found {row['found']!r}"
        is_sent = row["state"] != "abandoned"
        if "started" not in row["audited"] or (is_sent and len(row["audited"]) < 2):
            yield f"change {change_id} has the audit entries {row['audited']}"


def _counts(
    plan: Plan,
    clients: Clients,
    arrived: dict[int, list[dict[str, Any]]],
    changes: dict[str, Any],
    kills: int,
) -> dict[str, int]:
    answers = [one for heard in clients.heard.values() for one in heard]
    said = Counter(one.said for one in answers)
    finals = Counter(
        next((one.said for one in clients.heard[write.number] if one.said in FINAL), Said.UNKNOWN)
        for write in plan.writes
    )
    states = Counter(row["state"] for row in changes.values())
    return {
        "writes": len(plan.writes),
        "killed workers": kills,
        "requests with a key": len(answers),
        "of them without an answer": said[Said.NOTHING],
        "of them answered: outcome unknown": said[Said.UNKNOWN],
        "of them answered: try again": said[Said.RETRY],
        "of them answered with the first answer": sum(one.is_replay for one in answers),
        "arrivals at Altostrat": sum(map(len, arrived.values())),
        "of them applied": sum(_is_applied(row) for rows in arrived.values() for row in rows),
        "writes that ended as applied": finals[Said.APPLIED],
        "writes that ended as refused": finals[Said.REFUSED],
        "writes that ended as not applied": finals[Said.NOT_APPLIED],
        "unknown outcomes that a read has settled": states["unknown"],
    }


def _list(heard: Sequence[Heard]) -> str:
    return ", ".join(f"{one.said} ({one.status} {one.code or '-'})" for one in heard)

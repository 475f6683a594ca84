"""The accounts of a work queue by their follow-up: snoozed ones fold away, and the others can be narrowed down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.http import QueryDict

from billing.services.actor import Actor
from billing.services.follow_ups.assignees import ME
from billing.services.follow_ups.promises import Progress, State, progress
from billing.services.follow_ups.store import NONE, OpenFollowUp
from billing.services.scans.queues import Row

_PERSON: Final = "person-"
_MAX_PEOPLE: Final = 5


@dataclass(frozen=True, slots=True)
class Choice:
    """A link to a part of the queue."""

    key: str
    title: str
    count: int
    link: str
    is_current: bool


class QueueView:
    """`?show=` chooses the part. Without it, accounts are shown that are not snoozed."""

    def __init__(
        self,
        actor: Actor,
        query: QueryDict,
        found: Sequence[Row],
        follow_ups: Mapping[tuple[str, str], OpenFollowUp],
        now: datetime,
    ) -> None:
        self._actor, self._found, self._follow_ups, self._now = actor, found, follow_ups, now
        self._query = query
        wanted = query.get("show", "")
        is_person = wanted.startswith(_PERSON) and wanted.removeprefix(_PERSON).isdecimal()
        self.chosen = wanted if wanted in self._conditions or is_person else ""
        self.total = len(found)

    @property
    def rows(self) -> list[Row]:
        if self.chosen.startswith(_PERSON):
            wanted = int(self.chosen.removeprefix(_PERSON))
            return [row for row in self._found if self.of(row).assignee_id == wanted]
        matches = self._conditions[self.chosen][1]
        return [row for row in self._found if matches(row)]

    @property
    def rows_of_file(self) -> list[Row]:
        """The rows of the file: without a choice all of them, because it has a column for snoozes."""
        return self.rows if self.chosen else list(self._found)

    @property
    def has_follow_ups(self) -> bool:
        return bool(self._follow_ups)

    @property
    def an_assignee(self) -> str:
        """What the filter calls an assignee who exists: the person, otherwise another one; empty if there is none."""
        found = {one.assignee_id: one.assignee_name for one in self._follow_ups.values() if one.assignee_id}
        return ME if self._actor.user.pk in found else min(found.values(), default="")

    @property
    def snoozed(self) -> int:
        return sum(self.is_snoozed(row) for row in self._found)

    @property
    def choices(self) -> list[Choice]:
        """The parts with an account, and the current one; none if there is nothing to choose."""
        counts = {key: sum(map(matches, self._found)) for key, (_, matches) in self._conditions.items()}
        if all(counts[key] in (0, self.total) for key in counts) and not self.chosen and not self.snoozed:
            return []
        choices = [
            Choice(key, title, counts[key], self.link(key), key == self.chosen)
            for key, (title, _) in self._conditions.items()
            if counts[key] or key in ("", self.chosen)
        ]
        return [*choices, *self._people()]

    def _people(self) -> list[Choice]:
        """Return the other people with the most accounts of the queue."""
        own, found = self._actor.user.pk, Counter(self._assignee(row) for row in self._found)
        others = [(person, count) for person, count in found.most_common() if person[0] not in (None, own)]
        keys = [(f"{_PERSON}{person_id}", name, count) for (person_id, name), count in others]
        return [
            Choice(key, f"Assigned to {name}", count, self.link(key), key == self.chosen)
            for number, (key, name, count) in enumerate(keys)
            if number < _MAX_PEOPLE or key == self.chosen
        ]

    def _assignee(self, row: Row) -> tuple[int | None, str]:
        follow_up = self.of(row)
        return follow_up.assignee_id, follow_up.assignee_name

    def link(self, key: str) -> str:
        """Return the query of a part, with the filter and the order of the present one."""
        query = self._query.copy()
        for name in ("show", "after", "format"):
            query.pop(name, None)
        if key:
            query["show"] = key
        return f"?{query.urlencode()}"

    def of(self, row: Row) -> OpenFollowUp:
        entry = row.account.entry
        return self._follow_ups.get((entry.workspace_id, entry.id), NONE)

    def progress(self, row: Row) -> Progress | None:
        """Return what the scan says about the promise."""
        promise = self.of(row).promise
        if promise is None:
            return None
        account = row.account
        return progress(promise, account.invoices, account.read_at, zone=self._now.tzinfo, now=self._now)

    def is_snoozed(self, row: Row) -> bool:
        return self.of(row).is_snoozed(self._now.date())

    def _is_broken(self, row: Row) -> bool:
        found = self.progress(row)
        return found is not None and found.state is State.BROKEN

    @property
    def _conditions(self) -> dict[str, tuple[str, Callable[[Row], bool]]]:
        return {
            "": ("Not snoozed", lambda row: not self.is_snoozed(row)),
            "snoozed": ("Snoozed", self.is_snoozed),
            "promised": ("Promised", lambda row: self.of(row).promise is not None),
            "broken": ("Promise broken", self._is_broken),
            "mine": ("Assigned to me", lambda row: self.of(row).assignee_id == self._actor.user.pk),
            "unassigned": ("Unassigned", lambda row: self.of(row).assignee_id is None),
        }

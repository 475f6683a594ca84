"""Base classes of kinds that create or delete an object."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from billing.altostrat.client import AltostratClient
from billing.altostrat.errors import UnexpectedAnswer
from billing.altostrat.operations.operation import Operation
from billing.services.changes.kind import Found, Ids, Kind, Payload, State


class Creation(Kind):
    """A change that creates an object.

    `read` returns the existing objects as "_known", so that the new one is recognized.
    """

    is_mergeable = False
    is_creation = True
    # The name of the new object's id, and the operation that `read_created` calls with it.
    id_name: str
    retrieve: Operation[Any]

    @abstractmethod
    def read_created(self, client: AltostratClient, ids: Ids) -> State:
        """Return the state of the new object."""

    def result_ids(self, ids: Ids, document: dict[str, Any]) -> Ids:
        created = document.get("id")
        return {**ids, self.id_name: created} if isinstance(created, str) else ids

    def read_result(self, client: AltostratClient, ids: Ids) -> State:
        if self.id_name not in ids:
            # A success without a body names no id.
            raise UnexpectedAnswer("GET", self.retrieve.path_template)
        return self.read_created(client, ids)


class Deletion(Kind):
    """A change that deletes an object, after the person has typed its name or id."""

    is_mergeable = False
    is_dangerous = True
    needs_reason = True
    id_name: str

    def after(self, payload: Payload) -> State:
        return {}

    def confirmation(self, payload: Payload) -> tuple[str, ...]:
        return tuple(text for text in (payload.before.get("name"), payload.ids[self.id_name]) if text)

    def check_outcome(self, payload: Payload, now: State | None) -> Found:
        return Found.APPLIED if now is None else Found.NOT_APPLIED


def check_new_entry(payload: Payload, now: State | None, entry: object) -> Found:
    """Return whether an object was created: yes if exactly one new object has the values of `entry`.

    If the only new objects have other values, this is unknown, because Altostrat may have normalized a value.
    """
    if now is None or now["_is_cut"]:
        return Found.CANNOT_TELL
    new = [values for key, values in now["_known"].items() if key not in payload.before["_known"]]
    if new.count(entry) == 1:
        return Found.APPLIED
    return Found.CANNOT_TELL if new else Found.NOT_APPLIED

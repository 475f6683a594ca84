"""Why a change does not proceed. None of these is raised after something was sent."""

from __future__ import annotations

from collections.abc import Mapping

from billing.models import Change


class ChangeError(Exception):
    """Nothing was sent."""


class ChangeNotFound(LookupError):
    """The actor has no change with that id. Whether another person has one is not disclosed."""


class PayloadDeleted(ChangeError):
    """Retention has deleted the payload: the change cannot be shown, undone or repeated."""


class NothingToChange(ChangeError):
    """Altostrat already has these values."""


class RecentlySent(ChangeError):
    """The same was sent a few minutes ago; the person has to confirm that they mean it."""


class OutcomeUnknown(ChangeError):
    """The outcome of `change`, an earlier change of the same object, is unknown; the person has to confirm."""

    def __init__(self, change: Change) -> None:
        super().__init__(str(change))
        self.change = change


class NotReady(ChangeError):
    """The change is not possible now, for a reason in one sentence: an expired preview, a limit that is reached."""


class Incomplete(ChangeError):
    """Something is missing or wrong: field -> sentence. Fields are `reason`, `ticket`, `confirmation`."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields

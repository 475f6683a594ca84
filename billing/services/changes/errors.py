"""Why a change cannot be prepared or sent. Only ResultNotRecorded is raised after something was sent."""

from __future__ import annotations

from collections.abc import Mapping

from billing.altostrat.errors import AltostratError, Refused, may_have_happened
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
    """The same change was sent a few minutes ago, so the person has to confirm that they want to repeat it."""


class OutcomeUnknown(ChangeError):
    """The outcome of `change`, an earlier change of the same object, is unknown, so the person has to confirm."""

    def __init__(self, change: Change) -> None:
        super().__init__(str(change))
        self.change = change


class NotReady(ChangeError):
    """The change is not possible now, for a reason in one sentence: an expired preview, a limit that is reached."""


class Incomplete(ChangeError):
    """A required input is missing or wrong. `fields` maps `reason`, `ticket` or `confirmation` to a sentence."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


class NotRecorded(ChangeError):
    """The database cannot record that the change is about to be sent, so it was not sent."""


class ResultNotRecorded(Exception):
    """The change was sent, but the database cannot record its result now. A later request records it."""


def summary(error: AltostratError) -> str:
    """Return the status, or the class and the portal's own reason of an error, without any text from Altostrat."""
    if isinstance(error, Refused) and may_have_happened(error):
        return f"status {error.status}"
    return f"{type(error).__name__}: {error.reason}" if error.reason else type(error).__name__

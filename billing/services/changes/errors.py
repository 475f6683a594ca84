"""Why a change does not go on. None of these is raised after anything was sent."""

from __future__ import annotations

from collections.abc import Mapping

from billing.models import Change


class ChangeError(Exception):
    """Nothing was sent."""


class ChangeNotFound(LookupError):
    """The actor made no change of that id. Of somebody else's nobody hears."""


class PayloadDeleted(ChangeError):
    """Retention has removed what the change held: it cannot be shown, undone or made again from here."""


class NothingToChange(ChangeError):
    """Altostrat has already what is wanted: there is nothing to send."""


class RecentlySent(ChangeError):
    """The very same was sent minutes ago; it takes a person who says that it is meant."""


class OutcomeUnknown(ChangeError):
    """Of `change`, which went to the same object a while ago, nobody knows what became; it takes who knows of it."""

    def __init__(self, change: Change) -> None:
        super().__init__(str(change))
        self.change = change


class NotReady(ChangeError):
    """The kind's own obstacle, in a sentence: a preview that is too old, a limit that is reached."""


class Incomplete(ChangeError):
    """What has to be given is missing or wrong: field -> sentence. Fields are `reason`, `ticket`, `confirmation`."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields

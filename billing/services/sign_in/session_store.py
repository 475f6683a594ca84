"""Django's sessions in the database, loaded with one statement, which each page needs."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.sessions.backends import db
from django.utils import timezone

from billing.services.storage import statements

_OPEN: Final = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(db.SessionStore):
    """The engine of SESSION_ENGINE."""

    def load(self) -> dict[str, Any]:
        """Return what the session has; nothing if it does not exist or has expired."""
        found = statements.rows(_OPEN, (self.session_key, statements.moment(timezone.now())))
        if not found:
            self._session_key = None
            return {}
        return dict(self.decode(found[0][0]))

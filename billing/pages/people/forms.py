"""The filter of the list of people, and the reason for an action on them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django import forms
from django.utils import timezone

from billing.pages.frame.filter_form import Filter, choice_field
from billing.pages.frame.forms import Accessible
from billing.roles import SUPERUSER, Role
from billing.services.people.people import NO_ROLE, Query

_NEVER: Final = "never"


class PeopleFilter(Filter):
    q = forms.CharField(label="Name or email", required=False, max_length=150)
    role = choice_field(
        "Role",
        [
            *((role.value, role.value.capitalize()) for role in Role),
            (SUPERUSER, "Superuser"),
            (NO_ROLE, "No role"),
        ],
    )
    state = choice_field("Status", [("active", "Active"), ("deactivated", "Deactivated")])
    sign_in = choice_field(
        "Last sign-in",
        [*((str(days), f"Over {days} days ago, or never") for days in (30, 90, 180, 365)), (_NEVER, "Never")],
    )
    token = choice_field("Altostrat tokens", [("none", "None"), ("refused", "Refused by Altostrat")])
    key = choice_field("Portal keys", [("ending", "One expires soon")])
    after = forms.CharField(required=False, max_length=150, widget=forms.HiddenInput)

    @property
    def query(self) -> Query:
        return Query(
            text=self.wanted("q"),
            role=self.wanted("role"),
            active={"active": True, "deactivated": False}.get(self.wanted("state")),
            not_since=self._not_since,
            has_never_signed_in=self.wanted("sign_in") == _NEVER,
            has_no_token=self.wanted("token") == "none",
            has_refused_token=self.wanted("token") == "refused",
            has_ending_key=self.wanted("key") == "ending",
            after=self.wanted("after"),
        )

    @property
    def _not_since(self) -> datetime | None:
        days = self.wanted("sign_in")
        return timezone.now() - timedelta(days=int(days)) if days and days != _NEVER else None


class ReasonForm(Accessible):
    """The reason for an action, which the audit log keeps."""

    reason = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Stored in the audit log. Do not enter personal data.",
        error_messages={"required": "Enter a reason; it is stored in the audit log."},
    )

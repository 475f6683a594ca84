"""Django's admin: people and the limits of keys can be changed, other rows only viewed, and no page shows a secret."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse

from billing.models import AltostratToken, AuditEntry, ContractDrift, PortalKey, User
from billing.services.actor import Actor, Door, actor_for
from billing.services.people import keys, people, staff
from billing.services.people.networks import InvalidNetwork, parse

# The groups are the roles: `migrate` creates them, and a person's form has the members.
admin.site.unregister(Group)

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Model]
    PeopleAdmin = UserAdmin[User]
    PersonForm = ModelForm[User]
    KeyForm = ModelForm[PortalKey]
else:
    ModelAdmin = admin.ModelAdmin  # not generic at run time
    PeopleAdmin = UserAdmin
    PersonForm = ModelForm
    KeyForm = ModelForm


class ReadOnlyAdmin(ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class PersonAdmin(PeopleAdmin):
    """Every change adds an audit entry. People are deactivated, not deleted, so that their actions keep a name."""

    readonly_fields = ("is_active",)
    actions = ("deactivate", "activate")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Search as the page of people does."""
        found = people.with_text(search_term, *people.SEARCHED) if search_term else None
        return (queryset if found is None else queryset.filter(pk__in=found)), False

    def save_related(
        self, request: HttpRequest, form: PersonForm, formsets: Iterable[Any], change: bool
    ) -> None:
        """Record the changes. This runs last, in the same transaction."""
        super().save_related(request, form, formsets, change)
        changes = list(_changes(form)) if change else []
        if changes or not change:
            staff.record_edit(_actor_of(request), form.instance, changes, is_new=not change)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Record the change in the same transaction."""
        person = User.objects.filter(pk=id) if id.isdecimal() else User.objects.none()
        with transaction.atomic():
            before = person.values_list("password", flat=True).first()
            response = super().user_change_password(request, id, form_url)
            user = person.first()
            if user is not None and user.password != before:
                outcome = "set" if user.has_usable_password() else "removed"
                staff.record_edit(_actor_of(request), user, [f"password {outcome}"])
        return response

    @admin.action(
        description="Deactivate immediately: end sessions, refuse keys and tokens", permissions=["change"]
    )
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._change_status(request, queryset, staff.deactivate, "Deactivated")

    @admin.action(description="Reactivate", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._change_status(request, queryset, staff.activate, "Reactivated")

    def _change_status(
        self, request: HttpRequest, people: QuerySet[User], use_case: Callable[[Actor, int], User], done: str
    ) -> None:
        for person in people:
            try:
                use_case(_actor_of(request), person.pk)
            except staff.StatusChangeRefused as error:
                self.message_user(request, str(error), messages.ERROR)
            else:
                self.message_user(request, f"{done}: {person.get_username()}", messages.SUCCESS)


def _changes(form: PersonForm) -> Iterator[str]:
    """Return the names of the changed fields, and the new value of roles and checkboxes."""
    for name in form.changed_data:
        before, after = form.initial.get(name), form.cleaned_data.get(name)
        if name == "groups":
            old, new = ({group.name for group in groups or ()} for groups in (before, after))
            yield from (f"role {role} added" for role in sorted(new - old))
            yield from (f"role {role} removed" for role in sorted(old - new))
        elif name == "username":
            yield f"username, was {before}"
        else:
            yield f"{name} {'on' if after else 'off'}" if isinstance(after, bool) else name


def _actor_of(request: HttpRequest) -> Actor:
    return actor_for(cast(User, request.user), Door.ADMIN, request.origin)  # type: ignore[attr-defined]


@admin.register(AltostratToken)
class AltostratTokenAdmin(ReadOnlyAdmin):
    """Everything but the envelope, which is not even read from the database."""

    list_display = ("label", "owner", "masked", "kind", "workspace_id", "is_default", "status", "expires_at")
    list_filter = ("status", "kind", "is_default")
    search_fields = ("label", "owner__username", "workspace_id")
    exclude = ("envelope",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("envelope")


class KeyLimitsForm(KeyForm):
    """A form that checks the networks of a key."""

    def clean_networks(self) -> list[str]:
        texts = self.cleaned_data["networks"] or []
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise ValidationError('Enter a list, such as ["192.0.2.0/24"].')
        try:
            return [str(network) for network in parse(texts)]
        except InvalidNetwork as error:
            raise ValidationError(str(error)) from None


@admin.register(PortalKey)
class PortalKeyAdmin(ReadOnlyAdmin):
    """Everything but the digest. Limits of keys that have not ended can be changed, and keys revoked."""

    form = KeyLimitsForm  # type: ignore[assignment]  # of another model than the base class
    list_display = (
        "name",
        "prefix",
        "owner",
        "scopes",
        "networks",
        "is_read_only",
        "created_at",
        "expires_at",
        "revoked_at",
        "last_used_at",
        "last_used_address",
    )
    list_filter = ("revoked_at", "is_read_only")
    search_fields = ("name", "prefix", "owner__username")
    fields = list_display
    readonly_fields = tuple(
        name for name in list_display if name not in ("networks", "is_read_only", "expires_at")
    )
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether a superuser may change this key."""
        is_ended = isinstance(obj, PortalKey) and obj.has_ended
        return not is_ended and admin.ModelAdmin.has_change_permission(self, request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Change the limits as the pages do, with an audit entry."""
        limits = keys.limits_of(obj)
        keys.change(_actor_of(request), obj.pk, limits, owner_id=obj.owner_id)

    @admin.action(description="Revoke immediately and permanently", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[PortalKey]) -> None:
        for key in queryset:
            keys.revoke(_actor_of(request), key.pk, owner_id=key.owner_id)
        self.message_user(request, "Revoked.", messages.SUCCESS)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = (
        "at",
        "actor_name",
        "door",
        "verb",
        "subject",
        "workspace_id",
        "outcome",
        "detail",
        "address",
    )
    list_filter = ("verb", "outcome", "door")
    search_fields = ("actor_name", "subject", "request_id", "workspace_id")
    date_hierarchy = "at"


@admin.register(ContractDrift)
class ContractDriftAdmin(ReadOnlyAdmin):
    """Where Altostrat's responses no longer fit the contract. `manage.py contract_drift --clear` empties the list."""

    list_display = ("operation", "path", "kind", "count", "first_seen_at", "last_seen_at")
    list_filter = ("kind", "operation")
    search_fields = ("operation", "path")

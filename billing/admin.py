"""Django's admin: read-only tables of what has no page. No page shows a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest

from billing.models import AltostratToken, ContractDrift, Identity

# The groups are the roles: `migrate` creates them, and the page of a person has theirs.
assert auth_admin  # it registers them
admin.site.unregister(Group)

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Model]
else:
    ModelAdmin = admin.ModelAdmin  # not generic at run time


class ReadOnlyAdmin(ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AltostratToken)
class AltostratTokenAdmin(ReadOnlyAdmin):
    """Everything but the envelope, which is not even read from the database."""

    list_display = ("label", "owner", "masked", "kind", "workspace_id", "is_default", "status", "expires_at")
    list_filter = ("status", "kind", "is_default")
    search_fields = ("label", "owner__username", "workspace_id")
    exclude = ("envelope",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("envelope")


@admin.register(Identity)
class IdentityAdmin(ReadOnlyAdmin):
    """The accounts at the identity provider with which people sign in."""

    list_display = ("user", "issuer", "subject", "created_at", "last_sign_in_at")
    list_filter = ("issuer",)
    search_fields = ("user__username", "subject")


@admin.register(ContractDrift)
class ContractDriftAdmin(ReadOnlyAdmin):
    """Where Altostrat's responses no longer fit the contract. `manage.py contract_drift --clear` empties the list."""

    list_display = ("operation", "path", "kind", "count", "first_seen_at", "last_seen_at")
    list_filter = ("kind", "operation")
    search_fields = ("operation", "path")

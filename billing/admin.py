"""Door 3: Django's admin, for superusers. It shows that secrets exist, never a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.decorators import login_required
from django.db.models import Model
from django.http import HttpRequest

from billing.models import AltostratToken, AuditEntry, PortalKey, User

admin.site.site_header = "Altostrat billing portal"
admin.site.site_title = "Billing portal administration"
admin.site.index_title = "Administration"

# One sign-in for the whole site, and so one place that counts failures and writes the audit.
admin.site.login = login_required(admin.site.login)  # type: ignore[method-assign]

admin.site.register(User, UserAdmin)


if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Model]
else:
    ModelAdmin = admin.ModelAdmin  # not generic at run time


class ReadOnlyAdmin(ModelAdmin):
    """Can be looked at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AltostratToken)
class AltostratTokenAdmin(ReadOnlyAdmin):
    """Metadata only: the envelope is not even read from the database."""

    list_display = ("label", "owner", "masked", "kind", "workspace_id", "is_default", "status", "expires_at")
    list_filter = ("status", "kind", "is_default")
    search_fields = ("label", "owner__username", "workspace_id")
    exclude = ("envelope",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("envelope")


@admin.register(PortalKey)
class PortalKeyAdmin(ReadOnlyAdmin):
    """Name, owner, scopes and dates; no digest."""

    list_display = (
        "name",
        "prefix",
        "owner",
        "scopes",
        "created_at",
        "expires_at",
        "revoked_at",
        "last_used_at",
    )
    list_filter = ("revoked_at",)
    search_fields = ("name", "prefix", "owner__username")
    exclude = ("digest",)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what, when, from where, and how it ended."""

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

"""Django's admin site, for superusers only, with the portal's own sign-in."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse


class BillingAdminSite(AdminSite):
    site_header = "Altostrat billing portal"
    site_title = "Billing portal administration"
    index_title = "Administration"
    index_template = "admin/read_only_index.html"  # without recent actions: nothing is changed here

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_superuser

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Redirect to the portal's sign-in, which counts failures, records them, and can be turned off."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def password_change(  # type: ignore[override]  # Django promises a TemplateResponse, but calls it as a view
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        """Redirect to the page that changes anyone's password, which records the change."""
        return redirect("person-password", request.user.pk)

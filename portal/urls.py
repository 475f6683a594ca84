"""The portal's URLs."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("billing.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "portal.errors.bad_request"
handler403 = "billing.pages.frame.errors.permission_denied"
handler404 = "billing.pages.frame.errors.not_found"
handler500 = "billing.pages.frame.errors.server_error"

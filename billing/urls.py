"""The URLs of pages and API."""

from django.urls import include, path

urlpatterns = [
    path("api/", include("billing.api.urls")),
    path("", include("billing.pages.urls")),
]

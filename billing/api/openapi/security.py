"""Describes how callers authenticate."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension


class PortalKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "billing.api.authentication.PortalKeyAuthentication"
    name = "portalKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A portal key (`abp_…`), not an Altostrat token. "
            "It is created under My portal keys or with `manage.py issue_key`. If the operator has configured it, also "
            "an access token of the company's identity provider.",
        }


class BrowserSessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "billing.api.authentication.BrowserSessionAuthentication"
    name = "browserSession"
    priority = 1  # before drf-spectacular's own extension for DRF's class

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The session of a browser that is signed in to the portal.",
        }

"""How the API describes itself: the allow-list, and Altostrat's documented objects, as OpenAPI 3.

https://drf-spectacular.readthedocs.io/en/latest/customization.html
"""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

_TEXT: Final = {"required": False, "allow_null": True}


class BillingAddressSerializer(serializers.Serializer[Any]):
    """Postal address."""

    country = serializers.CharField(**_TEXT, help_text="Two-letter country code.")
    line1 = serializers.CharField(**_TEXT)
    line2 = serializers.CharField(**_TEXT)
    city = serializers.CharField(**_TEXT)
    state = serializers.CharField(**_TEXT)
    postal_code = serializers.CharField(**_TEXT)


class BillingAccountSerializer(serializers.Serializer[Any]):
    """A paying entity of a workspace. Any field may be absent, and there may be more of them."""

    id = serializers.CharField(**_TEXT, help_text="The Stripe customer id; begins with cus_ .")
    workspace_id = serializers.CharField(**_TEXT)
    name = serializers.CharField(**_TEXT)
    email = serializers.CharField(**_TEXT)
    phone = serializers.CharField(**_TEXT)
    description = serializers.CharField(**_TEXT)
    currency = serializers.CharField(
        **_TEXT, help_text="Lower-case ISO code: usd, zar, eur, gbp, aud, and expect others."
    )
    address = BillingAddressSerializer(required=False, allow_null=True)
    created_at = serializers.DateTimeField(**_TEXT)
    updated_at = serializers.DateTimeField(**_TEXT)


class WorkspaceSerializer(serializers.Serializer[Any]):
    """A container of members, organizations and billing accounts. Any field may be absent, and there may be more."""

    id = serializers.CharField(**_TEXT, help_text="Begins with ws_ .")
    name = serializers.CharField(**_TEXT)
    description = serializers.CharField(**_TEXT)
    billing_mode = serializers.CharField(**_TEXT, help_text="single, assigned or pooled, and expect others.")
    pooled_seat_limit = serializers.IntegerField(**_TEXT)
    archived = serializers.BooleanField(**_TEXT)
    created_at = serializers.DateTimeField(**_TEXT)
    updated_at = serializers.DateTimeField(**_TEXT)
    archived_at = serializers.DateTimeField(**_TEXT)


class BillingAccountListSerializer(serializers.Serializer[Any]):
    """The billing accounts of a workspace."""

    data = BillingAccountSerializer(many=True, required=False)
    has_more = serializers.BooleanField(required=False)


class WorkspaceListSerializer(serializers.Serializer[Any]):
    """The workspaces that a token sees."""

    data = WorkspaceSerializer(many=True, required=False)
    has_more = serializers.BooleanField(required=False)


class ErrorSerializer(serializers.Serializer[Any]):
    """A refusal or failure of the portal, in Altostrat's own form."""

    type = serializers.CharField()
    code = serializers.CharField(help_text="What to branch on.")
    message = serializers.CharField(help_text="For people.")
    doc_url = serializers.CharField()
    request_id = serializers.CharField(help_text="Also in X-Request-ID; quote it when you ask for help.")


_SUCCESS: Final = {
    "list_workspaces": WorkspaceListSerializer,
    "retrieve_workspace": WorkspaceSerializer,
    "list_billing_accounts": BillingAccountListSerializer,
    "retrieve_billing_account": BillingAccountSerializer,
}

_FAILURES: Final = {
    400: "`invalid_parameter`: a malformed id, or a query key that the operation does not have.",
    401: "`unauthenticated`: no portal key, or not a good one.",
    403: "`forbidden`: the key's scopes or its owner's role do not include this. Or Altostrat's own 403.",
    404: "`unknown_route`: no such path. Or Altostrat's own 404, its body unchanged.",
    405: "`method_not_allowed`: see the header Allow.",
    424: "`altostrat_token_missing` or `altostrat_token_refused`: the key's owner must store or renew their token.",
    429: "`altostrat_rate_limited`: wait as Retry-After says, or a minute.",
    500: "`vault_sealed`: the owner's token cannot be opened. `internal_error`: a fault of the portal.",
    502: "`altostrat_unreachable` or `altostrat_bad_answer`.",
    503: "`altostrat_unavailable`: wait as Retry-After says.",
    504: "`altostrat_timeout`: no answer within the portal's deadline.",
}


class RouteSchema(AutoSchema):
    """Reads the Route of a PassthroughView."""

    def get_operation_id(self) -> str:  # noqa: D102
        return str(self.view.route.operation.name)

    def get_summary(self) -> str:  # noqa: D102
        return str(self.view.route.summary)

    def get_description(self) -> str:  # noqa: D102
        return f"Needs `{self.view.route.permission}`. The answer is Altostrat's, byte for byte."

    def get_tags(self) -> list[str]:  # noqa: D102
        return [self.view.route.tag]

    def get_request_serializer(self) -> None:  # noqa: D102
        return None

    def get_response_serializers(self) -> Any:  # noqa: D102
        success = OpenApiResponse(_SUCCESS[self.view.route.operation.name], description="Altostrat's answer.")
        failures = {
            status: OpenApiResponse(ErrorSerializer, description=text) for status, text in _FAILURES.items()
        }
        return {200: success, **failures}


class PortalKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The bearer scheme."""

    target_class = "billing.api.authentication.PortalKeyAuthentication"
    name = "portalKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: D102
        return {"type": "http", "scheme": "bearer", "description": "A portal key: abp_…"}


class BrowserSessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The session cookie of the pages."""

    target_class = "billing.api.authentication.BrowserSessionAuthentication"
    name = "browserSession"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: D102
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}

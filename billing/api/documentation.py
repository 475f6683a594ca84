"""The schema and its browsable form. Neither shows any data, so neither asks for a sign-in."""

from __future__ import annotations

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.negotiation import DefaultContentNegotiation


class SchemaView(SpectacularAPIView):
    """OpenAPI 3, as YAML, or as JSON for who asks for it."""

    content_negotiation_class = DefaultContentNegotiation


class DocumentationView(SpectacularSwaggerSplitView):
    """Swagger UI from our own static files, its script apart from its page, as the content policy wants it."""

    content_negotiation_class = DefaultContentNegotiation
    url_name = "api-schema"

"""The addresses of the API: the allow-list, and the description of it."""

from django.urls import path, re_path

from billing.api.documentation import DocumentationView, SchemaView
from billing.api.routes import ROUTES
from billing.api.views import PassthroughView, UnknownRouteView

urlpatterns = [
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", DocumentationView.as_view(), name="api-docs"),
    *(
        path(
            "v1" + route.operation.path_template.replace("{", "<str:").replace("}", ">"),
            PassthroughView.as_view(route=route),
            name=f"api-{route.operation.name}",
        )
        for route in ROUTES
    ),
    re_path(r"^v1(?:/.*)?$", UnknownRouteView.as_view(), name="api-unknown-route"),
]

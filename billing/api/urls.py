"""The URLs of the API. Every path matches a view, so that no request is redirected or gets an HTML response."""

from __future__ import annotations

import re

from django.urls import path, re_path

from billing.api import documentation
from billing.api.routes import RELAYED
from billing.api.views import RelayView, UnknownRouteView

_PARAMETER = re.compile(r"\{(\w+)\}", re.ASCII)

urlpatterns = [
    path("schema/", documentation.schema, name="api-schema"),
    path("docs/", documentation.page, name="api-docs"),
    *(
        path("v1" + _PARAMETER.sub(r"<str:\1>", row.path_template), RelayView.as_view(operation=row))
        for row in RELAYED
    ),
    # Except the documentation, to which browsers may go without the trailing slash.
    re_path(r"^(?!(?:docs|schema)\Z)[\s\S]*\Z", UnknownRouteView.as_view()),
]

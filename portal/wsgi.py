"""The WSGI application for `gunicorn portal.wsgi`. It does not start if a system check fails."""

import os

import django
from django.core.checks import Error, Tags, run_checks
from django.core.exceptions import ImproperlyConfigured

from portal.handlers import PortalHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

django.setup(set_prefix=False)
application = PortalHandler()

_errors = [
    message
    for message in run_checks(tags=["portal", Tags.database], databases=["default"])
    if message.level >= Error("").level and not message.is_silenced()
]
if _errors:
    raise ImproperlyConfigured(" ".join(f"{message.msg} {message.hint or ''}".strip() for message in _errors))

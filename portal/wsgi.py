"""The WSGI application that `bin/serve` runs. It does not load if a system check fails."""

import logging
import os
import sys
from importlib import import_module

import django
from django.conf import settings
from django.core.checks import Error, Tags, run_checks
from django.core.exceptions import ImproperlyConfigured

from billing.services.storage.postgresql import BoundedConnection
from portal.handlers import PortalHandler
from portal.logs.lines import outputs
from portal.metrics import process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

BoundedConnection.is_limited = True
outputs.audit_stream = sys.stdout
logging.captureWarnings(True)
django.setup(set_prefix=False)
application = PortalHandler()
import_module(settings.ROOT_URLCONF)  # imports the views before the first request

_errors = [
    message
    for message in run_checks(tags=["portal", Tags.database], databases=["default"])
    if message.level >= Error("").level and not message.is_silenced()
]
if _errors:
    raise ImproperlyConfigured(" ".join(f"{message.msg} {message.hint or ''}".strip() for message in _errors))

process.start()

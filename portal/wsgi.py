"""The WSGI application that `bin/serve` runs. It does not load if a system check fails."""

import os
from importlib import import_module

from django.conf import settings

from billing.services.storage.postgresql import BoundedConnection
from portal import start
from portal.handlers import PortalHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

BoundedConnection.is_limited = True
start.set_up()
application = PortalHandler()
import_module(settings.ROOT_URLCONF)  # imports the views before the first request
start.require_valid_settings()
import_module("portal.metrics.process").start()
